"""``cathode status``: where campaigns stand."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import AsJson
from flows.cli.output import print_json, results

if TYPE_CHECKING:
    from cathode.ledger import Ledger


def status(
    campaign: Annotated[
        str | None, typer.Argument(help="Name of a campaign; all of them if left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show turns, answers, failures and the best values of one or all campaigns."""
    from cathode.ledger import Ledger, campaigns
    from cathode.settings import Settings

    ledger = Ledger.open(Settings.from_environment().ledger_url)
    with ledger.read() as connection:
        chosen = [campaign] if campaign is not None else campaigns.names(connection)
    states = [_state(ledger, name) for name in chosen]
    if as_json:
        print_json({"campaigns": states})
    else:
        _print(states)


def _state(ledger: "Ledger", campaign: str) -> dict[str, Any]:
    from cathode.ledger.locks import holder_of
    from cathode.loop.costs import cost_so_far
    from cathode.loop.schedule import ended_because
    from cathode.model import STEPS
    from cathode.report.standing import standing_of

    found = standing_of(ledger, campaign)
    spec, turns = found.spec, found.turns
    last = turns[-1] if turns else None
    unfinished = last is not None and last.finished_at is None
    done = [record.results for record in turns if "retrain" in record.results]
    return {
        "campaign": campaign,
        "ended": ended_because(spec, turns, found.proposed),
        "locked_by": holder_of(ledger, campaign),
        "turns_finished": len(turns) - unfinished,
        "turns_planned": spec.budget.turns + 1,
        "step": next((s for s in STEPS if s not in last.results), None) if unfinished else None,
        "proposed": found.proposed,
        "answered": found.tally.answered,
        "cheaper_answers": dict(found.cheaper_answers),
        "cheaper_failures": dict(found.cheaper_failures),
        "cost": cost_so_far(turns),
        "failed": found.tally.failed,
        "counting": found.tally.counting,
        "best": {
            name: {"value": value, "unit": spec.property_named(name).unit}
            for name, value in found.tally.best.items()
        },
        "hypervolume": found.hypervolume,
        "serves": done[-1]["retrain"]["champions"] if done else {},
        "history": {
            name: each["values"]
            for name, each in (done[-1]["assimilate"].get("history", {}) if done else {}).items()
        },
        "notes": found.notes,
    }


def _print(states: list[dict[str, Any]]) -> None:
    from rich.table import Table

    if not states:
        results().print("The ledger holds no campaign yet: `cathode run SPEC` starts one.")
        return
    costs = any(state["cheaper_answers"] for state in states)
    heads = ["campaign", "state", "turns", "answered", "failed", "best", "served by"]
    table = Table(*heads, *(["cheaper answers", "cost"] if costs else []))
    for state in states:
        idle = "runs" if state["locked_by"] else "waits"
        running = f"turn {state['turns_finished']}: {state['step']}" if state["step"] else idle
        cheaper = ", ".join(
            f"{n} {name}" + (f" ({lost} failed)" if lost else "")
            for (name, n), lost in zip(
                state["cheaper_answers"].items(), state["cheaper_failures"].values(), strict=True
            )
        )
        best = ", ".join(f"{n} {b['value']:.4g} {b['unit']}" for n, b in state["best"].items())
        table.add_row(
            state["campaign"],
            "ended" if state["ended"] else running,
            f"{state['turns_finished']} of {state['turns_planned']}",
            f"{state['answered']} of {state['proposed']}",
            str(state["failed"]),
            best or "–",
            ", ".join(sorted(set(state["serves"].values()))) or "–",
            *([cheaper or "–", f"{state['cost']:g}"] if costs else []),
        )
    results().print(table)
    for state in states:
        for note in state["notes"]:
            when = f"{state['campaign']}, before the last proposals"
            results().print(f"{when}: {note}", soft_wrap=True)

"""``cathode models``: how surrogates compare, and which of them served, turn by turn."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import AsJson, Campaign
from flows.cli.output import print_json, results

if TYPE_CHECKING:
    from cathode.model import Champion
    from cathode.report.view import CampaignView


def models(
    campaign: Campaign,
    only: Annotated[
        str | None, typer.Option("--property", help="Only this property; all of them if left out.")
    ] = None,
    turn: Annotated[
        int | None, typer.Option(min=0, help="Turn to compare; the last that chose if left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare surrogates on held-out values, and show which of them served in every turn."""
    from cathode.errors import LedgerError
    from cathode.ledger import Ledger
    from cathode.report.view import view_of
    from cathode.settings import Settings

    view = view_of(Ledger.open(Settings.from_environment().ledger_url), campaign)
    known = dict.fromkeys([*view.spec.modelled, *(each.property for each in view.champions)])
    if only is not None and only not in known:
        msg = f"campaign {campaign!r} models no property {only!r}: it models {', '.join(known)}"
        raise LedgerError(msg)
    champions = [each for each in view.champions if only in (None, each.property)]
    turns = sorted({each.turn.number for each in champions})
    if turn is not None and turn not in turns:
        what = f"of {only}" if only else "of any property"
        msg = f"turn {turn} of {campaign!r} chose no champion {what}: turns that did are "
        raise LedgerError(msg + (", ".join(map(str, turns)) or "none yet"))
    wanted = turn if turn is not None else max(turns, default=None)
    content = {
        "campaign": campaign,
        "turn": wanted,
        "comparison": [_comparison(view, c) for c in champions if c.turn.number == wanted],
        "history": [_row(view, champion) for champion in champions],
    }
    if as_json:
        print_json(content)
    else:
        _print(content)


def _comparison(view: "CampaignView", champion: "Champion") -> dict[str, Any]:
    """All surrogates and baselines of a turn, by CRPS, the lowest first."""
    from cathode.evaluation.baselines import BASELINES
    from cathode.evaluation.trust import doubts

    skills = view.skills.get(champion.turn.number, [])
    found = [skill for skill in skills if skill.property == champion.property]
    found.sort(key=lambda skill: skill.metrics.get("crps", math.inf))
    return {
        "property": champion.property,
        "unit": _unit(view, champion),
        "champion": champion.surrogate,
        "values": _values(champion),
        "surrogates": [
            {
                "surrogate": skill.surrogate,
                "baseline": skill.surrogate in BASELINES,
                "champion": skill.champion,
                "metrics": dict(skill.metrics),
                "error": skill.error,
            }
            for skill in found
        ],
        "doubts": doubts(found),
    }


def _row(view: "CampaignView", champion: "Champion") -> dict[str, Any]:
    return {
        "turn": champion.turn.number,
        "chosen_at": champion.chosen_at.isoformat(timespec="seconds"),
        "property": champion.property,
        "unit": _unit(view, champion),
        "values": _values(champion),
        "champion": champion.surrogate,
        "crps": champion.scores.get("crps"),
        "crps_of_mean": champion.mean.get("crps"),
        "changed": champion.replaced is not None,
        "replaced": champion.replaced,
    }


def _values(champion: "Champion") -> int | None:
    """How many values were held out in turn; None where nothing was scored."""
    return int(champion.mean["n"]) if champion.mean else None


def _unit(view: "CampaignView", champion: "Champion") -> str:
    return view.specs[champion.turn.revision].property_named(champion.property).unit


def _print(content: Mapping[str, Any]) -> None:
    if not content["history"]:
        results().print(f"{content['campaign']} has chosen no champion yet: nothing is measured.")
        return
    for compared in content["comparison"]:
        _print_comparison(compared, content["turn"])
    for name in dict.fromkeys(row["property"] for row in content["history"]):
        _print_history([row for row in content["history"] if row["property"] == name])


def _print_comparison(compared: Mapping[str, Any], turn: int) -> None:
    from rich import box
    from rich.table import Table

    name = f"{compared['property']} ({compared['unit']})"
    table = Table(
        title=f"{name} in turn {turn}: {compared['values']} values held out",
        caption="● serves. Inside: share (%) of values in 50, 80 and 95 % intervals.",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    table.add_column()
    table.add_column("surrogate", overflow="fold")
    for head in ("MAE", "RMSE", "R²", "Spearman", "NLPD", "CRPS", "inside\n50/80/95"):
        table.add_column(head, justify="right", no_wrap=True)
    for each in compared["surrogates"]:
        if each["metrics"]:
            called = each["surrogate"] + (" (baseline)" if each["baseline"] else "")
            table.add_row("●" if each["champion"] else "", called, *_cells(each["metrics"]))
    if table.row_count:
        results().print(table)
    for each in compared["surrogates"]:
        if each["error"]:
            words = f"{name}: {each['surrogate']} was not scored: {each['error']}"
            results().print(words, soft_wrap=True)
    for doubt in compared["doubts"]:
        results().print(f"{name}, not to be relied on yet: {doubt}", soft_wrap=True)


def _cells(metrics: Mapping[str, float]) -> list[str]:
    """Scores as text: those in the unit, the others to three digits, coverages without any."""
    from cathode.evaluation.metrics import LEVELS
    from cathode.report.numbers import short

    def plain(key: str) -> str:
        return f"{metrics[key]:.3g}" if key in metrics else short(None)

    coverages = "/".join(f"{metrics[f'coverage_{level}']:.0f}" for level in LEVELS)
    mae, rmse, crps = (short(metrics.get(key)) for key in ("mae", "rmse", "crps"))
    return [mae, rmse, plain("r2"), plain("spearman"), plain("nlpd"), crps, coverages]


def _print_history(rows: Sequence[Mapping[str, Any]]) -> None:
    from rich import box
    from rich.table import Table

    from cathode.report.numbers import short

    table = Table(
        title=f"Champions for {rows[-1]['property']} ({rows[-1]['unit']})",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    table.add_column("turn", justify="right")
    table.add_column("chosen (UTC)", no_wrap=True)
    table.add_column("values\nheld out", justify="right")
    table.add_column("champion")
    table.add_column("CRPS", justify="right", no_wrap=True)
    table.add_column("CRPS of\nthe mean", justify="right", no_wrap=True)
    for row in rows:
        champion = row["champion"] or "none could serve"
        table.add_row(
            str(row["turn"]),
            row["chosen_at"][:16].replace("T", " "),
            "–" if row["values"] is None else str(row["values"]),
            f"{champion}, was {row['replaced']}" if row["changed"] else champion,
            short(row["crps"]),
            short(row["crps_of_mean"]),
        )
    results().print(table)

"""How commands speak: results on standard output, everything else on standard error."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

WIDTH_OF_FILES = 160

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from cathode.evaluation.outcomes import Outcome
    from cathode.spec import CampaignSpec


def print_json(content: Mapping[str, Any]) -> None:
    """One JSON object on standard output."""
    sys.stdout.write(json.dumps(content, indent=2, default=str) + "\n")


def results() -> "Console":
    """Where results go."""
    from rich.console import Console

    console = Console()
    # A file or a pipe has no width: nothing needs to be cut there.
    return console if console.is_terminal else Console(width=WIDTH_OF_FILES)


def messages() -> "Console":
    """Where progress and remarks go."""
    from rich.console import Console

    return Console(stderr=True)


def counted(number: int, thing: str) -> str:
    """A number of things, of which one is no plural."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def left_out(reasons: Mapping[str, int]) -> str:
    """Why rows were left out, with how many."""
    return "; ".join(f"{number:,} {why}" for why, number in reasons.items())


def best_rows(
    ranked: Sequence[tuple["Outcome", bool]], spec: "CampaignSpec"
) -> list[dict[str, Any]]:
    """The best candidates, ready for JSON: values with units, and what was expected of them."""
    from cathode.physics.formulas import formula

    return [
        {
            "candidate": outcome.candidate.id,
            "formula": formula(outcome.candidate),
            "turn": outcome.turn,
            "pareto_front": on_front,
            "measured": {
                name: {"value": value, "unit": spec.property_named(name).unit}
                for name, value in sorted(outcome.values.items())
            },
            "predicted": {} if outcome.proposal is None else dict(outcome.proposal.predictions),
            "content": outcome.candidate.content(),
        }
        for outcome, on_front in ranked
    ]


def print_best(ranked: Sequence[tuple["Outcome", bool]], spec: "CampaignSpec", n: int) -> None:
    """The best candidates as a table."""
    from rich import box
    from rich.table import Table

    from cathode.physics.formulas import label

    if not ranked:
        results().print("No candidate has all objectives and keeps all constraints yet.")
        return
    several = len(spec.objectives) > 1
    table = Table(
        title=f"Best candidates of {spec.name}", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    table.add_column("candidate", no_wrap=True)
    table.add_column("formula", overflow="fold")
    table.add_column("turn", justify="right", no_wrap=True)
    for name in spec.modelled:
        known = spec.property_named(name)
        head = f"{known.label} ({known.unit})".replace(" ", "\n")
        table.add_column(head, justify="right", no_wrap=True)
    if several:
        table.add_column("front", justify="center", no_wrap=True)
    for outcome, on_front in ranked[:n]:
        values = [f"{outcome.values[name]:.4g}" for name in spec.modelled]
        mark = ["●" if on_front else ""] if several else []
        turn = "–" if outcome.turn is None else str(outcome.turn)
        table.add_row(
            outcome.candidate.id, label(outcome.candidate, spec.units), turn, *values, *mark
        )
    results().print(table)


def progress_bar(console: "Console") -> "Progress":
    """A bar per task with what is done, the time it took and the time left; gone at the end."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )

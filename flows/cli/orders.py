"""``cathode orders``: what is to be made and measured."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import AsJson
from flows.cli.output import messages, print_json, results

WIDEST = 20
"""Characters of a column of expected values."""

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cathode.model import Proposal
    from cathode.report.view import CampaignView
    from cathode.spec import CampaignSpec


def orders(
    campaign: Annotated[str, typer.Argument(help="Name of a campaign.")],
    table: Annotated[
        Path | None,
        typer.Option("--csv", help="Write a table to fill in, for `cathode ingest`."),
    ] = None,
    evaluator: Annotated[
        str | None,
        typer.Option(
            help="Only orders to this cheaper evaluator; a table has those to the campaign's own "
            "otherwise."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the open work orders of a campaign: recipe, conditions, why, what is expected."""
    from cathode.errors import SpecError
    from cathode.ledger import Ledger
    from cathode.report.view import view_of
    from cathode.settings import Settings

    view = view_of(Ledger.open(Settings.from_environment().ledger_url), campaign)
    every = view.seen.open_orders(view.spec)
    known = [name for name in view.spec.cheaper if view.spec.needed_of(name)]
    if evaluator is not None and evaluator not in known:
        msg = f"evaluator {evaluator!r} gets no orders: cheaper ones that do: "
        raise SpecError(msg + (", ".join(known) or "none"))
    mine = [order for order in every if order.evaluator == evaluator]
    found = every if evaluator is None else mine
    if table is not None:
        _write(table, mine, view)
        to = f" to {evaluator or view.spec.evaluator.kind}" if view.spec.cheaper else ""
        messages().print(f"{table}: {len(mine)} orders{to}", soft_wrap=True)
    if as_json:
        print_json({"campaign": campaign, "orders": [_row(order) for order in found]})
    else:
        _print(campaign if evaluator is None else f"{campaign}, {evaluator},", found, view.spec)


def _row(order: "Proposal") -> dict[str, Any]:
    from cathode.loop import order_name

    return {
        "candidate": order.candidate.id,
        "order": order_name(order),
        "turn": order.turn,
        "evaluator": order.evaluator,
        "content": order.candidate.content(),
        "reason": order.reason,
        "expected": dict(order.predictions),
    }


def _write(path: Path, found: "Sequence[Proposal]", view: "CampaignView") -> None:
    """A row per order to one evaluator, with empty cells for what is to be measured still."""
    from cathode.loop import order_name
    from cathode.physics.formulas import label

    spec = view.spec
    measured = {
        (r.turn, r.rank, r.measurement.property): r.measurement.value for r in view.seen.measured
    }
    names = spec.needed_of(found[0].evaluator if found else None)
    heads = [f"{name} ({spec.property_named(name).unit})" for name in names]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        asked = ["asked"] if spec.cheaper else []
        writer.writerow(["candidate", "order", *asked, "recipe", *heads, "failed"])
        for order in found:
            known = [measured.get((order.turn, order.rank, name), "") for name in names]
            recipe = label(order.candidate, spec.units)
            who = [order.evaluator or spec.evaluator.kind] if spec.cheaper else []
            name = order_name(order)
            writer.writerow([order.candidate.id, name, *who, recipe, *known, ""])


def _print(campaign: str, found: "Sequence[Proposal]", spec: "CampaignSpec") -> None:
    from rich import box
    from rich.table import Table

    from cathode.physics.formulas import label

    if not found:
        results().print(f"{campaign} has no open work order.")
        return
    table = Table(title=f"Open work orders of {campaign}", box=box.SIMPLE_HEAD)
    table.add_column("candidate", no_wrap=True)
    table.add_column("turn", justify="right")
    if spec.cheaper:
        table.add_column("asked")
    table.add_column("recipe and conditions")
    for name in spec.modelled:
        known = spec.property_named(name)
        table.add_column(f"expected\n{known.label}\n({known.unit})", max_width=WIDEST)
    table.add_column("why")
    for order in found:
        expected = [
            f"{p['mean']:.4g} ± {p['sigma']:.2g}" if (p := order.predictions.get(name)) else "–"
            for name in spec.modelled
        ]
        row = (
            order.candidate.id,
            str(order.turn),
            *([order.evaluator or spec.evaluator.kind] if spec.cheaper else []),
            label(order.candidate, spec.units),
            *expected,
            order.reason,
        )
        table.add_row(*row)
    results().print(table)

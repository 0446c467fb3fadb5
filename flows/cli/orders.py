"""``cathode orders``: what is to be made and measured."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import AsJson
from flows.cli.output import counted, messages, print_json, results

WIDEST = 20
"""Characters of a column of expected values."""

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cathode.lab.work_order import WorkOrder
    from cathode.model import Proposal
    from cathode.report.view import CampaignView
    from cathode.spec import CampaignSpec


def orders(
    campaign: Annotated[str, typer.Argument(help="Name of a campaign.")],
    table: Annotated[
        Path | None,
        typer.Option("--csv", help="Write a table to fill in, for `cathode ingest`."),
    ] = None,
    pages: Annotated[
        Path | None, typer.Option("--html", help="Write pages to print, one per order.")
    ] = None,
    batch: Annotated[
        float | None,
        typer.Option(help="Grams of product that recipes are for; else as the spec says."),
    ] = None,
    evaluator: Annotated[
        str | None,
        typer.Option(
            help="Only orders to this cheaper evaluator; a table and pages have those to the "
            "campaign's own otherwise."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the open work orders of a campaign: recipe, conditions, why, what is expected."""
    from cathode.ledger import Ledger
    from cathode.report.view import view_of
    from cathode.settings import Settings

    view = view_of(Ledger.open(Settings.from_environment().ledger_url), campaign)
    _refuse(view.spec, evaluator, batch, shows_grams=bool(table or pages or as_json))
    every = view.seen.to_make(view.spec)
    mine = [order for order in every if order.evaluator == evaluator]
    found = every if evaluator is None else mine
    awaiting = 0 if evaluator is not None else len(view.seen.open_orders(view.spec)) - len(every)
    to = f" to {evaluator or view.spec.evaluator.kind}" if view.spec.cheaper else ""
    if table is not None:
        _write_table(table, mine, view, evaluator, batch)
        messages().print(f"{table}: {counted(len(mine), 'order')}{to}", soft_wrap=True)
    if pages is not None:
        _write_pages(pages, mine, view, awaiting, batch)
        messages().print(f"{pages}: {counted(len(mine), 'order')}{to}", soft_wrap=True)
    if as_json:
        made = _made(found, view, batch, placed=True)
        rows = [_row(order, full) for order, full in zip(found, made, strict=True)]
        print_json({"campaign": campaign, "orders": rows, "awaiting_approval": awaiting})
        return
    _print(campaign if evaluator is None else f"{campaign}, {evaluator},", found, view.spec)
    if awaiting:
        wait = "awaits" if awaiting == 1 else "await"
        results().print(f"{counted(awaiting, 'order')} {wait} approval.")


def _refuse(
    spec: "CampaignSpec", evaluator: str | None, batch: float | None, *, shows_grams: bool
) -> None:
    """Refuse an evaluator that gets no orders, and a batch that changes nothing."""
    from cathode.errors import RecipeError, SpecError
    from cathode.lab.recipe import checked_batch, recipe_spec

    known = [name for name in spec.cheaper if spec.needed_of(name)]
    if evaluator is not None and evaluator not in known:
        msg = f"evaluator {evaluator!r} gets no orders: cheaper ones that do: "
        raise SpecError(msg + (", ".join(known) or "none"))
    if batch is None:
        return
    checked_batch(batch)
    if recipe_spec(spec, evaluator) is None:
        place = "evaluator" if evaluator is None else f"cheaper.{evaluator}.evaluator"
        msg = f"--batch {batch:g}: {spec.name} has no recipe: add {place}.recipe to its spec"
        raise RecipeError(msg)
    if not shows_grams:
        msg = f"--batch {batch:g} changes grams, which this list does not show: add --csv, --html "
        raise RecipeError(msg + "or --json")


def _made(
    found: "Sequence[Proposal]", view: "CampaignView", batch: float | None, *, placed: bool
) -> "list[WorkOrder]":
    """Orders in full, with how far they lie from known data if they are placed."""
    from cathode.lab.work_order import orders_of
    from cathode.space import build_space

    space = build_space(view.spec.space) if placed and found else None
    return orders_of(found, view.seen, view.spec, space, batch)


def _row(order: "Proposal", full: "WorkOrder") -> dict[str, Any]:
    return full.as_dict() | {"expected": dict(order.predictions)}


def _write_table(
    path: Path,
    found: "Sequence[Proposal]",
    view: "CampaignView",
    evaluator: str | None,
    batch: float | None,
) -> None:
    """A row per order to one evaluator, with empty cells for what is to be measured still."""
    from cathode.report.orders_table import orders_table

    made = _made(found, view, batch, placed=False)
    text = orders_table(made, view.seen, view.spec, evaluator)
    with path.open("w", newline="", encoding="utf-8") as file:
        file.write(text)


def _write_pages(
    path: Path,
    found: "Sequence[Proposal]",
    view: "CampaignView",
    awaiting: int,
    batch: float | None,
) -> None:
    """All orders to one evaluator, a page or more each."""
    from cathode.report.work_order import work_orders_html

    made = _made(found, view, batch, placed=True)
    path.write_text(work_orders_html(view.spec.name, made, awaiting), encoding="utf-8")


def _print(campaign: str, found: "Sequence[Proposal]", spec: "CampaignSpec") -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from cathode.physics.formulas import label

    if not found:
        results().print(f"{campaign} has no open work order that may be made.")
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
            escape(label(order.candidate, spec.units)),
            *expected,
            escape(order.reason),
        )
        table.add_row(*row)
    results().print(table)

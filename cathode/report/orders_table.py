"""Work orders as a table to fill in, which ingest reads."""

import csv
import io
from collections.abc import Sequence

from cathode.lab.conditions import CONDITIONS, REMARKS
from cathode.lab.work_order import WorkOrder
from cathode.loop.observations import Observations
from cathode.model import Measurement
from cathode.physics.formulas import label
from cathode.spec import CampaignSpec, LabSpec

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Spreadsheets take a cell that begins with one of them for a formula, and evaluate it."""

PURE = "1"
"""How a heading writes the unit of a number without one."""


def orders_table(
    orders: Sequence[WorkOrder], seen: Observations, spec: CampaignSpec, evaluator: str | None
) -> str:
    """A row per order as CSV: grams to weigh in, and empty cells for what is to be measured.

    Args:
        orders: to one evaluator.
        seen: all that is known of the campaign.
        spec: its spec.
        evaluator: name of the cheaper evaluator they are for; None for the campaign's own.
    """
    names = spec.needed_of(evaluator)
    heads = [f"{name} ({spec.property_named(name).unit or PURE})" for name in names]
    bottles = _bottles(orders)
    asked = ["asked"] if spec.cheaper else []
    told = _conditions(spec) if evaluator is None else []
    known = {(r.turn, r.rank, r.measurement.property): _cell(r.measurement) for r in seen.measured}
    text = io.StringIO()
    writer = csv.writer(text)
    grams = [f"{bottle} (g)" for bottle in bottles]
    first = ["candidate", "order", *asked, "formula", "recipe", *grams]
    writer.writerow([guarded(head) for head in [*first, *heads, *told, "failed"]])
    for order in orders:
        turn, rank = (int(part) for part in order.order.split("/"))
        cells = [order.candidate, order.order]
        cells += [evaluator or spec.evaluator.kind] if spec.cheaper else []
        cells += [order.formula, label(seen.candidates[order.candidate], spec.units)]
        cells += _grams(order, bottles)
        cells += [known.get((turn, rank, name), "") for name in names]
        writer.writerow([guarded(cell) for cell in [*cells, *[""] * len(told), ""]])
    return text.getvalue()


def guarded(cell: str) -> str:
    """A cell that no spreadsheet evaluates; a number stays one."""
    if not cell.startswith(FORMULA_SIGNS):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell.strip()


def _bottles(orders: Sequence[WorkOrder]) -> list[str]:
    """The precursors of all orders, as they come."""
    recipes = [order.recipe for order in orders if order.recipe is not None]
    return list(dict.fromkeys(each.precursor for recipe in recipes for each in recipe.weighings))


def _grams(order: WorkOrder, bottles: Sequence[str]) -> list[str]:
    """Per precursor its grams; empty where none is weighed."""
    recipe = order.recipe
    masses = {each.precursor: recipe.grams(each) for each in recipe.weighings} if recipe else {}
    return [masses.get(bottle, "") for bottle in bottles]


def _conditions(spec: CampaignSpec) -> list[str]:
    """Headings of the conditions that results must tell, to be counted."""
    wanted = spec.evaluator.conditions if isinstance(spec.evaluator, LabSpec) else {}
    return [
        f"{name} ({known.unit})" if known.unit else name
        for name, known in CONDITIONS.items()
        if name in wanted
    ]


def _cell(measurement: Measurement) -> str:
    """What came in already, where the same row entered again says the same of it."""
    if measurement.value is None or set(measurement.conditions) - REMARKS:
        return ""
    return f"{measurement.bound or ''}{measurement.value!r}"

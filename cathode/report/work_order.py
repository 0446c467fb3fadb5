"""Work orders as pages to print, and as markdown."""

from collections.abc import Sequence

from markupsafe import Markup

from cathode.lab.furnace import in_hours
from cathode.lab.recipe import Recipe
from cathode.lab.work_order import WorkOrder
from cathode.physics.prototypes import PROTOTYPES
from cathode.report.numbers import rough, short
from cathode.report.templates import template
from cathode.report.text import chemical, markdown_text, plain


def work_orders_html(campaign: str, orders: Sequence[WorkOrder], awaiting: int = 0) -> str:
    """Printable pages, one or more per order, in one file that needs nothing beside it.

    Args:
        campaign: name of the campaign.
        orders: what is printed.
        awaiting: how many more orders wait for approval.
    """
    return template("work_order.html.j2").render(
        campaign=campaign,
        orders=orders,
        awaiting=awaiting,
        title=_title,
        total=_total,
        weighed_in=_weighed_in,
    )


def work_order_html(order: WorkOrder) -> str:
    """The printable page of one order."""
    return work_orders_html(order.campaign, [order])


def work_order_markdown(order: WorkOrder) -> str:
    """An order as markdown; whatever people wrote in it is shown as they wrote it."""
    parts = [f"# {markdown_text(order.formula)}", _facts(order)]
    parts += ["## Weigh in", *_weigh_in(order)]
    if order.recipe is not None and order.recipe.programme:
        steps = [f"{i}. {markdown_text(s.words)}" for i, s in enumerate(order.recipe.programme, 1)]
        parts += ["## Fire", "\n".join(steps), f"It takes {_total(order)}."]
    parts += ["## Measure", _measure(order), "## Why this one", *_why(order)]
    return "\n\n".join(parts) + "\n"


def _title(order: WorkOrder) -> Markup | str:
    known = order.content["prototype"] in PROTOTYPES
    return chemical(order.formula) if known else plain(order.formula)


def _total(order: WorkOrder) -> str:
    return in_hours(order.recipe.hours) if order.recipe is not None else ""


def _weighed_in(recipe: Recipe) -> str:
    """The composition that the rounded masses make, and how far it is from the one asked for."""
    sites = []
    for site, mine in recipe.weighed.items():
        shown = ", ".join(f"{e} {f'{x:.5f}'.rstrip('0').rstrip('.')}" for e, x in mine.items())
        sites.append(shown if list(mine) == [site] else f"site {site} {shown}")
    beside = ", beside the excess" if recipe.lithium_excess else ""
    words = (
        f"These masses make {'; '.join(sites)}{beside}; rounding to the balance moves a fraction "
    )
    return f"{words}by {rough(recipe.deviation)} at most."


def _facts(order: WorkOrder) -> str:
    lines = [f"- campaign {markdown_text(order.campaign)}, order {markdown_text(order.order)}"]
    lines += [f"- candidate {markdown_text(order.candidate)}"]
    if order.evaluator is not None:
        lines.append(f"- asked of {markdown_text(order.evaluator)}")
    lines += [f"- {markdown_text(each.words)}" for each in order.settings]
    lines += [f"- {markdown_text(order.verdict)}{_reviewed(order)}"]
    return "\n".join(lines)


def _reviewed(order: WorkOrder) -> str:
    if order.review is None:
        return ""
    why = f": {markdown_text(order.review.reason)}" if order.review.reason else ""
    return f" by {markdown_text(order.review.who)}{why}"


def _weigh_in(order: WorkOrder) -> list[str]:
    recipe = order.recipe
    if recipe is None:
        return [f"No masses: {markdown_text(order.no_recipe)}."]
    rows = [
        [
            markdown_text(each.precursor.replace("*", "·")),
            ", ".join(each.supplies),
            f"{each.purity:g}",
            f"**{recipe.grams(each)}**",
        ]
        for each in recipe.weighings
    ]
    more = f", {recipe.lithium_excess:g} % more lithium" if recipe.lithium_excess else ""
    words = [f"For {recipe.batch:g} g of product{more}."]
    words += [_table(["precursor", "for", "purity (%)", "weigh in (g)"], rows)]
    words += [markdown_text(_weighed_in(recipe))]
    if recipe.warnings:
        words += [f"**Look out:** {markdown_text('; '.join(recipe.warnings))}."]
    return words


def _measure(order: WorkOrder) -> str:
    rows = []
    for each in order.measure:
        said = each.expected
        known = f"{short(said.low)} to {short(said.high)}" if said is not None else "–"
        rows.append(
            [
                markdown_text(f"{each.label} ({each.unit})" if each.unit else each.label),
                markdown_text(each.at) or "–",
                short(said.mean) if said is not None else "–",
                known,
                markdown_text(said.surrogate) if said is not None else "–",
                markdown_text(each.known) or "owed",
            ]
        )
    return _table(["property", "at", "expected", "80 % interval", "by", "measured"], rows)


def _why(order: WorkOrder) -> list[str]:
    place = f"Where it lies: {markdown_text(order.place.words)}."
    near = order.place.nearest
    if near is not None:
        said = ", ".join(f"{name} {words}" for name, words in near.values.items())
        told = f"{near.candidate}, {near.formula}{': ' if said else ''}{said}"
        place += f" Nearest is {markdown_text(told)}."
    return [f"{markdown_text(order.reason)}.", place]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)

"""``cathode space``: look at a search space before anything is spent on it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.options import AsJson
from flows.cli.output import print_json, results

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cathode.space import PoolSpace
    from cathode.space.describe import Description

MOST_DIGITS = 15
"""Numbers with more digits are shown as powers of ten."""


def describe(
    spec: Annotated[Path, typer.Argument(help="YAML file of a campaign.")],
    sample: Annotated[int, typer.Option(min=0, max=1000, help="Candidates to show.")] = 8,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the candidates shown.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Show how large a space is, what its rules cut away, and some of its candidates."""
    from cathode.settings import Settings
    from cathode.space import PoolSpace, SearchSpace
    from cathode.space.describe import describe
    from cathode.spec import SpaceSpec, load_spec

    campaign = load_spec(spec)
    if not isinstance(campaign.space, SpaceSpec):
        pool = PoolSpace.from_spec(campaign.space, Settings.from_environment().cache)
        refused = _without_crystal(pool) if campaign.space.structures is not None else None
        facts = {"campaign": campaign.name, "size": pool.size, "coordinates": pool.coordinates}
        if as_json:
            facts |= {"exact": True, "table": str(campaign.space.table)}
            print_json(facts | {"without_crystal": refused})
        else:
            results().print(
                f"{campaign.name} holds {pool.size:,} candidates, the rows of "
                f"{campaign.space.table}, seen in {len(pool.coordinates)} coordinates.",
                soft_wrap=True,
            )
            for name, reason in (refused or {}).items():
                results().print(f"{name} has no crystal: {reason}.", soft_wrap=True)
            if refused == {}:
                results().print("Every row has a crystal that networks can look at.")
        return
    found = describe(SearchSpace.from_spec(campaign.space), sample, seed)
    if as_json:
        print_json({"campaign": campaign.name, **found.as_dict()})
    else:
        _print(campaign.name, found, campaign.units)


def _without_crystal(pool: "PoolSpace") -> dict[str, str]:
    from surrogates.cgcnn.places import rows_without_graph

    return rows_without_graph(pool)


def _print(name: str, found: "Description", units: "Mapping[str, str]") -> None:
    from rich import box
    from rich.table import Table

    from cathode.physics.formulas import label

    size = _count(found.size)
    if not found.exact:
        size = f"about {size} ± {_count(found.spread)} (estimated from random draws)"
    results().print(f"{name} holds {size} candidates.", soft_wrap=True)
    parts = "; ".join(f"{what} {_count(n)}" for what, n in found.parts.items())
    results().print(f"Made of: {parts}.", soft_wrap=True)
    if found.rules:
        table = Table(
            title=f"What its rules cut away of {_count(found.without_rules)} candidates",
            box=box.SIMPLE_HEAD,
        )
        table.add_column("rule")
        table.add_column("refused\n(%)", justify="right")
        table.add_column("by this rule alone\n(%)", justify="right")
        for rule in found.rules:
            alone = f"{100 * rule.refused_alone:.3g}" if rule.refused_alone else "0, does not bind"
            table.add_row(rule.rule, f"{100 * rule.refused:.3g}", alone)
        results().print(table)
    if found.sample:
        table = Table(title="Some candidates, drawn at random", box=box.SIMPLE_HEAD)
        table.add_column("candidate", no_wrap=True)
        table.add_column("formula and conditions")
        for candidate in found.sample:
            table.add_row(candidate.id, label(candidate, units))
        results().print(table)


def _count(n: int) -> str:
    return f"{n:,}" if n < 10**MOST_DIGITS else f"{float(n):.3g}"

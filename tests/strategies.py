"""Random but possible search spaces and crystals, for tests that must hold on any of them."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from cathode.model import Crystal

METALS = ("Ni", "Mn", "Co", "Al", "Ti", "Mg", "Fe")


@st.composite
def site_specs(draw: st.DrawFn, elements: tuple[str, ...] = METALS) -> dict[str, Any]:
    """Recipes built around one that they hold, so that there is at least that one."""
    parts = draw(st.sampled_from([4, 5, 10, 20, 50]))
    chosen = draw(st.lists(st.sampled_from(elements), min_size=2, max_size=5, unique=True))
    cuts = sorted(
        draw(st.lists(st.integers(0, parts), min_size=len(chosen) - 1, max_size=len(chosen) - 1))
    )
    held = [b - a for a, b in zip([0, *cuts], [*cuts, parts], strict=True)]
    fractions = {
        element: {
            "min": f"{draw(st.integers(0, n))}/{parts}",
            "max": f"{draw(st.integers(n, parts))}/{parts}",
        }
        for element, n in zip(chosen, held, strict=True)
    }
    site: dict[str, Any] = {"step": f"1/{parts}", "fractions": fractions}
    if draw(st.booleans()):
        group = draw(st.lists(st.sampled_from(chosen), min_size=1, unique=True))
        inside = [n for element, n in zip(chosen, held, strict=True) if element in group]
        site["at_most"] = [
            {
                "of": group,
                "count": draw(st.integers(sum(n > 0 for n in inside), len(group))),
                "total": f"{draw(st.integers(sum(inside), parts))}/{parts}",
            }
        ]
    return site


@st.composite
def variable_specs(draw: st.DrawFn) -> dict[str, Any]:
    """Up to four process variables, some of which exist only with others."""
    found: dict[str, Any] = {}
    if draw(st.booleans()):
        found["temperature"] = {
            "kind": "stepped",
            "min": 700,
            "max": 900,
            "step": 25,
            "unit": "degC",
        }
    if draw(st.booleans()):
        found["time"] = {"kind": "continuous", "min": 2, "max": 20, "unit": "h"}
    if draw(st.booleans()):
        found["route"] = {"kind": "categorical", "values": ["solid", "sol-gel", "spray"]}
        if draw(st.booleans()):
            found["gel_time"] = {
                "kind": "ordered",
                "values": [1, 2, 4, 8],
                "unit": "h",
                "when": {"route": "sol-gel"},
            }
    return found


@st.composite
def space_specs(draw: st.DrawFn) -> dict[str, Any]:
    """Spaces with one or two hosts and sites, variables, and rules that leave something."""
    metal = draw(site_specs())
    space: dict[str, Any] = {
        "prototype": draw(st.sampled_from(["layered", "spinel", ["layered", "spinel"]])),
        "sites": {"M": metal},
        "variables": draw(variable_specs()),
        "constraints": [],
    }
    if draw(st.booleans()):
        space["sites"]["Li"] = {"step": 0.1, "fractions": {"Li": {}, "vac": {"max": 0.3}}}
    if draw(st.booleans()):
        first = next(iter(metal["fractions"]))
        together = {first: {"min": 0.99}}
        if "route" in space["variables"]:
            together["route"] = "solid"
        space["constraints"].append({"kind": "forbidden", "together": together})
    if draw(st.booleans()):
        space["constraints"].append({"kind": "price", "max": draw(st.floats(5, 60))})
    return space


@st.composite
def crystals(draw: st.DrawFn) -> Crystal:
    """One to eight atoms in a cell that may be skewed, left-handed, and left by its atoms."""
    lattice = np.diag(draw(st.tuples(*[st.floats(2, 12)] * 3)))
    lattice[np.tril_indices(3, -1)] = draw(st.tuples(*[st.floats(-6, 6)] * 3))
    if draw(st.booleans()):
        lattice[0] *= -1
    n = draw(st.integers(1, 8))
    places = st.tuples(*[st.floats(-1, 2)] * 3)
    positions = np.array(draw(st.lists(places, min_size=n, max_size=n)), dtype=float)
    numbers = draw(st.lists(st.integers(1, 94), min_size=n, max_size=n))
    return Crystal(lattice, positions, np.array(numbers, dtype=np.int16))

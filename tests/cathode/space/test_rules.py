from fractions import Fraction

import numpy as np
import pytest
from pymatgen.core import Composition, Element

from cathode.errors import SpaceError
from cathode.model import Candidate
from cathode.space import SearchSpace
from cathode.spec import SpaceSpec

F = Fraction

NCM = {"Ni": {}, "Mn": {}, "Co": {}, "Mg": {"max": 0.2}}


def space_of(constraints, fractions=NCM, **changes):
    content = {
        "prototype": "layered",
        "sites": {"M": {"step": 0.1, "fractions": fractions}},
        "constraints": constraints,
    }
    return SearchSpace.from_spec(SpaceSpec.model_validate(content | changes))


def layered(**fractions):
    exact = {element: F(x).limit_denominator(100) for element, x in fractions.items()}
    return Candidate.of("layered", {"M": exact})


def free():
    return list(space_of([]))


def kept(space):
    inside = set(space)
    assert inside == {c for c in free() if c in space}
    return inside


def test_linear_rules():
    space = space_of([{"kind": "linear", "terms": {"Ni": 1, "Co": -1}, "min": 0.2, "max": 0.5}])
    fractions = [candidate.on_site("M") for candidate in kept(space)]
    gaps = [x.get("Ni", 0) - x.get("Co", 0) for x in fractions]
    assert min(gaps) == F(1, 5)
    assert max(gaps) == F(1, 2)


def test_charge_balance_allows_what_valences_can_make_neutral():
    # LiMO2 wants M3+ on average: Mg2+ needs Ni or Mn above 3+, and these may not exceed 4+.
    states = {"Ni": [2, 3], "Mn": [4], "Co": [3], "Mg": [2]}
    space = space_of([{"kind": "charge_balance", "states": states}])
    assert layered(Ni=1) in space  # Ni3+
    assert layered(Ni=0.5, Mn=0.5) in space  # Ni2+ Mn4+
    assert layered(Co=1) in space
    assert layered(Mn=1) not in space  # Mn4+ alone is one too many
    assert layered(Ni=0.4, Mn=0.6) not in space
    assert layered(Co=0.8, Mg=0.2) not in space
    assert layered(Co=0.6, Mn=0.2, Mg=0.2) in space
    assert kept(space)


def test_charge_balance_knows_common_states_and_vacancies():
    fractions = {"Fe": {}, "Al": {"max": 0.1}}
    sites = {
        "M": {"step": 0.1, "fractions": fractions},
        "Li": {"step": 0.1, "fractions": {"Li": {}, "vac": {"max": 0.2}}},
    }
    rule = {"kind": "charge_balance", "states": {"Fe": [2]}}
    space = space_of([rule], prototype="olivine", sites=sites)
    found = {(c.on_site("M").get("Al", 0), c.on_site("Li").get("vac", 0)) for c in space}
    assert found == {(0, 0), (F(1, 10), F(1, 10))}  # each Al3+ for Fe2+ costs one lithium


def test_lithium_ratio():
    sites = {
        "M": {"step": 0.1, "fractions": {"Ni": {}, "Li": {"max": 0.3}}},
        "Li": {"step": 0.1, "fractions": {"Li": {}, "vac": {"max": 0.3}}},
    }
    space = space_of([{"kind": "lithium_ratio", "min": 1.0, "max": 1.25}], sites=sites)
    for candidate in space:
        metal = candidate.on_site("M")["Ni"]
        lithium = candidate.on_site("Li")["Li"] + candidate.on_site("M").get("Li", 0)
        assert 1 <= lithium / metal <= 1.25
    assert space.size == 6


def test_price_cap_counts_the_metals_of_a_kilogram():
    prices = {"Li": 100.0, "Ni": 20.0, "Co": 50.0, "Mn": 2.0, "Mg": 3.0}
    space = space_of([{"kind": "price", "max": 20.0, "prices": prices}])

    def price(candidate):
        metals = {e: float(x) for e, x in candidate.on_site("M").items()}
        formula = Composition({"Li": 1, "O": 2} | metals)
        return sum(prices.get(str(e), 0) * formula.get_wt_fraction(e) for e in formula.elements)

    for candidate in free():
        assert (candidate in space) == (price(candidate) <= 20)
    assert 0 < len(kept(space)) < len(free())


def test_prices_are_known_of_common_metals_and_missing_ones_named():
    assert space_of([{"kind": "price", "max": 1e6}]).size == len(free())
    with pytest.raises(SpaceError, match="price of Ra is known: give it under prices"):
        space_of([{"kind": "price", "max": 50}], fractions={"Ni": {}, "Ra": {}})


def test_critical_elements_are_capped_by_mass():
    space = space_of([{"kind": "critical", "max": 0.1, "of": ["Co"]}])
    for candidate in free():
        metals = candidate.on_site("M")
        masses = {e: float(x) * Element(e).atomic_mass for e, x in metals.items()}
        whole = sum(masses.values()) + Element("Li").atomic_mass + 2 * Element("O").atomic_mass
        assert (candidate in space) == (masses.get("Co", 0) <= 0.1 * whole)


PROCESS = {
    "temperature": {"kind": "stepped", "min": 700, "max": 900, "step": 50, "unit": "degC"},
    "atmosphere": {"kind": "categorical", "values": ["air", "O2"]},
    "second": {"kind": "stepped", "min": 5, "max": 7, "step": 1, "when": {"atmosphere": "O2"}},
}


def test_forbidden_combinations():
    rule = {
        "kind": "forbidden",
        "together": {"atmosphere": "air", "Ni": {"min": 0.8}, "temperature": [850, 900]},
    }
    space = space_of([rule], variables=PROCESS)
    everything = space_of([], variables=PROCESS)
    broken = [
        c
        for c in everything
        if dict(c.conditions)["atmosphere"] == "air"
        and c.on_site("M").get("Ni", 0) >= F(4, 5)
        and dict(c.conditions)["temperature"] in (850, 900)
    ]
    assert broken
    assert set(everything) - set(space) == set(broken)


def test_a_linear_rule_leaves_alone_what_lacks_its_variable():
    rule = {"kind": "linear", "terms": {"second": 1}, "max": 5}
    found = [dict(c.conditions) for c in space_of([rule], variables=PROCESS)]
    assert {c["second"] for c in found if c["atmosphere"] == "O2"} == {5.0}
    assert any(c["atmosphere"] == "air" for c in found)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        pytest.param(
            [{"kind": "linear", "terms": {"Fe": 1}, "max": 1}],
            r"constraints.0 names 'Fe': known are Co, Mg, Mn, Ni",
            id="unknown term",
        ),
        pytest.param(
            [{"kind": "charge_balance", "states": {"Fe": [2]}}], "names 'Fe'", id="unknown state"
        ),
        pytest.param(
            [{"kind": "forbidden", "together": {"Ni": "much"}}], "number or a range", id="word"
        ),
        pytest.param(
            [
                {"kind": "linear", "terms": {"Ni": 1}, "min": 0.7},
                {"kind": "linear", "terms": {"Mn": 1}, "min": 0.2},
                {"kind": "critical", "max": 0.05, "of": ["Ni"]},
            ],
            r"0.7 <= 1 Ni and critical elements <= 0.05 by mass clash",
            id="clash",
        ),
        pytest.param(
            [{"kind": "linear", "terms": {"Mg": 1}, "min": 0.3}],
            r"0.3 <= 1 Mg cannot be kept within the bounds of the sites",
            id="bounds",
        ),
        pytest.param(
            [{"kind": "forbidden", "together": {"Ni": {"min": 0}}}],
            "no candidate was found .*forbidden Ni alone refuses 100",
            id="forbidden",
        ),
    ],
)
def test_what_cannot_be_names_the_rules_to_blame(rules, words):
    with pytest.raises(SpaceError, match=words):
        space_of(rules)


def test_a_narrow_space_is_found_and_walked():
    # One recipe in some ten million: charge balance over many dopants of fixed valence.
    fractions = {e: {"max": 0.05} for e in ("Al", "Ti", "Nb", "Ta", "W", "Zr", "Ga")}
    fractions |= {e: {"max": 0.3} for e in ("Mg", "Zn")}
    rule = {"kind": "charge_balance", "states": {"Co": [3], "Mo": [6]}}
    linear = {"kind": "linear", "terms": {"W": 1, "Ta": 1, "Nb": 1, "Mo": 1}, "min": 0.15}
    space = space_of(
        [rule, linear],
        sites={"M": {"step": 0.01, "fractions": {"Co": {}, "Mo": {"max": 0.05}, **fractions}}},
    )
    assert space.size_without_rules > 1e9
    points = space.sample(30, np.random.default_rng(0))
    assert len(points) == 30
    assert space.keeps(points).all()
    assert len(np.unique(points, axis=0)) > 10

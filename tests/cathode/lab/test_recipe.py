"""Grams against numbers worked out by hand, and against a count of atoms of its own."""

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cathode.errors import RecipeError
from cathode.lab.recipe import checked_batch, recipe_for
from cathode.model import Candidate
from cathode.space import SearchSpace
from cathode.spec import load_spec, parse_spec
from tests.helpers import layered

SHIPPED = Path(__file__).parents[3] / "campaigns"

# Abridged standard atomic weights 2021 (IUPAC, Pure Appl. Chem. 94, 573 (2022)).
WEIGHTS = {
    "H": 1.008, "Li": 6.94, "C": 12.011, "N": 14.007, "O": 15.999, "F": 18.998, "Mg": 24.305,
    "Al": 26.982, "Si": 28.085, "P": 30.974, "Ca": 40.078, "Sc": 44.956, "Ti": 47.867,
    "V": 50.942, "Cr": 51.996, "Mn": 54.938, "Fe": 55.845, "Co": 58.933, "Ni": 58.693,
    "Cu": 63.546, "Zn": 65.38, "Ga": 69.723, "Y": 88.906, "Zr": 91.224, "Nb": 92.906,
    "Mo": 95.95, "In": 114.82, "Sn": 118.71, "La": 138.91, "Hf": 178.49, "Ta": 180.95,
    "W": 183.84,
}  # fmt: skip


def atoms(formula):
    """Atoms by element, counted by a reader of its own."""
    found = {}
    for part in formula.split("*"):
        times, rest = re.fullmatch(r"([\d.]*)(.*)", part).groups()
        while group := re.search(r"\(([^()]*)\)(\d*)", rest):
            inner = group[1] * int(group[2] or 1)
            rest = rest[: group.start()] + inner + rest[group.end() :]
        for element, count in re.findall(r"([A-Z][a-z]?)([\d.]*)", rest):
            found[element] = found.get(element, 0) + float(count or 1) * float(times or 1)
    return found


def weight(formula):
    return sum(WEIGHTS[element] * n for element, n in atoms(formula).items())


def lab(recipe, space=None, **changes):
    space = space or layered()["space"]
    return parse_spec(
        layered(evaluator={"kind": "lab", "recipe": recipe}, space=space) | changes, "test"
    )


def candidate(prototype="layered", conditions=None, **sites):
    exact = {
        site: {e: Fraction(str(x)) for e, x in fractions.items()}
        for site, fractions in sites.items()
    }
    return Candidate.of(prototype, exact, conditions)


def masses(recipe):
    return {each.precursor: each.mass for each in recipe.weighings}


HYDROXIDES = {"Li": "LiOH*H2O", "Ni": "Ni(OH)2", "Mn": "Mn(OH)2", "Co": "Co(OH)2"}
NCM811 = candidate(M={"Ni": 0.8, "Mn": 0.1, "Co": 0.1})


def test_ncm811_from_hydroxides_is_what_one_works_out_by_hand():
    # 10 g of LiNi0.8Mn0.1Co0.1O2, 97.28 g/mol, are 0.10280 mol. 41.964 g/mol of LiOH.H2O,
    # 92.708 of Ni(OH)2, 88.953 of Mn(OH)2, 92.948 of Co(OH)2.
    recipe = recipe_for(NCM811, lab({"precursors": HYDROXIDES}))
    assert masses(recipe) == {
        "LiOH*H2O": 4.314,
        "Ni(OH)2": 7.624,
        "Co(OH)2": 0.955,
        "Mn(OH)2": 0.914,
    }
    assert recipe.warnings == ()
    assert recipe.weighed["M"]["Ni"] == pytest.approx(0.80007, abs=1e-5)
    assert sum(recipe.weighed["M"].values()) == pytest.approx(1)
    assert recipe.deviation == pytest.approx(1.65e-4, abs=1e-6)  # of lithium
    assert recipe.as_dict()["deviation"] == recipe.deviation


def test_purity_and_excess_ask_for_more():
    pure = recipe_for(NCM811, lab({"precursors": HYDROXIDES, "balance": 1e-6}))
    bottles = {e: {"formula": f, "purity": 95} for e, f in HYDROXIDES.items()}
    real = recipe_for(
        NCM811, lab({"precursors": bottles, "balance": 1e-6, "lithium_excess": 5, "batch": 20})
    )
    for name, mass in masses(pure).items():
        excess = 1.05 if name == "LiOH*H2O" else 1
        assert masses(real)[name] == pytest.approx(2 * mass * excess / 0.95, abs=1e-5)
    assert real.weighed["Li"]["Li"] == pytest.approx(1, abs=1e-5), "the excess is left out"


OLIVINE = {
    "prototype": "olivine",
    "sites": {
        "M": {"step": 0.01, "fractions": {"Fe": {}, "Mn": {}}},
        "Li": {"step": 0.01, "fractions": {"Li": {}, "vac": {"max": 0.2}}},
    },
}
OXALATE = {"Li": "Li2CO3", "Fe": "FeC2O4*2H2O", "P": "NH4H2PO4", "Mn": "MnCO3"}


def test_lithium_iron_phosphate_is_what_one_works_out_by_hand():
    # 10 g of LiFePO4, 157.755 g/mol, are 0.063389 mol: half as much Li2CO3 (73.89 g/mol), as much
    # FeC2O4.2H2O (179.89 g/mol) and NH4H2PO4 (115.02 g/mol).
    recipe = recipe_for(
        candidate("olivine", M={"Fe": 1}, Li={"Li": 1}), lab({"precursors": OXALATE}, OLIVINE)
    )
    assert masses(recipe) == {"Li2CO3": 2.342, "FeC2O4*2H2O": 11.403, "NH4H2PO4": 7.291}


def test_vacancies_weigh_nothing_and_ask_for_less_lithium():
    full = candidate("olivine", M={"Fe": 1}, Li={"Li": 1})
    empty = candidate("olivine", M={"Fe": 1}, Li={"Li": 0.9, "vac": 0.1})
    spec = lab({"precursors": OXALATE, "balance": 1e-6}, OLIVINE)
    one, other = (recipe_for(each, spec) for each in (full, empty))
    lithium = [masses(r)["Li2CO3"] / masses(r)["FeC2O4*2H2O"] for r in (one, other)]
    assert lithium[1] == pytest.approx(0.9 * lithium[0], rel=1e-5)
    assert other.weighed["Li"]["Li"] == pytest.approx(0.9, abs=1e-5)
    # The vacancy makes the formula unit lighter: a batch holds more of them.
    more = masses(other)["NH4H2PO4"] / masses(one)["NH4H2PO4"]
    assert more == pytest.approx(weight("LiFePO4") / weight("Li0.9FePO4"), rel=1e-5)


def test_one_precursor_may_bring_several_elements():
    spec = lab(
        {"precursors": {"Fe": "FePO4*2H2O", "P": "NH4H2PO4", "Mn": "MnCO3"}, "balance": 1e-6},
        OLIVINE,
    )
    mixed = recipe_for(candidate("olivine", M={"Fe": 0.7, "Mn": 0.3}, Li={"Li": 1}), spec)
    found = masses(mixed)
    iron = found["FePO4*2H2O"] / weight("FePO4*2H2O")
    assert found["NH4H2PO4"] / weight("NH4H2PO4") == pytest.approx(iron * 0.3 / 0.7, rel=1e-4)
    alone = recipe_for(candidate("olivine", M={"Fe": 1}, Li={"Li": 1}), spec)
    assert "NH4H2PO4" not in masses(alone), "the iron brings all of it"


def test_a_spinel_has_two_metals_for_each_lithium():
    # 10 g of LiMn2O4, 180.81 g/mol: 0.055307 mol, twice as much MnO2 (86.937 g/mol).
    space = {"prototype": "spinel", "sites": {"M": {"step": 0.1, "fractions": {"Mn": {}}}}}
    recipe = recipe_for(
        candidate("spinel", M={"Mn": 1}), lab({"precursors": {"Mn": "MnO2", "Li": "Li2CO3"}}, space)
    )
    assert masses(recipe) == {"Li2CO3": 2.043, "MnO2": 9.616}


def test_lithium_that_comes_with_fluorine_is_taken_off():
    space = {
        "prototype": "layered",
        "sites": {
            "M": {"step": 0.1, "fractions": {"Ni": {}}},
            "O": {"step": 0.01, "fractions": {"O": {}, "F": {"max": 0.1}}},
        },
    }
    spec = lab({"precursors": {"F": "LiF", "Li": "Li2CO3", "Ni": "NiO"}, "balance": 1e-6}, space)
    found = masses(recipe_for(candidate(M={"Ni": 1}, O={"O": 0.95, "F": 0.05}), spec))
    nickel = found["NiO"] / weight("NiO")
    assert found["LiF"] / weight("LiF") == pytest.approx(0.1 * nickel, rel=1e-3)
    assert found["Li2CO3"] / weight("Li2CO3") == pytest.approx(0.45 * nickel, rel=1e-3)


def test_precursors_that_bring_too_much_are_refused():
    lithiated = {"precursors": {"Fe": "FePO4", "P": "Li3PO4", "Mn": "MnCO3", "Li": "Li3PO4"}}
    spec = lab(lithiated, OLIVINE)
    with pytest.raises(RecipeError, match="cannot bring .* in this ratio"):
        recipe_for(candidate("olivine", M={"Fe": 0.5, "Mn": 0.5}, Li={"Li": 1}), spec)
    spec = lab({"precursors": {"P": "Li3PO4", "Mn": "MnCO3"}}, OLIVINE)
    with pytest.raises(RecipeError, match="Li2CO3 would have to be taken away"):
        recipe_for(candidate("olivine", M={"Fe": 1}, Li={"Li": 1}), spec)


def test_what_a_precursor_brings_must_be_asked_for():
    spec = lab({"precursors": {"Co": "NiCo2O4"}})
    with pytest.raises(RecipeError, match=r"NiCo2O4, the precursor of Co, brings Ni, which c-"):
        recipe_for(candidate(M={"Mn": 0.6, "Co": 0.4}), spec)


def test_variables_choose_lithium_and_its_excess():
    variables = {
        "precursor": {"kind": "categorical", "values": ["LiOH", "Li2CO3"]},
        "lithium_excess": {"kind": "ordered", "values": [0, 4], "unit": "%"},
    }
    space = layered()["space"] | {"variables": variables}
    chosen = {"variable": "precursor", "choices": {"LiOH": {"formula": "LiOH", "hydrate": 1}}}
    spec = lab({"precursors": {**HYDROXIDES, "Li": chosen}, "balance": 1e-6}, space)

    def made(**conditions):
        return recipe_for(
            candidate(M={"Ni": 0.8, "Mn": 0.1, "Co": 0.1}, conditions=conditions), spec
        )

    wet = made(precursor="LiOH", lithium_excess=4.0)
    dry = made(precursor="Li2CO3", lithium_excess=0.0)
    assert (wet.lithium_excess, dry.lithium_excess) == (4, 0)
    moles = masses(wet)["LiOH*H2O"] / weight("LiOH*H2O")
    assert moles == pytest.approx(1.04 * 2 * masses(dry)["Li2CO3"] / weight("Li2CO3"), rel=1e-4)
    # A candidate from before the variable was there.
    with pytest.raises(RecipeError, match="has no precursor, which the recipe names"):
        made(lithium_excess=4.0)
    with pytest.raises(RecipeError, match="precursor='mud' is no precursor of Li"):
        made(lithium_excess=4.0, precursor="mud")


def test_a_batch_too_small_for_the_balance_is_told_with_a_larger_one():
    space = {
        "prototype": "layered",
        "sites": {"M": {"step": 0.01, "fractions": {"Ni": {}, "W": {"max": 0.02}}}},
    }
    spec = lab({"batch": 1, "balance": 0.001}, space)
    doped = candidate(M={"Ni": 0.99, "W": 0.01})
    assert recipe_for(doped, spec).warnings == ()
    small = recipe_for(doped, spec, batch=0.2)
    assert any("WO3 are less than 0.01 g" in words for words in small.warnings)
    assert any("rounding moves" in words for words in small.warnings)
    size = float(re.search(r"a batch of ([\d.]+) g has none of this", small.warnings[-1])[1])
    assert recipe_for(doped, spec, batch=size).warnings == ()
    coarse = lab({"batch": 100, "balance": 1000}, space)
    assert recipe_for(doped, coarse).warnings[-1] == "use a finer balance"


@pytest.mark.parametrize("batch", [0, -1, float("nan"), float("inf"), 1e9])
def test_a_batch_that_cannot_be_is_refused(batch):
    with pytest.raises(RecipeError, match="needs to be above 0 and at most 100000 g"):
        checked_batch(batch)


def test_without_a_recipe_or_a_composition_there_are_no_grams(small_spec):
    with pytest.raises(RecipeError, match=r"small has no recipe: add evaluator\.recipe"):
        recipe_for(NCM811, small_spec)
    row = Candidate("pool", (), (("name", "mp-1"),))
    with pytest.raises(RecipeError, match="rows of a pool have no recipe"):
        recipe_for(row, lab({}))


@pytest.mark.parametrize("name", ["ncm_process", "olivine_dopants"])
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_every_element_is_weighed_in_as_asked(name, seed):
    """What stays of the masses is the batch: counted anew, element by element."""
    spec, space = shipped(name)
    (made,) = space.candidates_at(space.sample(1, np.random.default_rng(seed)))
    recipe = recipe_for(made, spec)
    sites = {site: dict(fractions) for site, fractions in made.sites}
    host = {"layered": {"Li": 1, "M": 1, "O": 2}, "olivine": {"Li": 1, "M": 1, "P": 1, "O": 4}}
    asked = {}
    for site, count in host[made.prototype].items():
        for element, x in sites.get(site, {site: 1}).items():
            asked[element] = asked.get(element, 0) + float(x) * count
    asked.pop("vac", None)
    units = recipe.batch / sum(WEIGHTS[e] * x for e, x in asked.items())
    asked["Li"] *= 1 + recipe.lithium_excess / 100
    brought, slack = {}, {}
    for each in recipe.weighings:
        per_gram = each.purity / 100 / weight(each.precursor)
        assert abs(each.mass - each.exact) <= float(recipe.balance) / 2 + 1e-12
        for element, n in atoms(each.precursor).items():
            brought[element] = brought.get(element, 0) + each.mass * per_gram * n
            slack[element] = slack.get(element, 0) + float(recipe.balance) / 2 * per_gram * n
    assert set(brought) - {"H", "C", "N", "O"} == set(asked) - {"O"}
    for element in set(asked) - {"O"}:
        wanted = asked[element] * units
        # pymatgen's weights are older ones: zinc's differs by 0.04 %.
        assert brought[element] == pytest.approx(wanted, abs=slack[element] * 1.01 + 1e-3 * wanted)


def shipped(name, _known={}):  # noqa: B006 - read once
    if name not in _known:
        spec = load_spec(SHIPPED / f"{name}.yaml")
        _known[name] = (spec, SearchSpace.from_spec(spec.space))
    return _known[name]

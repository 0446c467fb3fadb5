import copy

import pytest
import yaml

from cathode.errors import SpecError
from cathode.ledger import campaigns
from cathode.ledger.tables import specs
from cathode.spec import CampaignSpec, parse_spec
from tests.helpers import layered

VARIABLES = {
    "precursor": {"kind": "categorical", "values": ["LiOH", "Li2CO3"]},
    "lithium_excess": {"kind": "stepped", "min": 0, "max": 8, "step": 1, "unit": "%"},
    "rate": {"kind": "ordered", "values": [1, 2, 5], "unit": "K/min"},
    "steps": {"kind": "ordered", "values": [1, 2]},
    "first": {"kind": "ordered", "values": [450, 500], "unit": "degC", "when": {"steps": 2}},
    "hours": {"kind": "continuous", "min": 4, "max": 20, "unit": "h"},
    "gas": {"kind": "categorical", "values": ["O2", "air"]},
}

RECIPE = {
    "batch": 5,
    "precursors": {"Ni": {"formula": "Ni(NO3)2", "hydrate": 6, "purity": 98}, "Mn": "MnCO3"},
    "programme": [
        {"ramp": "rate", "to": "first", "hold": 3, "when": {"steps": 2}},
        {"ramp": 2, "to": 750, "hold": "hours", "atmosphere": "gas"},
    ],
}


def content(recipe, **changes):
    space = copy.deepcopy(layered()["space"]) | {"variables": VARIABLES}
    return layered(evaluator={"kind": "lab", "recipe": recipe}, space=space) | changes


def changed(**changes):
    return content(RECIPE | changes)


def refused(found, *words):
    with pytest.raises(SpecError) as caught:
        parse_spec(found, "test")
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_a_recipe_survives_json_and_yaml():
    spec = parse_spec(content(RECIPE), "test")
    again = CampaignSpec.model_validate_json(spec.canonical())
    assert again == spec
    written = yaml.safe_dump(spec.model_dump(mode="json", exclude_defaults=True))
    assert parse_spec(yaml.safe_load(written), "test") == spec
    assert spec.evaluator.recipe.precursors["Ni"].text == "Ni(NO3)2*6H2O"


def test_a_campaign_from_before_there_were_recipes_looks_unchanged(sqlite_ledger):
    spec = parse_spec(layered(evaluator={"kind": "lab"}), "test")
    with sqlite_ledger.write() as connection:
        campaigns.register(connection, spec, "me")
        old = spec.model_dump(mode="json")
        del old["evaluator"]["recipe"]
        connection.execute(specs.update().values(content=old))
    with sqlite_ledger.write() as connection:
        assert campaigns.register(connection, spec, "me") == 0
        _, known = campaigns.latest_spec(connection, "small")
    assert known == spec
    assert known.digest() == spec.digest()


def test_defaults_come_from_variables_and_from_what_is_common():
    spec = parse_spec(content({}), "test")
    recipe, space = spec.evaluator.recipe, spec.space
    assert recipe.excess_in(space) == "lithium_excess"
    assert recipe.precursor_of("Li", space).variable == "precursor"
    assert recipe.precursor_of("Co", space).text == "Co3O4"
    plain = parse_spec(layered(evaluator={"kind": "lab", "recipe": {}}), "test")
    assert plain.evaluator.recipe.excess_in(plain.space) == 0
    assert plain.evaluator.recipe.precursor_of("Li", plain.space).text == "Li2CO3"
    assert plain.evaluator.recipe.precursor_of("Xe", plain.space) is None


def test_a_variable_of_other_words_chooses_no_lithium():
    space = layered()["space"] | {
        "variables": {"precursor": {"kind": "categorical", "values": ["wet", "dry"]}}
    }
    spec = parse_spec(layered(evaluator={"kind": "lab", "recipe": {}}, space=space), "test")
    assert spec.evaluator.recipe.precursor_of("Li", spec.space).text == "Li2CO3"


def test_every_element_needs_a_precursor():
    space = copy.deepcopy(layered()["space"])
    space["sites"]["M"]["fractions"]["Pd"] = {"max": 0.1}
    refused(
        content({}, space=space | {"variables": VARIABLES}),
        "evaluator.recipe.precursors.Pd: Pd of site M has no precursor",
        "add 'Pd: FORMULA'",
    )
    # What may not occur needs none.
    space["sites"]["M"]["fractions"]["Pd"] = {"max": 0}
    parse_spec(content({}, space=space | {"variables": VARIABLES}), "test")


@pytest.mark.parametrize(
    ("precursors", "words"),
    [
        ({"Ni": "MnCO3"}, ["precursors.Ni: MnCO3 has no Ni in it"]),
        ({"Ni": "NiSO4"}, ["NiSO4 brings S, which no site holds", "add S to leaves"]),
        ({"NI": "NiO"}, ["names 'NI', which is no element"]),
        ({"Ni": "nio"}, ["'nio' is no chemical formula"]),
        ({"Ni": {"formula": "NiO", "purity": 0}}, ["purity", "greater than 0"]),
        ({"Ni": {"formula": "NiO", "purity": 101}}, ["purity", "less than or equal to 100"]),
        ({"Co": {"formula": "NiCoO2"}, "Ni": {"formula": "NiCoO2", "purity": 90}}, ["one purity"]),
        ({"Li": {"variable": "route"}}, ["names 'route', which is no variable of the space"]),
        ({"Li": {"variable": "hours"}}, ["hours has values that are no words"]),
        ({"Li": {"variable": "gas"}}, ["precursors.Li: O2 has no Li in it"]),
        ({"Li": {"variable": "precursor", "choices": {"LiCl": "LiCl"}}}, ["names 'LiCl'"]),
    ],
)
def test_precursors_that_cannot_be_are_refused(precursors, words):
    refused(changed(precursors=precursors), *words)


def test_choices_that_are_no_formulas_need_a_meaning():
    variables = VARIABLES | {"precursor": {"kind": "categorical", "values": ["wet", "dry"]}}
    space = layered()["space"] | {"variables": variables}
    chosen = {"Li": {"variable": "precursor", "choices": {"wet": "LiOH*H2O"}}}
    refused(content({"precursors": chosen}, space=space), "precursor='dry' is no formula")
    chosen["Li"]["choices"]["dry"] = {"formula": "LiOH", "purity": 98}
    parse_spec(content({"precursors": chosen}, space=space), "test")


def test_what_leaves_cannot_be_on_a_site():
    refused(changed(leaves=["Ni"]), "Ni, which site M holds, is said to leave the furnace")
    refused(changed(leaves=["steam"]), "names 'steam', which is no element")
    parse_spec(changed(precursors={"Ni": "NiSO4*6H2O"}, leaves=["S"]), "test")


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"to": "first"}, ["first, which exists only where steps is 2", "when: {steps: 2}"]),
        ({"to": "first", "when": {"gas": "O2"}}, ["exists only where steps is 2"]),
        ({"to": "hours"}, ["programme.0.to: hours is given in 'h'", "use degC"]),
        ({"to": "frist"}, ["names 'frist', which is no variable", "first"]),
        ({"to": "gas"}, ["whose values are words"]),
        ({"to": 4000}, ["to=4000 degC: needs to be from 0 to 2500 degC"]),
        ({"ramp": 0}, ["ramp=0 degC/min: needs to be from 0.01"]),
        ({"hold": -1}, ["hold=-1 h"]),
        ({"when": {"steps": 3}}, ["steps is never 3"]),
        ({"when": {"stages": 2}}, ["names 'stages', which is no variable"]),
    ],
)
def test_furnace_steps_that_cannot_be_set_are_refused(step, words):
    refused(changed(programme=[{"ramp": 2, "to": 700, "hold": 3} | step]), *words)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"batch": 0}, ["batch", "greater than 0"]),
        ({"balance": "fine"}, ["balance", "'fine'"]),
        ({"lithium_excess": -1}, ["lithium_excess", "from 0 to 100"]),
        ({"lithium_excess": "excess"}, ["names 'excess', which is no variable"]),
        ({"lithium_excess": "hours"}, ["hours is given in 'h'", "use %"]),
        ({"furnace": []}, ["unknown key 'furnace'"]),
    ],
)
def test_other_mistakes_are_told(changes, words):
    refused(changed(**changes), *words)


def test_the_rows_of_a_pool_have_no_recipe():
    space = {"table": "pool.csv", "name": "name", "coordinates": ["x"]}
    refused(layered(evaluator={"kind": "lab", "recipe": {}}, space=space), "rows of a pool")


def test_a_cheaper_lab_may_have_a_recipe_of_its_own():
    cheaper = {"small": {"cost": 0.1, "evaluator": {"kind": "lab", "recipe": {"batch": 0.5}}}}
    found = content({}, cheaper=cheaper, surrogates=[{"kind": "gp"}])
    assert parse_spec(found, "test").cheaper["small"].evaluator.recipe.batch == 0.5
    cheaper["small"]["evaluator"]["recipe"]["precursors"] = {"Ni": "MnCO3"}
    refused(found, "cheaper.small.evaluator.recipe.precursors.Ni")

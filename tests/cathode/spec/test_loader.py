from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cathode.errors import SpecError
from cathode.settings import REPOSITORY
from cathode.spec import CampaignSpec, load_spec, parse_spec
from cathode.spec.base import to_fraction, to_text
from tests.helpers import layered


def changed(path: str, value: object) -> dict:
    """The small campaign with one key, given by a dotted path, set or (with ...) taken away."""
    content = yaml.safe_load(yaml.safe_dump(layered()))
    *parents, last = path.split(".")
    inner = content
    for key in parents:
        inner = inner[int(key)] if isinstance(inner, list) else inner[key]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return content


@pytest.mark.parametrize(
    "path", sorted((REPOSITORY / "campaigns").glob("*.yaml")), ids=lambda p: p.stem
)
def test_shipped_campaigns_load(path):
    load_spec(path)


def test_a_spec_survives_json_unchanged():
    spec = parse_spec(layered(), "test")
    again = CampaignSpec.model_validate_json(spec.canonical())
    assert again == spec
    assert again.digest() == spec.digest()


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        pytest.param("batches", 3, ["unknown key 'batches'", "did you mean 'batch'"], id="unknown"),
        pytest.param("space.sites.M.stepp", 1, ["space.sites.M", "'step'"], id="unknown inner"),
        pytest.param("name", "Small Campaign", ["name", '"Small Campaign"'], id="name"),
        pytest.param("name", "../../etc", ["name"], id="path as name"),
        pytest.param("budget", ..., ["budget", "required"], id="missing"),
        pytest.param("initial", -1, ["initial", "greater than or equal to 0"], id="range"),
        pytest.param("seed", "one", ["seed", '"one"'], id="type"),
        pytest.param("evaluator.kind", "vasp", ["evaluator", "'chgnet'", "'table'"], id="kind"),
        pytest.param("space.sites.M.step", "a tenth", ["step", "'a tenth'"], id="step"),
        pytest.param("space.sites.M.step", float("nan"), ["step"], id="nan"),
        pytest.param(
            "objectives.0.property",
            "specific_enrgy",
            ["specific_enrgy", "specific_energy"],
            id="property",
        ),
        pytest.param(
            "constraints.0.property", "Co", ["'Co'", "space.sites"], id="element as property"
        ),
        pytest.param("constraints.0.min", 9, ["min=9", "max=6"], id="empty constraint"),
        pytest.param("objectives.0.goal", "target", ["target"], id="target without value"),
        pytest.param(
            "objectives", [{"property": "specific_energy"}] * 2, ["listed twice"], id="twice"
        ),
        pytest.param("surrogates", [{"kind": "gp"}] * 2, ["listed twice"], id="surrogate twice"),
    ],
)
def test_a_wrong_key_is_named_in_one_sentence(path, value, words):
    with pytest.raises(SpecError) as caught:
        parse_spec(changed(path, value), "small.yaml")
    message = str(caught.value)
    assert message.startswith("small.yaml: ")
    assert "\n" not in message
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("name: a\nname: b\n", ["line 2", "given twice"], id="repeated key"),
        pytest.param("name: [a", ["not readable as YAML"], id="broken"),
        pytest.param("- a\n", ["a mapping of keys, not list"], id="list"),
        pytest.param("", ["the file is empty"], id="empty"),
        pytest.param("? {a: 1}\n: 2\n", ["not readable"], id="mapping as key"),
        pytest.param("!!python/object/apply:os.getcwd []", ["not readable"], id="python object"),
    ],
)
def test_unreadable_files_are_refused(tmp_path, text, words):
    path = tmp_path / "spec.yaml"
    path.write_text(text)
    with pytest.raises(SpecError) as caught:
        load_spec(path)
    for word in words:
        assert word in str(caught.value)


def test_a_missing_file_is_named():
    with pytest.raises(SpecError, match=r"no/such\.yaml"):
        load_spec(Path("no/such.yaml"))


def test_words_that_old_yaml_takes_for_booleans_stay_elements(tmp_path):
    path = tmp_path / "spec.yaml"
    path.write_text(yaml.safe_dump(layered()).replace("Mn:", "No:").replace("Co:", "Y:"))
    assert set(load_spec(path).space.sites["M"].fractions) == {"Ni", "No", "Y"}


def test_a_table_is_found_beside_its_spec(write_campaign):
    path = write_campaign()
    spec = load_spec(path)
    assert spec.evaluator.path == path.parent / "table.csv"


@given(st.fractions(0, 1, max_denominator=400))
def test_fractions_survive_being_written(value):
    assert to_fraction(to_text(value)) == value


@pytest.mark.parametrize("value", [True, None, [1], "1/0", "nan", "inf"])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ValueError, match="is not a number"):
        to_fraction(value)


def test_decimals_mean_what_they_say():
    assert to_fraction(0.1) * 10 == 1
    assert to_fraction("1/12") * 12 == 1


def test_profiles_fill_in_what_is_not_said():
    quick, full = (
        parse_spec(layered(evaluator={"kind": "chgnet", "profile": p}), "x").evaluator
        for p in ("quick", "full")
    )
    assert (quick.mixing_sites, full.mixing_sites) == (10, 20)
    own = parse_spec(layered(evaluator={"kind": "chgnet", "profile": "full", "fmax": 0.2}), "x")
    assert (own.evaluator.fmax, own.evaluator.mixing_sites) == (0.2, 20)


def test_of_several_faults_one_is_explained_and_the_others_placed():
    with pytest.raises(SpecError) as caught:
        parse_spec(layered(batch=0, seed="one", initial="six"), "x")
    message = str(caught.value)
    places = ("initial", "batch", "seed")
    first = next(place for place in places if message.startswith(f"x: {place}: "))
    for place in set(places) - {first}:
        assert place in message.split("also wrong: ")[1]


def test_a_list_is_not_called_too_short_for_a_wrong_entry():
    with pytest.raises(SpecError) as caught:
        parse_spec(layered(objectives=[{"property": "specific_energy", "goal": "maximum"}]), "x")
    assert "input should be 'max', 'min' or 'target'" in str(caught.value)
    assert "also wrong" not in str(caught.value)


def test_an_empty_list_says_how_many_are_needed():
    with pytest.raises(SpecError, match=r"surrogates: needs at least 1, has 0"):
        parse_spec(layered(surrogates=[]), "x")


def test_a_wanted_share_needs_one_objective_and_no_constraint():
    proposer = {"kind": "bayesian", "share": 0.1}
    one = {"objectives": [{"property": "specific_energy"}], "constraints": []}
    assert parse_spec(layered(proposer=proposer, **one), "x").proposer.share == 0.1
    bound = {"constraints": [{"property": "volume_change", "min": -6}]}
    with pytest.raises(SpecError, match=r"proposer\.share=0\.1: needs a single objective"):
        parse_spec(layered(proposer=proposer, **(one | bound)), "x")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("failed", "may not be called 'failed'"),
        ("average_voltage", "'average_voltage' is a variable of the space and a property"),
        ("Time", "variables.Time"),
    ],
)
def test_names_of_variables_leave_tables_clear(name, words):
    variable = {"kind": "ordered", "values": [1, 2]}
    space = layered()["space"] | {"variables": {name: variable}}
    with pytest.raises(SpecError, match=words):
        parse_spec(layered(space=space), "test")


@pytest.mark.parametrize(
    ("acquisition", "changes", "words"),
    [
        ("ucb", {}, "'ucb' knows no constraints"),
        ("thompson", {}, "'thompson' knows no constraints"),
        (
            "log_ei",
            {"objectives": [{"property": "specific_energy", "goal": "target", "target": 800}]},
            "'log_ei' knows no goal: target",
        ),
        (
            "ucb",
            {"objectives": [{"property": "specific_energy"}, {"property": "volume_change"}]},
            "'ucb' knows no second objective",
        ),
    ],
)
def test_an_acquisition_that_cannot_do_it_is_found_before_the_lab_works(
    acquisition, changes, words
):
    proposer = {"kind": "bayesian", "acquisition": acquisition}
    with pytest.raises(SpecError, match=words):
        parse_spec(layered(proposer=proposer, **changes), "test")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"step": 7}, "step=7 does not lead from min=700, max=900"),
        ({"min": 900}, "min=900, max=900: needs min < max"),
        ({"when": {"a": 1, "b": 2}}, "when"),
        ({"unit": 3}, "unit"),
    ],
)
def test_variables_that_cannot_be_are_named(changes, words):
    variable = {"kind": "stepped", "min": 700, "max": 900, "step": 10} | changes
    space = layered()["space"] | {"variables": {"temperature": variable}}
    with pytest.raises(SpecError, match=words):
        parse_spec(layered(space=space), "test")

import subprocess
import sys
from fractions import Fraction

import pytest

from agents.evaluators.cache import ContentCache
from agents.evaluators.chgnet.evaluator import ChgnetEvaluator
from cathode.errors import SpecError
from cathode.model import Candidate, Status
from cathode.settings import REPOSITORY
from cathode.space import SearchSpace
from cathode.spec import ChgnetSpec, SpaceSpec
from tests.contracts.evaluator import EvaluatorContract

F = Fraction


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return ContentCache(tmp_path_factory.mktemp("cache"))


def evaluator(cache, **settings):
    fields = {"mixing_sites": 2, "orderings": 2, "relaxed": 1, "lithium_left": "0.5", "fmax": 0.2}
    return ChgnetEvaluator(ChgnetSpec(kind="chgnet", **(fields | settings)), cache)


def space(prototype="layered", step="1/2", **fractions):
    fractions = fractions or {"Co": {}, "Ni": {}}
    content = {"prototype": prototype, "sites": {"M": {"step": step, "fractions": fractions}}}
    return SearchSpace.from_spec(SpaceSpec.model_validate(content))


def candidate(prototype="layered", **fractions):
    return Candidate.of(prototype, {"M": {e: F(x) for e, x in fractions.items()}})


def values(found):
    return {m.property: m.value for m in found}


class TestChgnet(EvaluatorContract):
    @pytest.fixture
    def evaluator(self, cache):
        return evaluator(cache)

    @pytest.fixture
    def space(self):
        return space()

    @pytest.fixture
    def candidate(self):
        return candidate(Co="1/2", Ni="1/2")


def test_figures_of_licoo2_are_those_of_a_cathode(cache):
    found = values(evaluator(cache).evaluate(candidate(Co=1)))
    assert 3.0 < found["average_voltage"] < 4.5
    assert found["gravimetric_capacity"] == pytest.approx(273.8 / 2, abs=0.1)  # half the lithium
    density = found["volumetric_capacity"] / found["gravimetric_capacity"]  # kg/L
    assert density == pytest.approx(5.05, rel=0.05)
    assert found["specific_energy"] == pytest.approx(
        found["average_voltage"] * found["gravimetric_capacity"]
    )
    assert -10 < found["volume_change"] < 10
    assert found["mixing_energy"] == pytest.approx(0, abs=2e-3), "an end member mixes with nothing"


@pytest.mark.parametrize(
    ("prototype", "element", "sites", "low", "high"),
    [
        pytest.param("spinel", "Mn", 4, 3.2, 4.6, id="LiMn2O4"),
        pytest.param("olivine", "Fe", 4, 2.7, 3.8, id="LiFePO4", marks=pytest.mark.slow),
    ],
)
def test_other_prototypes_answer_too(cache, prototype, element, sites, low, high):
    own = evaluator(cache, mixing_sites=sites, lithium_left=0)
    found = own.evaluate(candidate(prototype, **{element: 1}))
    assert {m.status for m in found} == {Status.OK}
    assert low < values(found)["average_voltage"] < high


def test_mixing_energy_is_counted_from_the_end_members(cache):
    own = evaluator(cache)
    mixed, cobalt, nickel = (
        values(own.evaluate(candidate(**f)))
        for f in ({"Co": "1/2", "Ni": "1/2"}, {"Co": 1}, {"Ni": 1})
    )
    by_hand = mixed["energy_per_atom"] - (cobalt["energy_per_atom"] + nickel["energy_per_atom"]) / 2
    # Both ends are relaxed to different tolerances here and there: 5 meV/atom is that, not physics.
    assert mixed["mixing_energy"] == pytest.approx(by_hand, abs=5e-3)


def test_what_cannot_be_relaxed_fails_with_its_cause_and_the_rest_stands(cache):
    found = evaluator(cache, max_steps=1, fmax=1e-4).evaluate(candidate(Co="1/2", Ni="1/2"))
    assert {m.status for m in found} == {Status.FAILED}
    assert {m.cause for m in found} == {"unconverged"}
    assert all(m.detail.startswith("discharged cell: ") for m in found)


def test_a_charged_cell_that_fails_leaves_what_the_discharged_one_tells(cache, monkeypatch):
    from cathode.errors import EvaluationError

    own = evaluator(cache)

    def explode(*_):
        raise EvaluationError("exploded", "the cell's volume became 1.40 times what it was")

    monkeypatch.setattr(own, "_charged", explode)
    found = {m.property: m for m in own.evaluate(candidate(Co="1/2", Ni="1/2"))}
    for name in ("energy_per_atom", "mixing_energy", "magnetic_moment"):
        assert found[name].status is Status.OK
    for name in ("average_voltage", "specific_energy", "volume_change"):
        assert found[name].cause == "exploded"
        assert "charged cell" in found[name].detail


def test_conditions_tell_how_it_was_computed(cache):
    conditions = evaluator(cache).evaluate(candidate(Co="1/2", Ni="1/2"))[0].conditions
    assert conditions["formula"] == "LiCo0.5Ni0.5O2"
    assert conditions["lithium_left"] == "1/2"
    assert conditions["fmax_eV_per_angstrom"] == 0.2
    assert set(conditions["moments_muB"]) == {"Co", "Ni"}
    assert conditions["discharged_steps"] > 0


def test_lithium_left_is_the_prototypes_own_unless_stated(cache):
    own = ChgnetEvaluator(ChgnetSpec(kind="chgnet"), cache)
    own.check(space(step="1/10"))
    assert own.spec.lithium_left is None


@pytest.mark.parametrize(
    ("settings", "where", "words"),
    [
        pytest.param({"mixing_sites": 3}, space(step="1/2"), "step 1/2 does not fit", id="step"),
        pytest.param({"mixing_sites": 6}, space("spinel", "1/2"), "multiple of 4", id="cell"),
        pytest.param(
            {"lithium_left": "0.3"}, space(), "lithium_left=3/10 of 2 lithium", id="lithium"
        ),
        pytest.param({}, space(Co={}, Am={}), "CHGNet does not know Am", id="americium"),
        pytest.param({}, space(Co={}, Li={}), "Li on site M is also part", id="lithium on M"),
    ],
)
def test_spaces_it_cannot_answer_for_are_refused(cache, settings, where, words):
    with pytest.raises(SpecError, match=words):
        evaluator(cache, **settings).check(where)


def test_building_and_checking_load_neither_torch_nor_the_potential():
    code = (
        "import sys; from pathlib import Path; from tests.agents.evaluators.chgnet.test_evaluator "
        "import *; evaluator(ContentCache(Path('x'))).check(space()); "
        "print(sorted({'torch', 'chgnet'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY
    )
    assert done.stdout.strip() == "[]"


def test_the_answer_comes_from_the_cache_the_second_time(cache, monkeypatch):
    evaluator(cache).evaluate(candidate(Co="1/2", Ni="1/2"))
    fresh = evaluator(cache)
    monkeypatch.setattr(
        type(fresh.calculations), "_potential", property(lambda _: pytest.fail("computed again"))
    )
    assert values(fresh.evaluate(candidate(Co="1/2", Ni="1/2")))

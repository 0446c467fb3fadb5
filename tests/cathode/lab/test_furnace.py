import pytest

from cathode.errors import RecipeError
from cathode.lab.furnace import in_hours, programme_of
from cathode.model import Candidate
from cathode.spec import RecipeSpec

RECIPE = RecipeSpec.model_validate(
    {
        "programme": [
            {"ramp": "rate", "to": "first", "hold": "soak", "when": {"steps": [2, 3]}},
            {"ramp": 2, "to": 750, "hold": 12, "atmosphere": "gas"},
            {"ramp": 5, "to": 400, "atmosphere": "O2"},
            {"ramp": 5, "to": 400, "hold": 0.5},
        ]
    }
)
UNITS = {"rate": "degC/h", "first": "K", "soak": "min"}


def steps(**conditions):
    return programme_of(Candidate.of("layered", {}, conditions), RECIPE, UNITS)


def test_numbers_are_the_candidates_own_in_the_units_of_the_furnace():
    first, *_ = steps(steps=2.0, rate=120.0, first=773.15, soak=90.0, gas="air")
    assert (first.start, first.to, first.ramp, first.hold) == (25, 500, 2, 1.5)
    assert first.words == "heat to 500 °C at 2 °C/min (3 h 58 min), hold 1 h 30 min"
    assert first.hours == pytest.approx(475 / 2 / 60 + 1.5)


def test_a_step_is_made_only_where_it_is_due():
    heat, cool, stay = steps(steps=1.0, gas="N2")
    assert heat.words == "heat to 750 °C at 2 °C/min (6 h 3 min), hold 12 h, in N2"
    assert cool.words == "cool to 400 °C at 5 °C/min (1 h 10 min), in O2"
    assert stay.words == "stay at 400 °C, hold 30 min"


def test_a_candidate_without_a_variable_has_no_programme():
    with pytest.raises(RecipeError, match="has no soak, which the recipe names: it has"):
        steps(steps=2.0, rate=120.0, first=773.15, gas="air")


@pytest.mark.parametrize(
    ("hours", "words"),
    [(0, "0 min"), (0.5, "30 min"), (3, "3 h"), (3.958, "3 h 57 min"), (0.9999, "1 h")],
)
def test_times_in_words(hours, words):
    assert in_hours(hours) == words

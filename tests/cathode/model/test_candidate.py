import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cathode.model import Candidate

F = Fraction


@st.composite
def recipes(draw):
    elements = draw(
        st.lists(st.sampled_from(["Ni", "Mn", "Co", "Al", "Ti"]), min_size=1, unique=True)
    )
    parts = draw(st.lists(st.integers(1, 50), min_size=len(elements), max_size=len(elements)))
    return {e: F(n, sum(parts)) for e, n in zip(elements, parts, strict=True)}


@given(recipes())
def test_content_survives_json(fractions):
    candidate = Candidate.of("layered", {"M": fractions}, {"temperature": 850.0})
    again = Candidate.from_content(json.loads(json.dumps(candidate.content())))
    assert again == candidate
    assert again.id == candidate.id


@given(recipes(), st.randoms())
def test_id_does_not_depend_on_how_it_is_written(fractions, random):
    items = list(fractions.items())
    random.shuffle(items)
    zero = {"Fe": F(0)}
    assert (
        Candidate.of("layered", {"M": dict(items) | zero}).id
        == Candidate.of("layered", {"M": fractions}).id
    )


def test_everything_that_makes_a_candidate_changes_its_id():
    base = Candidate.of("layered", {"M": {"Ni": F(1, 2), "Mn": F(1, 2)}})
    others = [
        Candidate.of("spinel", {"M": {"Ni": F(1, 2), "Mn": F(1, 2)}}),
        Candidate.of("layered", {"M": {"Ni": F(2, 5), "Mn": F(3, 5)}}),
        Candidate.of("layered", {"M": {"Ni": F(1, 2), "Mn": F(1, 2)}}, {"temperature": 800.0}),
    ]
    assert len({base.id, *(other.id for other in others)}) == 4
    assert base.id.startswith("c-")
    assert len(base.id) == 12


@pytest.mark.parametrize(
    "fractions",
    [
        pytest.param({"Ni": F(1, 2)}, id="short of one"),
        pytest.param({"Ni": F(3, 2), "Mn": F(-1, 2)}, id="negative"),
        pytest.param({"Ni": F(99999999, 100000000)}, id="nearly one"),
    ],
)
def test_fractions_that_are_no_recipe_are_refused(fractions):
    with pytest.raises(ValueError, match="sum one"):
        Candidate.of("layered", {"M": fractions})

import json

import pytest

from cathode.space import SearchSpace
from cathode.space.describe import describe
from cathode.spec import SpaceSpec


def space_of(**changes):
    content = {
        "prototype": "layered",
        "sites": {"M": {"step": 0.1, "fractions": {"Ni": {}, "Mn": {}, "Co": {"max": 0.4}}}},
    }
    return SearchSpace.from_spec(SpaceSpec.model_validate(content | changes))


def test_small_spaces_are_counted():
    rules = [
        {"kind": "linear", "terms": {"Co": 1}, "max": 0.2},
        {"kind": "linear", "terms": {"Ni": 1}, "max": 1},
    ]
    found = describe(space_of(constraints=rules), sample=4, seed=1)
    assert found.exact
    assert found.size == 11 + 10 + 9
    assert found.without_rules == 11 + 10 + 9 + 8 + 7
    assert found.rules[0].refused == pytest.approx(1 / 3, abs=0.02)
    assert found.rules[1].refused == 0
    assert found.rules[0].refused_alone == found.rules[0].refused
    assert found.rules[1].refused_alone == 0
    assert len(found.sample) == 4
    assert json.loads(json.dumps(found.as_dict()))["sample"][0]["id"].startswith("c-")


def test_large_spaces_are_estimated_before_anything_is_built():
    times = {"kind": "continuous", "min": 0, "max": 1, "unit": "h"}
    rules = [{"kind": "linear", "terms": {"a": 1, "b": 1}, "max": 0.5}]
    found = describe(
        space_of(variables={"a": times, "b": times}, constraints=rules), sample=0, seed=0
    )
    assert not found.exact
    # An eighth of a square is below the line through its middle edges.
    assert found.size == pytest.approx(found.without_rules / 8, rel=0.05)
    assert abs(found.size - found.without_rules / 8) < 4 * found.spread
    assert found.parts == {"recipes of site M": 45, "values of a": 1001, "values of b": 1001}

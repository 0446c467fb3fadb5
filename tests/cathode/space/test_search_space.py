from fractions import Fraction

import numpy as np
import pytest

from cathode.errors import SpaceError, SpecError
from cathode.model import Candidate
from cathode.space import SearchSpace
from cathode.spec import SpaceSpec

F = Fraction

PROCESS = {
    "prototype": ["layered", "spinel"],
    "sites": {
        "M": {"step": 0.1, "fractions": {"Ni": {"min": 0.5}, "Mn": {}, "Mg": {"max": 0.1}}},
        "Li": {"step": 0.05, "fractions": {"Li": {"min": 0.9}, "Mg": {"max": 0.1}}},
    },
    "variables": {
        "temperature": {"kind": "stepped", "min": 700, "max": 900, "step": 25, "unit": "degC"},
        "time": {"kind": "continuous", "min": 5, "max": 20, "unit": "h"},
        "steps": {"kind": "ordered", "values": [1, 2]},
        "second_temperature": {
            "kind": "stepped",
            "min": 600,
            "max": 800,
            "step": 50,
            "unit": "degC",
            "when": {"steps": 2},
        },
        "atmosphere": {"kind": "categorical", "values": ["air", "O2"]},
    },
}


def space_of(**changes):
    return SearchSpace.from_spec(SpaceSpec.model_validate(PROCESS | changes))


@pytest.fixture(scope="module")
def process():
    return space_of()


def test_coordinates_and_candidates_go_back_and_forth(small_space):
    every = list(small_space)
    X = small_space.encode(every)
    assert X.shape == (small_space.size, 3)
    np.testing.assert_allclose(X.sum(axis=1), 1)
    assert small_space.candidates_at(small_space.points_of(every)) == every
    assert len({candidate.id for candidate in every}) == small_space.size


def test_order_of_elements_in_the_spec_does_not_matter():
    one, other = (
        SearchSpace.from_spec(
            SpaceSpec.model_validate(
                {"prototype": "layered", "sites": {"M": {"step": 0.5, "fractions": dict(order)}}}
            )
        )
        for order in ([("Ni", {}), ("Co", {})], [("Co", {}), ("Ni", {})])
    )
    assert list(one) == list(other)
    assert one.elements == ("Co", "Ni")


def test_membership(small_space):
    inside = Candidate.of("layered", {"M": {"Ni": F(7, 10), "Mn": F(3, 10)}})
    outside = [
        Candidate.of("layered", {"M": {"Ni": F(1, 10), "Mn": F(9, 10)}}),  # bounds
        Candidate.of("layered", {"M": {"Ni": F(2, 3), "Mn": F(1, 3)}}),  # step
        Candidate.of("layered", {"M": {"Ni": F(1, 2), "Fe": F(1, 2)}}),  # element
        Candidate.of("spinel", {"M": {"Ni": F(1)}}),  # prototype
        Candidate.of("layered", {"M": {"Ni": F(1)}}, {"time": 3.0}),  # condition
    ]
    assert inside in small_space
    assert all(candidate not in small_space for candidate in outside)
    assert "c-abc" not in small_space
    # Coordinates exist for what is made of the space's elements, asked for or not.
    np.testing.assert_allclose(small_space.encode(outside[:2])[:, 1], [0.9, 1 / 3])
    for stranger in outside[2:]:
        assert not small_space.has_coordinates(stranger)
        with pytest.raises(SpaceError, match="layered of Co, Mn, Ni"):
            small_space.encode([stranger])


def test_sobol_continues_where_it_stopped(small_space):
    whole = small_space.sobol(24, seed=5)
    parts = [small_space.sobol(9, seed=5), small_space.sobol(15, seed=5, skip=9)]
    assert np.array_equal(whole, np.concatenate(parts))
    assert not np.array_equal(whole, small_space.sobol(24, seed=6))
    assert small_space.keeps(whole).all()


def test_sobol_spreads_more_evenly_than_chance(small_space):
    every = small_space.encode(list(small_space))

    def gap(points):
        X = small_space.coordinates_of(points)
        return np.linalg.norm(every[:, None] - X[None], axis=2).min(axis=1).mean()

    rng = np.random.default_rng(0)
    chance = np.mean([gap(small_space.sample(12, rng)) for _ in range(40)])
    design = np.mean([gap(small_space.sobol(12, seed)) for seed in range(40)])
    assert design < 0.95 * chance


def test_sampling_is_reproducible(small_space):
    draws = [small_space.sample(20, np.random.default_rng(1)) for _ in range(2)]
    assert np.array_equal(*draws)


def test_a_process_space_is_counted_and_coded_both_ways(process):
    # 2 hosts, recipes of Ni >= 0.5 (11 of Ni, Mn, Mg), 3 of Li, 9 temperatures, 1501 times,
    # one step or two with 5 second temperatures, 2 atmospheres.
    assert {v.name: v.values[:2] for v in process.variables.every}["time"] == (5.0, 5.01)
    assert process.size == 2 * 11 * 3 * 9 * 1501 * (1 + 5) * 2
    assert process.coordinates == (
        *("Li.Mg", "M.Mg", "Mn", "Ni")[1:],
        *("Li", "Li.Mg"),
        *("prototype=layered", "prototype=spinel"),
        *("temperature", "time", "steps"),
        *("atmosphere=air", "atmosphere=O2", "second_temperature"),
    )
    points = process.sample(300, np.random.default_rng(0))
    candidates = process.candidates_at(points)
    np.testing.assert_allclose(process.encode(candidates), process.coordinates_of(points))
    assert np.array_equal(process.points_of(candidates), points)
    assert {c.prototype for c in candidates} == {"layered", "spinel"}
    for candidate in candidates:
        given = dict(candidate.conditions)
        assert ("second_temperature" in given) == (given["steps"] == 2)
        assert "prototype" not in given
        assert sum(candidate.on_site("Li").values()) == 1


def test_conditional_variables_are_drawn_as_often_as_they_have_candidates(process):
    points = process.sample(6000, np.random.default_rng(1))
    share = np.mean([dict(c.conditions)["steps"] == 2 for c in process.candidates_at(points)])
    assert share == pytest.approx(5 / 6, abs=0.02)


def test_a_design_sees_every_level_as_often_whatever_depends_on_it(process):
    steps = [dict(c.conditions)["steps"] for c in process.candidates_at(process.sobol(64, seed=0))]
    assert 24 <= steps.count(1) <= 40


def test_values_without_end_are_refused():
    huge = {"kind": "stepped", "min": 8, "max": 1e300, "step": 2}
    with pytest.raises(SpaceError, match="step=2 makes .* 10,000 are the most"):
        space_of(variables={"time": huge})
    with pytest.raises(SpaceError, match=r"sites.M.step=1e-09"):
        space_of(sites={"M": {"step": 1e-9, "fractions": {"Ni": {}}}})


def test_neighbours_are_allowed_and_reach_all_parts(process):
    rng = np.random.default_rng(0)
    (point,) = process.sample(1, rng)
    around = process.neighbours(point, rng)
    assert process.keeps(around).all()
    assert not (around == point).all(axis=1).any()
    assert len(np.unique(around, axis=0)) == len(around)
    differ = (around != point).any(axis=0)
    assert differ.all()


def test_continuous_variables_are_set_to_what_can_be_set(process):
    (point,) = process.sample(1, np.random.default_rng(0))
    x = process.coordinates_of(point[None])[0]
    x[process.coordinates.index("time")] = 7.0149
    (after,) = process.candidates_at(process.set_to(point, x))
    assert dict(after.conditions)["time"] == 7.01


def test_a_variable_may_depend_on_the_prototype():
    variables = {
        "anneal": {
            "kind": "stepped",
            "min": 1,
            "max": 3,
            "step": 1,
            "unit": "h",
            "when": {"prototype": "spinel"},
        }
    }
    space = space_of(variables=variables)
    assert space.size == 11 * 3 * (1 + 3)
    for candidate in space:
        assert (candidate.prototype == "spinel") == (len(candidate.conditions) == 1)


def test_listing_is_complete_and_refused_where_it_is_long(process):
    small = space_of(variables={"steps": {"kind": "ordered", "values": [1, 2]}})
    assert len(small.every(1000)) == small.size == 2 * 11 * 3 * 2
    assert len({c.id for c in small}) == small.size
    assert process.every(1000) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"prototype": "perovskite"}, "known are layered, spinel, olivine", id="host"),
        pytest.param(
            {"sites": {"A": {"step": 1, "fractions": {"Ni": {}}}}}, "no mixing site 'A'", id="site"
        ),
        pytest.param(
            {"sites": {"Li": {"step": 1, "fractions": {"Li": {}}}}}, "site M .* open", id="no metal"
        ),
        pytest.param(
            {"variables": {"a": {"kind": "ordered", "values": [1, 2], "when": {"b": 1}}}},
            "names 'b'.*known are prototype, a",
            id="unknown parent",
        ),
        pytest.param(
            {
                "variables": {
                    "a": {"kind": "ordered", "values": [1, 2], "when": {"b": 1}},
                    "b": {"kind": "ordered", "values": [1, 2], "when": {"a": 1}},
                }
            },
            "depends on it",
            id="circle",
        ),
        pytest.param(
            {
                "variables": {
                    "b": {"kind": "ordered", "values": [1, 2]},
                    "a": {"kind": "ordered", "values": [1, 2], "when": {"b": 3}},
                }
            },
            "b is never 3: its values are 1, 2",
            id="value of the parent",
        ),
    ],
)
def test_what_cannot_be_is_refused(changes, words):
    with pytest.raises(SpecError, match=words):
        space_of(**changes)

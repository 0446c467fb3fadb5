from fractions import Fraction

import numpy as np
import pytest

from cathode.errors import SpaceError, SpecError
from cathode.model import Candidate
from cathode.space import SearchSpace
from cathode.spec import SpaceSpec

F = Fraction


def test_coordinates_and_candidates_go_back_and_forth(small_space):
    every = list(small_space)
    X = small_space.encode(every)
    assert X.shape == (small_space.size, 3)
    np.testing.assert_allclose(X.sum(axis=1), 1)
    assert small_space.round(X) == every
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
    assert one == other
    assert one.elements == ("Co", "Ni")


def test_membership(small_space):
    inside = Candidate.of("layered", {"M": {"Ni": F(7, 10), "Mn": F(3, 10)}})
    outside = [
        Candidate.of("layered", {"M": {"Ni": F(1, 10), "Mn": F(9, 10)}}),  # bounds
        Candidate.of("layered", {"M": {"Ni": F(2, 3), "Mn": F(1, 3)}}),  # step
        Candidate.of("layered", {"M": {"Ni": F(1, 2), "Fe": F(1, 2)}}),  # element
        Candidate.of("spinel", {"M": {"Ni": F(1)}}),  # prototype
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
    with pytest.raises(SpaceError, match="no neighbours"):
        small_space.neighbours(outside[1])


def test_sobol_continues_where_it_stopped(small_space):
    whole = small_space.sobol(24, seed=5)
    assert whole == [*small_space.sobol(9, seed=5), *small_space.sobol(15, seed=5, skip=9)]
    assert whole != small_space.sobol(24, seed=6)
    assert all(candidate in small_space for candidate in whole)


def test_sobol_spreads_more_evenly_than_chance(small_space):
    every = small_space.encode(list(small_space))

    def gap(candidates):
        X = small_space.encode(candidates)
        return np.linalg.norm(every[:, None] - X[None], axis=2).min(axis=1).mean()

    rng = np.random.default_rng(0)
    chance = np.mean([gap(small_space.sample(12, rng)) for _ in range(40)])
    design = np.mean([gap(small_space.sobol(12, seed)) for seed in range(40)])
    assert design < 0.95 * chance


def test_sampling_is_reproducible(small_space):
    draws = [small_space.sample(20, np.random.default_rng(1)) for _ in range(2)]
    assert draws[0] == draws[1]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        pytest.param({"prototype": "perovskite"}, "known are layered, spinel, olivine", id="host"),
        pytest.param(
            {"sites": {"A": {"step": 1, "fractions": {"Ni": {}}}}}, "no mixing site 'A'", id="site"
        ),
    ],
)
def test_unknown_hosts_and_sites_are_refused(spec, words):
    whole = {"prototype": "layered", "sites": {"M": {"step": 1, "fractions": {"Ni": {}}}}} | spec
    with pytest.raises(SpecError, match=words):
        SearchSpace.from_spec(SpaceSpec.model_validate(whole))

"""The benchmark of numbers beside categories measures what it says."""

import numpy as np
import pytest

from benchmarks.mixed import BINDERS, ROUTES, SPACE, WORLDS, scores
from cathode.space import SearchSpace
from cathode.spec import SpaceSpec


@pytest.fixture(scope="module")
def space():
    return SearchSpace.from_spec(SpaceSpec.model_validate(SPACE))


def test_its_columns_are_those_of_the_space(space):
    columns = np.arange(len(space.coordinates))
    assert space.categories == (tuple(columns[ROUTES]), tuple(columns[BINDERS]))


@pytest.mark.parametrize("world", WORLDS)
def test_values_depend_on_numbers_and_categories(space, world):
    X = space.coordinates_of(space.sample(50, np.random.default_rng(0)))
    for columns in (slice(0, 5), ROUTES, BINDERS):
        moved = X.copy()
        moved[:, columns] = np.roll(X[:, columns], 1, axis=1)
        before, after = (WORLDS[world](each, np.random.default_rng(1)) for each in (X, moved))
        assert np.abs(before - after).max() > 0.1


def test_what_is_known_of_categories_pays(space):
    known, alone = (
        np.mean([scores("adding", 30, seed, method, space)[0] for seed in range(3)])
        for method in ("cathode", "one-hot columns")
    )
    assert known < 0.7 * alone

import numpy as np
import pytest

from cathode.errors import SpaceError
from cathode.model import Candidate
from cathode.space import PoolSpace

X = np.array([[x, y] for x in (10.0, 20.0, 30.0) for y in (0.1, 0.2, 0.3, 0.4)])


@pytest.fixture
def pool():
    return PoolSpace.of_rows(("temperature", "time"), X)


def test_candidates_keep_their_numbers_and_their_places(pool):
    assert pool.size == 12
    assert dict(list(pool)[5].conditions) == {"temperature": 20.0, "time": 0.2}
    assert np.array_equal(pool.encode(list(pool)), X)
    assert [pool.row_of(candidate) for candidate in pool] == list(range(12))
    assert all(candidate in pool for candidate in pool)


def test_what_is_not_in_the_pool_is_refused(pool):
    stranger = Candidate.of("pool", {}, {"temperature": 15.0, "time": 0.1})
    assert stranger not in pool
    with pytest.raises(SpaceError, match="not in the pool of 12"):
        pool.encode([stranger])


def test_samples_reach_all_and_repeat_by_seed(pool):
    drawn = pool.sample(300, np.random.default_rng(0))
    assert set(pool.candidates_at(drawn)) == set(pool)
    assert np.array_equal(drawn, pool.sample(300, np.random.default_rng(0)))


def test_a_sobol_design_goes_on_where_it_stopped_and_spreads(pool):
    whole = pool.sobol(8, seed=4)
    parts = [pool.sobol(3, seed=4), pool.sobol(5, seed=4, skip=3)]
    assert np.array_equal(np.concatenate(parts), whole)
    rows = pool.coordinates_of(whole)
    assert set(rows[:, 0]) == {10, 20, 30}


def test_neighbours_are_near_in_each_coordinates_own_scale(pool):
    middle = pool.points_of([pool.candidates[5]])[0]
    found = pool.neighbours(middle, np.random.default_rng(0))
    around = {tuple(row) for row in pool.coordinates_of(found)}
    # A third of the range apart in time, half of it in temperature.
    assert {(20, 0.1), (20, 0.3), (10, 0.2), (30, 0.2)} <= around
    assert middle not in found


def test_equal_rows_are_named():
    with pytest.raises(SpaceError, match="rows 1 and 2 of the pool are equal"):
        PoolSpace.of_rows(("a",), np.array([[1.0], [2.0], [2.0]]))


def test_an_empty_pool_is_refused():
    with pytest.raises(SpaceError, match="no row"):
        PoolSpace.of_rows(("a",), np.empty((0, 1)))

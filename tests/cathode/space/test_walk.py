from collections import Counter
from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cathode.space.walk import Limit, RecipeWalk, swaps


@st.composite
def any_walks(draw):
    """Any recipes of up to five elements in up to twelve parts, empty ones too."""
    d = draw(st.integers(1, 5))
    parts = draw(st.integers(1, 10))
    bounds = [sorted(draw(st.tuples(*[st.integers(0, parts)] * 2))) for _ in range(d)]
    low, high = zip(*bounds, strict=True)
    members = st.frozensets(st.integers(0, d - 1), min_size=1)
    limits = st.builds(Limit, members, st.integers(0, d), st.integers(0, parts))
    return RecipeWalk(parts, low, high, tuple(draw(st.lists(limits, max_size=2))))


@st.composite
def walks(draw):
    """Recipes built around one that they hold, so that there is at least that one."""
    d = draw(st.integers(1, 5))
    parts = draw(st.integers(1, 10))
    cuts = sorted(draw(st.lists(st.integers(0, parts), min_size=d - 1, max_size=d - 1)))
    held = np.diff([0, *cuts, parts]).tolist()
    low = tuple(draw(st.integers(0, n)) for n in held)
    high = tuple(draw(st.integers(n, parts)) for n in held)
    groups = st.lists(st.frozensets(st.integers(0, d - 1), min_size=1), max_size=2)
    limits = tuple(
        Limit(
            group,
            draw(st.integers(sum(held[i] > 0 for i in group), d)),
            draw(st.integers(sum(held[i] for i in group), parts)),
        )
        for group in draw(groups)
    )
    found = RecipeWalk(parts, low, high, limits)
    assert found.keeps(np.array([held]))[0]
    return found


def by_brute_force(walk: RecipeWalk) -> list[tuple[int, ...]]:
    return [
        counts
        for counts in product(range(walk.parts + 1), repeat=len(walk.lower))
        if sum(counts) == walk.parts
        and all(a <= n <= b for a, n, b in zip(walk.lower, counts, walk.upper, strict=True))
        and all(sum(counts[i] > 0 for i in limit.members) <= limit.count for limit in walk.limits)
        and all(sum(counts[i] for i in limit.members) <= limit.total for limit in walk.limits)
    ]


@settings(deadline=None, max_examples=60)
@given(any_walks() | walks())
def test_listing_counting_and_membership_agree_with_brute_force(walk):
    expected = by_brute_force(walk)
    assert [tuple(row) for row in walk.every().tolist()] == expected
    assert walk.size == len(expected)
    everything = np.array(list(product(range(walk.parts + 1), repeat=len(walk.lower))))
    kept = {tuple(row) for row in everything[walk.keeps(everything)].tolist()}
    assert kept == set(expected)


@settings(deadline=None, max_examples=100)
@given(walks(), st.data())
def test_every_point_of_the_cube_is_a_recipe(walk, data):
    numbers = st.floats(0, 1, exclude_max=True)
    d = len(walk.lower)
    cube = np.array([data.draw(st.lists(numbers, min_size=d, max_size=d)) for _ in range(3)])
    counts = walk.draw(cube)
    assert (counts.sum(axis=1) == walk.parts).all()
    assert walk.keeps(counts).all()


@settings(deadline=None, max_examples=40)
@given(walks())
def test_all_recipes_one_step_away_are_among_the_swaps(walk):
    every = walk.every()
    for counts in every[:5]:
        apart = {tuple(row) for row in every[np.abs(every - counts).sum(axis=1) == 2].tolist()}
        moved = swaps(counts.tolist(), walk.upper)
        moved = {tuple(row) for row in moved[walk.keeps(moved)].tolist()}
        assert apart <= moved
        assert tuple(counts.tolist()) not in moved


def test_swaps_reach_far_and_can_empty_an_element():
    moved = {tuple(row) for row in swaps([7, 0, 3], (10, 10, 10)).tolist()}
    assert {(6, 1, 3), (5, 2, 3), (3, 4, 3), (0, 7, 3), (7, 3, 0), (8, 0, 2)} <= moved


def test_uniform_points_give_uniform_recipes():
    limit = Limit(frozenset({0, 2}), 1, 3)
    walk = RecipeWalk(4, (0, 1, 0), (3, 4, 4), (limit,))
    rng = np.random.default_rng(0)
    drawn = Counter(map(tuple, walk.draw(rng.random((20_000, 3))).tolist()))
    assert set(drawn) == set(map(tuple, walk.every().tolist()))
    expected = 20_000 / walk.size
    assert max(abs(n - expected) for n in drawn.values()) < 5 * np.sqrt(expected)


def test_a_large_space_is_counted_without_listing_it():
    n = 20
    walk = RecipeWalk(100, (0,) * n, (100,) * n, ())
    assert walk.size == comb(100 + n - 1, n - 1)  # stars and bars
    assert walk.keeps(walk.draw(np.random.default_rng(0).random((9, n)))).all()


@pytest.mark.parametrize("total", [4, 10])
def test_limited_dopants_are_counted_without_listing_them(total):
    # At most three of twenty dopants, together at most `total` steps; the host takes the rest.
    dopants, parts = 20, 100
    limit = Limit(frozenset(range(1, dopants + 1)), 3, total)
    walk = RecipeWalk(parts, (0,) * 21, (parts,) * 21, (limit,))
    # k dopants of at least one step each with at most `total` together: C(total, k) ways.
    assert walk.size == sum(comb(dopants, k) * comb(total, k) for k in range(4))

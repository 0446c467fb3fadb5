from collections import Counter
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cathode.errors import SpaceError
from cathode.space import SiteFractions
from cathode.spec import SiteSpec

ELEMENTS = ("Al", "Co", "Mn", "Ni", "Ti")


@st.composite
def any_fractions(draw):
    """Any recipes of up to five elements in up to twelve parts, empty ones too."""
    d = draw(st.integers(1, 5))
    parts = draw(st.integers(1, 12))
    bounds = [sorted(draw(st.tuples(*[st.integers(0, parts)] * 2))) for _ in range(d)]
    low, high = zip(*bounds, strict=True)
    members = st.frozensets(st.integers(0, d - 1), min_size=1)
    limits = draw(st.lists(st.tuples(members, st.integers(0, d)), max_size=2))
    return SiteFractions(ELEMENTS[:d], parts, low, high, tuple(limits))


@st.composite
def site_fractions(draw):
    """Recipes built around one that they hold, so that there is at least that one."""
    d = draw(st.integers(1, 5))
    parts = draw(st.integers(1, 12))
    cuts = sorted(draw(st.lists(st.integers(0, parts), min_size=d - 1, max_size=d - 1)))
    held = np.diff([0, *cuts, parts]).tolist()
    low = tuple(draw(st.integers(0, n)) for n in held)
    high = tuple(draw(st.integers(n, parts)) for n in held)
    groups = st.lists(st.frozensets(st.integers(0, d - 1), min_size=1), max_size=2)
    limits = [
        (group, draw(st.integers(sum(held[i] > 0 for i in group), d))) for group in draw(groups)
    ]
    found = SiteFractions(ELEMENTS[:d], parts, low, high, tuple(limits))
    assert tuple(held) in found
    return found


def by_brute_force(recipes: SiteFractions) -> list[tuple[int, ...]]:
    return [
        counts
        for counts in product(range(recipes.parts + 1), repeat=len(recipes.elements))
        if sum(counts) == recipes.parts
        and all(a <= n <= b for a, n, b in zip(recipes.lower, counts, recipes.upper, strict=True))
        and all(sum(counts[i] > 0 for i in members) <= k for members, k in recipes.limits)
    ]


@settings(deadline=None, max_examples=60)
@given(any_fractions() | site_fractions())
def test_listing_counting_and_membership_agree_with_brute_force(recipes):
    expected = by_brute_force(recipes)
    assert list(recipes) == expected
    assert recipes.size == len(expected)
    assert all(counts in recipes for counts in expected)


@settings(deadline=None, max_examples=100)
@given(site_fractions(), st.data())
def test_every_point_of_the_cube_is_a_recipe_that_sums_to_exactly_one(recipes, data):
    point = data.draw(
        st.lists(
            st.floats(0, 1, exclude_max=True),
            min_size=len(recipes.elements),
            max_size=len(recipes.elements),
        )
    )
    counts = recipes.at(point)
    assert counts in recipes
    assert sum(recipes.fractions(counts).values()) == 1


@settings(deadline=None, max_examples=60)
@given(site_fractions(), st.data())
def test_rounding_finds_the_nearest_recipe(recipes, data):
    x = np.array(
        data.draw(
            st.lists(
                st.floats(-0.5, 1.5), min_size=len(recipes.elements), max_size=len(recipes.elements)
            )
        )
    )

    def distance(counts):
        return float(((np.array(counts) / recipes.parts - x) ** 2).sum())

    nearest = recipes.nearest(x)
    assert nearest in recipes
    assert distance(nearest) == pytest.approx(min(map(distance, recipes)), abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(site_fractions())
def test_neighbours_are_all_recipes_one_step_away(recipes):
    every = list(recipes)
    for counts in every[:5]:
        apart = {
            other
            for other in every
            if sum(abs(a - b) for a, b in zip(counts, other, strict=True)) == 2
        }
        assert set(recipes.neighbours(counts)) == apart
        assert len(recipes.neighbours(counts)) == len(apart)


def test_uniform_points_give_uniform_recipes():
    recipes = SiteFractions(("Mn", "Ni", "Ti"), 4, (0, 1, 0), (3, 4, 4), ((frozenset({0, 2}), 1),))
    rng = np.random.default_rng(0)
    drawn = Counter(recipes.at(u) for u in rng.random((20_000, 3)))
    assert set(drawn) == set(recipes)
    expected = 20_000 / recipes.size
    assert max(abs(n - expected) for n in drawn.values()) < 5 * np.sqrt(expected)


def test_a_large_space_is_counted_without_listing_it():
    n = 20
    recipes = SiteFractions(tuple(f"E{i}" for i in range(n)), 100, (0,) * n, (100,) * n)
    from math import comb

    assert recipes.size == comb(100 + n - 1, n - 1)  # stars and bars
    assert recipes.at(np.random.default_rng(0).random(n)) in recipes


def site(**changes):
    content = {"step": 0.1, "fractions": {"Ni": {"max": 0.9}, "Mn": {"max": 0.5}}}
    return SiteSpec.model_validate(content | changes)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        pytest.param(site(step=0.3), ["step=0.3", "divide one"], id="step"),
        pytest.param(site(step=0), ["step=0", "divide one"], id="no step"),
        pytest.param(site(fractions={"Nickel": {}}), ["'Nickel'", "no element"], id="element"),
        pytest.param(
            site(fractions={"Ni": {"max": 0.25}, "Mn": {}}),
            ["max=0.25", "0.2 or 0.3"],
            id="off step",
        ),
        pytest.param(
            site(fractions={"Ni": {"min": 0.6, "max": 0.5}, "Mn": {}}),
            ["min=0.6", "max=0.5"],
            id="swapped",
        ),
        pytest.param(site(fractions={"Ni": {"max": 1.2}}), ["max=1.2"], id="above one"),
        pytest.param(
            site(fractions={"Ni": {"max": 0.4}, "Mn": {"max": 0.5}}),
            ["sum to 0.9", "short of one"],
            id="cannot reach one",
        ),
        pytest.param(
            site(fractions={"Ni": {"min": 0.7}, "Mn": {"min": 0.5}}),
            ["sum to 1.2", "more than one"],
            id="must exceed one",
        ),
        pytest.param(
            site(at_most=[{"count": 1, "of": ["Ni", "Mn"]}]),
            ["at most 1 of Mn, Ni", "no recipe"],
            id="limit empties it",
        ),
        pytest.param(
            site(at_most=[{"count": 1, "of": ["Fe"]}]),
            ["'Fe'", "allowed are Mn, Ni"],
            id="limit on a stranger",
        ),
    ],
)
def test_impossible_spaces_name_what_is_wrong(spec, words):
    with pytest.raises(SpaceError) as caught:
        SiteFractions.from_spec("M", spec)
    for word in words:
        assert word in str(caught.value)


def test_steps_are_exact():
    recipes = SiteFractions.from_spec("M", site(step="1/12", fractions={"Ni": {}, "Mn": {}}))
    assert recipes.parts == 12
    assert recipes.fractions((5, 7)) == {"Mn": Fraction(5, 12), "Ni": Fraction(7, 12)}

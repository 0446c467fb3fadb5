"""Whatever the space: proposals are feasible, weighable, new, sum to one, and repeat by seed."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from agents.proposers import search
from agents.proposers.registry import build_proposer
from cathode.errors import SpaceError
from cathode.model import TrainingData
from cathode.protocols import ProposalRequest
from cathode.space import SearchSpace
from cathode.spec import BayesianSpec, GPSpec, Objective, RandomSpec, SobolSpec, SpaceSpec
from surrogates.gp.surrogate import GPSurrogate
from tests.strategies import space_specs

PROPOSERS = {
    "random": RandomSpec(kind="random"),
    "sobol": SobolSpec(kind="sobol"),
    **{
        kind: BayesianSpec(acquisition=kind, samples=16)
        for kind in ("improvement", "log_ei", "ucb", "thompson", "variance")
    },
    "exploring": BayesianSpec(samples=16, explore=0.5),
}


def built(spec) -> SearchSpace:
    try:
        return SearchSpace.from_spec(SpaceSpec.model_validate(spec))
    except SpaceError:  # its rules leave nothing, and it says so
        assume(False)
        raise


def a_request(space: SearchSpace, seed: int, n: int) -> ProposalRequest:
    rng = np.random.default_rng(seed)
    points = np.unique(space.sample(8, rng), axis=0)
    tried = space.candidates_at(points)
    X = space.coordinates_of(points)
    y = X @ rng.normal(size=X.shape[1]) + rng.normal(size=len(X))
    data = TrainingData("p", X, y, np.full(len(y), np.nan), tuple(c.id for c in tried))
    models = {"p": GPSurrogate(GPSpec(kind="gp"), space).fit(data, 0)} if len(y) > 1 else None
    return ProposalRequest(
        space=space,
        n=n,
        seed=seed,
        objectives=(Objective(property="p"),),
        models=models,
        observed={"p": data},
        excluded=tuple(tried[1:]),
        pending=tuple(tried[:1]),
        proposed=len(tried),
    )


def weighable(space: SearchSpace, candidate) -> bool:
    return all(
        (fraction * space.site(name).parts).denominator == 1
        for name, fractions in candidate.sites
        for _, fraction in fractions
    )


@pytest.mark.parametrize("kind", PROPOSERS)
@settings(deadline=None, max_examples=8, suppress_health_check=list(HealthCheck))
@given(spec=space_specs(), seed=st.integers(0, 99), n=st.integers(1, 3), listed=st.booleans())
def test_proposals_are_what_a_lab_can_make(kind, spec, seed, n, listed):
    space = built(spec)
    request = a_request(space, seed, n)
    assume(request.models is not None)
    with pytest.MonkeyPatch.context() as patch:
        if not listed:  # small spaces are climbed as large ones are
            patch.setattr(search, "MOST_LISTED", 0)
        first, again = (build_proposer(PROPOSERS[kind]).propose(request) for _ in "ab")
    found = [suggestion.candidate for suggestion in first]
    assert found == [suggestion.candidate for suggestion in again]
    assert [s.acquisition for s in first] == [s.acquisition for s in again]
    assert len(set(found)) == len(found) <= n
    assert not set(found) & {*request.excluded, *request.pending}
    left = space.size - len({*request.excluded, *request.pending})
    if listed and space.size_is_exact:
        assert len(found) == min(n, left)
    for candidate in found:
        assert candidate in space
        assert weighable(space, candidate)
        for _, fractions in candidate.sites:
            assert sum((x for _, x in fractions), Fraction(0)) == 1


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(spec=space_specs(), seed=st.integers(0, 99))
def test_points_and_candidates_go_back_and_forth_in_any_space(spec, seed):
    space = built(spec)
    points = space.sample(6, np.random.default_rng(seed))
    candidates = space.candidates_at(points)
    assert np.array_equal(space.points_of(candidates), points)
    np.testing.assert_allclose(space.encode(candidates), space.coordinates_of(points), atol=1e-12)
    low, high = space.bounds
    X = space.coordinates_of(points)
    assert (low - 1e-12 <= X).all()
    assert (high + 1e-12 >= X).all()
    around = space.neighbours(points[0], np.random.default_rng(0))
    assert space.keeps(around).all()

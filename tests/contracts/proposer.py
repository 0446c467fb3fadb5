"""What every proposer must do. A test module subclasses this and gives one factory."""

from dataclasses import replace

import numpy as np
import pytest

from cathode.protocols import ProposalRequest, Proposer
from cathode.space import SearchSpace
from cathode.spec import Constraint, GPSpec, Objective, SpaceSpec
from surrogates.gp.surrogate import GPSurrogate
from tests.contracts.surrogate import training_data

LIMITED = {
    "prototype": "layered",
    "sites": {
        "M": {
            "step": 0.05,
            "fractions": {
                "Ni": {"min": 0.3},
                "Mn": {"max": 0.5},
                "Co": {"max": 0.2},
                "Al": {"max": 0.1},
                "Ti": {"max": 0.1},
                "Mg": {"max": 0.1},
            },
            "at_most": [{"count": 1, "of": ["Al", "Ti", "Mg"]}],
        }
    },
}


def a_request(space: SearchSpace, **changes) -> ProposalRequest:
    """A campaign in the middle: a dozen measurements of two properties."""
    data = training_data(space, 12)
    volume = replace(data, property_name="volume_change", y=-6 * data.X[:, -1])
    observed = {"specific_energy": data, "volume_change": volume}
    surrogate = GPSurrogate(GPSpec(kind="gp"), space)
    fields = {
        "space": space,
        "n": 3,
        "seed": 5,
        "objectives": (Objective(property="specific_energy"),),
        "constraints": (Constraint(property="volume_change", min=-5),),
        "models": {name: surrogate.fit(d, 0) for name, d in observed.items()},
        "observed": observed,
        "reference": (700.0,),
        "excluded": tuple(c for c in space if c.id in data.groups),
        "proposed": 12,
    }
    return ProposalRequest(**(fields | changes))


class ProposerContract:
    """Subclass it and override :meth:`proposer`."""

    def proposer(self) -> Proposer:
        raise NotImplementedError

    @pytest.fixture
    def request_(self, small_space):
        return a_request(small_space)

    def test_proposals_are_new_distinct_candidates_of_the_space(self, request_):
        found = self.proposer().propose(request_)
        assert len(found) == 3
        ids = [suggestion.candidate.id for suggestion in found]
        assert len(set(ids)) == 3
        assert not set(ids) & {candidate.id for candidate in request_.excluded}
        for suggestion in found:
            assert suggestion.candidate in request_.space
            assert sum(suggestion.candidate.on_site("M").values()) == 1
            assert suggestion.reason

    def test_limits_on_sets_are_kept(self):
        space = SearchSpace.from_spec(SpaceSpec.model_validate(LIMITED))
        found = self.proposer().propose(replace(self._blind(space), n=6))
        assert len(found) == 6
        for suggestion in found:
            assert suggestion.candidate in space
            assert len(set(suggestion.candidate.on_site("M")) & {"Al", "Ti", "Mg"}) <= 1

    def _blind(self, space: SearchSpace) -> ProposalRequest:
        """A request over a space with other elements than the measurements know."""
        rng = np.random.default_rng(0)
        X = space.coordinates_of(space.sample(12, rng))
        data = replace(
            training_data(space_of_three(), 12),
            X=X,
            y=700 + 200 * X[:, -2],
            groups=tuple("abcdefghijkl"),
        )
        model = GPSurrogate(GPSpec(kind="gp"), space).fit(data, 0)
        return ProposalRequest(
            space=space,
            n=3,
            seed=5,
            objectives=(Objective(property="specific_energy"),),
            models={"specific_energy": model},
            observed={"specific_energy": data},
            reference=(700.0,),
            proposed=12,
        )

    def test_pending_candidates_are_not_asked_for_again(self, request_):
        first = [s.candidate for s in self.proposer().propose(request_)]
        again = self.proposer().propose(replace(request_, pending=tuple(first)))
        assert not {c.id for c in first} & {s.candidate.id for s in again}

    def test_the_same_request_gives_the_same_proposals(self, request_):
        one, other = (self.proposer().propose(request_) for _ in "ab")
        assert [s.candidate for s in one] == [s.candidate for s in other]
        assert [s.acquisition for s in one] == [s.acquisition for s in other]

    def test_a_small_space_is_used_up_and_not_repeated(self, request_):
        every = list(request_.space)
        left = every[:2]
        rest = tuple(every[2:])
        found = self.proposer().propose(replace(request_, excluded=rest, n=5))
        assert {s.candidate for s in found} == set(left)
        assert self.proposer().propose(replace(request_, excluded=tuple(every))) == []

    def test_one_and_many_can_be_asked_for(self, request_):
        assert len(self.proposer().propose(replace(request_, n=1))) == 1
        many = self.proposer().propose(replace(request_, n=12))
        assert len({s.candidate.id for s in many}) == 12


def space_of_three() -> SearchSpace:
    fractions = {"Ni": {}, "Mn": {"max": 0.6}, "Co": {"max": 0.4}}
    return SearchSpace.from_spec(
        SpaceSpec.model_validate(
            {"prototype": "layered", "sites": {"M": {"step": 0.1, "fractions": fractions}}}
        )
    )

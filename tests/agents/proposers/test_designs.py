import numpy as np

from agents.proposers.designs import RandomProposer, SobolProposer
from tests.contracts.proposer import ProposerContract, a_request


class TestSobol(ProposerContract):
    def proposer(self):
        return SobolProposer()


class TestRandom(ProposerContract):
    def proposer(self):
        return RandomProposer()


def test_the_sequence_goes_on_where_the_campaign_stopped(small_space):
    request = a_request(small_space, excluded=(), proposed=0, n=6)
    whole = [s.candidate for s in SobolProposer().propose(request)]
    sequence = list(dict.fromkeys(small_space.candidates_at(small_space.sobol(24, request.seed))))
    assert whole == sequence[:6]


def test_random_proposals_are_uniform(small_space):
    draws = [
        RandomProposer().propose(a_request_cheap(small_space, seed))[0].candidate
        for seed in range(800)
    ]
    index = {candidate: i for i, candidate in enumerate(small_space)}
    counts = np.bincount([index[c] for c in draws], minlength=small_space.size)
    expected = len(draws) / small_space.size
    chi2 = ((counts - expected) ** 2 / expected).sum()
    assert chi2 < small_space.size + 4 * np.sqrt(2 * small_space.size)


def a_request_cheap(space, seed):
    from cathode.protocols import ProposalRequest

    return ProposalRequest(space=space, n=1, seed=seed)

"""Which proposer a spec asks for."""

from collections.abc import Callable

from agents.proposers.designs import RandomProposer, SobolProposer
from cathode.protocols import Proposer
from cathode.spec import BayesianSpec, ProposerSpec, RandomSpec, SobolSpec


def _bayesian(spec: BayesianSpec) -> Proposer:
    # Imports torch and BoTorch, seconds that a design should not cost.
    from agents.proposers.bayesian import BayesianProposer

    return BayesianProposer(spec)


_BUILDERS: dict[type[ProposerSpec], Callable[..., Proposer]] = {
    BayesianSpec: _bayesian,
    SobolSpec: lambda _: SobolProposer(),
    RandomSpec: lambda _: RandomProposer(),
}


def build_proposer(spec: ProposerSpec) -> Proposer:
    """The proposer of a spec."""
    return _BUILDERS[type(spec)](spec)

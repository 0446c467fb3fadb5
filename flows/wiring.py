"""Join a campaign's spec to the surrogates and agents it names."""

from agents.evaluators.registry import build_evaluator
from agents.proposers.registry import build_proposer
from cathode.ledger import Ledger, campaigns
from cathode.loop import Loop
from cathode.settings import Settings
from cathode.space import build_space
from cathode.spec import CampaignSpec, SobolSpec
from flows.augmenting import augmentation_of
from flows.identity import identity
from surrogates.registry import build_surrogate


def build_loop(ledger: Ledger, settings: Settings, campaign: str) -> Loop:
    """The campaign as the ledger has it, ready to turn.

    Raises:
        UnknownCampaignError: the ledger has no such campaign.
    """
    with ledger.read() as connection:
        revision, spec = campaigns.latest_spec(connection, campaign)
    return wire(ledger, settings, spec, revision)


def wire(ledger: Ledger, settings: Settings, spec: CampaignSpec, revision: int) -> Loop:
    """Join a spec to what acts on it."""
    space = build_space(spec.space, settings.cache)
    surrogates = [build_surrogate(each, space, augmentation_of) for each in spec.learners]
    return Loop(
        ledger=ledger,
        spec=spec,
        revision=revision,
        space=space,
        surrogates={surrogate.name: surrogate for surrogate in surrogates},
        design=build_proposer(SobolSpec(kind="sobol")),
        proposer=build_proposer(spec.proposer),
        evaluator=build_evaluator(spec, settings.cache),
        who=identity(),
        cheaper={name: build_evaluator(spec, settings.cache, name) for name in spec.cheaper},
    )

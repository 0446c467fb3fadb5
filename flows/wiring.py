"""Join a campaign's spec to the surrogates and agents it names."""

from agents.evaluators.registry import build_evaluator
from agents.proposers.registry import build_proposer
from cathode.errors import SpecChangedError
from cathode.files import digest_of
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
        SpecChangedError: networks that its spec names were exchanged since.
    """
    with ledger.read() as connection:
        revision, spec = campaigns.latest_spec(connection, campaign)
    if changed := exchanged(spec):
        msg = f"{changed} since {campaign!r} took it in: put it back, or run the spec with --amend"
        raise SpecChangedError(msg)
    return wire(ledger, settings, spec, revision)


def exchanged(spec: CampaignSpec) -> str | None:
    """Which file of networks is not the one that the ledger knows, in words; None where none is.

    One that is missing is told by who loads it.
    """
    for each in spec.surrogates:
        file, known = getattr(each, "pretrained", None), getattr(each, "pretrained_digest", None)
        if file is None or known is None or not file.is_file():
            continue
        if (found := digest_of(file)) != known:
            return f"the networks of {each.name}, {file}, changed (digest {known}, now {found})"
    return None


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

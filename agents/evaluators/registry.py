"""Which evaluator a spec asks for."""

from collections.abc import Callable
from pathlib import Path

from agents.evaluators.cache import ContentCache
from agents.evaluators.chgnet.evaluator import ChgnetEvaluator
from agents.evaluators.lab import LabEvaluator
from agents.evaluators.table import TableEvaluator
from cathode.protocols import Evaluator
from cathode.spec import CampaignSpec, ChgnetSpec, EvaluatorSpec, LabSpec, TableSpec


def _chgnet(spec: ChgnetSpec, _campaign: CampaignSpec, cache: Path, _name: str | None) -> Evaluator:
    return ChgnetEvaluator(spec, ContentCache(cache))


def _table(spec: TableSpec, campaign: CampaignSpec, _cache: Path, _name: str | None) -> Evaluator:
    return TableEvaluator(spec, campaign)


def _lab(spec: LabSpec, campaign: CampaignSpec, _cache: Path, name: str | None) -> Evaluator:
    return LabEvaluator(spec, campaign, name)


_BUILDERS: dict[type[EvaluatorSpec], Callable[..., Evaluator]] = {
    ChgnetSpec: _chgnet,
    TableSpec: _table,
    LabSpec: _lab,
}


def build_evaluator(campaign: CampaignSpec, cache: Path, name: str | None = None) -> Evaluator:
    """An evaluator of a campaign.

    Args:
        campaign: the campaign's spec.
        cache: folder for results worth keeping.
        name: of a cheaper evaluator; None for the campaign's own.

    Raises:
        SpecError: what the spec refers to is missing or unreadable.
    """
    spec = campaign.evaluator_named(name)
    return _BUILDERS[type(spec)](spec, campaign, cache, name)

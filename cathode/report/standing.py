"""Where a campaign stands, without reading all that it has measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from cathode.ledger import Ledger, campaigns, measurements, proposals, turns
from cathode.ledger.standings import Tally, dominated_volume, tally
from cathode.ledger.turns import TurnRecord
from cathode.report.view import bounds_in_words
from cathode.spec import CampaignSpec


@dataclass(frozen=True)
class Standing:
    """Where a campaign stands.

    Attributes:
        spec: the campaign.
        turns: its turns.
        proposed: how many proposals its own evaluator got.
        tally: how many candidates are answered, count and failed, and the best of them.
        hypervolume: volume that those dominate which count; None with one objective.
        cheaper_answers: candidates that each cheaper evaluator has answered.
        cheaper_failures: of those, how many could not be answered in all.
        notes: what the last turn found before it proposed.
    """

    spec: CampaignSpec
    turns: Sequence[TurnRecord]
    proposed: int
    tally: Tally
    hypervolume: float | None
    cheaper_answers: Mapping[str, int]
    cheaper_failures: Mapping[str, int]
    notes: Sequence[str]


def standing_of(ledger: Ledger, campaign: str) -> Standing:
    """Read where a campaign stands.

    Raises:
        UnknownCampaignError: there is no such campaign.
    """
    with ledger.read() as connection:
        _, spec = campaigns.latest_spec(connection, campaign)
        past = turns.history(connection, campaign)
        answers = measurements.answered_by(connection, campaign, spec.cheaper)
        several = len(spec.objectives) > 1
        return Standing(
            spec,
            past,
            proposals.count(connection, campaign),
            tally(connection, spec),
            dominated_volume(connection, spec) if several else None,
            {name: count for name, (count, _) in answers.items()},
            {name: failed for name, (_, failed) in answers.items()},
            _notes(connection, spec, past),
        )


def _notes(connection: Connection, spec: CampaignSpec, past: Sequence[TurnRecord]) -> list[str]:
    """What the last turn found, and bounds that may be better than the best."""
    if not past or past[-1].turn.number == 0:
        return []
    bounded = measurements.bounded(connection, spec.name)
    every = measurements.every(connection, spec.name, candidates=bounded) if bounded else []
    known = proposals.candidates_named(connection, bounded)
    words = bounds_in_words(spec, measurements.counting(every), known)
    results = past[-1].results
    words += results.get("retrain", {}).get("notes", [])
    words += results.get("audit", {}).get("missing", [])
    words += results.get("audit", {}).get("suspicious", [])
    return words

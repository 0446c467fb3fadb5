"""The best candidates of a campaign, found without reading all that it has measured."""

from dataclasses import dataclass

from cathode.evaluation.outcomes import Outcome, outcomes
from cathode.ledger import Ledger, campaigns, measurements, proposals
from cathode.ledger.standings import leading
from cathode.report.view import bounds_in_words
from cathode.spec import CampaignSpec


@dataclass(frozen=True)
class Leaders:
    """The best candidates of a campaign.

    Attributes:
        spec: the campaign.
        ranked: outcomes that count, the best first, each with whether it is on the Pareto front.
        bounds: bounds that may be better, in words.
    """

    spec: CampaignSpec
    ranked: list[tuple[Outcome, bool]]
    bounds: list[str]


def leaders(ledger: Ledger, campaign: str, n: int) -> Leaders:
    """The best of a campaign.

    Args:
        ledger: where it is.
        campaign: its name.
        n: how many candidates at most.

    Raises:
        UnknownCampaignError: there is no such campaign.
    """
    with ledger.read() as connection:
        _, spec = campaigns.latest_spec(connection, campaign)
        first = leading(connection, spec, n)
        ids = [candidate for candidate, _ in first]
        bounded = measurements.bounded(connection, campaign)
        asked = [*ids, *bounded]
        measured = measurements.counting(measurements.every(connection, campaign, candidates=asked))
        known = proposals.candidates_named(connection, asked)
        made = proposals.of_campaign(connection, campaign, only=ids)
    own = [r for r in measured if r.measurement.evaluator is None]
    mine = [r for r in own if r.measurement.candidate_id in set(ids)]
    orders = [proposal for proposal in made if proposal.evaluator is None]
    found = {outcome.candidate.id: outcome for outcome in outcomes(mine, known, orders)}
    return Leaders(
        spec,
        [(found[candidate], front) for candidate, front in first],
        bounds_in_words(spec, own, known),
    )

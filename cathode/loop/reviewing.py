"""What people decide of proposals: approve, reject with a reason, pin, reopen."""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from cathode.errors import SourceError
from cathode.lab.conditions import LONGEST, SHORT, checked_text
from cathode.lab.form import Form, text_box
from cathode.ledger import Ledger, campaigns, proposals, reviews
from cathode.loop.entering import order_name
from cathode.loop.observations import observe
from cathode.loop.submitting import named
from cathode.model import Verdict

MEANT = {
    "approve": Verdict.APPROVED,
    "reject": Verdict.REJECTED,
    "pin": Verdict.PINNED,
    "reopen": Verdict.REOPENED,
}


class ReviewForm(Form):
    """Approve, reject or pin a proposal before it is made."""

    campaign: str = text_box("Campaign", owed=True)
    candidate: str = text_box("Candidate", "Its id, or all for every open one.", owed=True)
    verdict: Literal["approve", "reject", "pin", "reopen"] = Field(
        "approve", title="Verdict", description="Pinned ones are made first."
    )
    reason: str = text_box("Reason", "A rejection needs one.", LONGEST)
    operator: str = text_box("Operator", "Your name.", owed=True)
    order: str = text_box("Work order", "Turn/place, if the candidate has several.")


@dataclass(frozen=True)
class Reviewed:
    """What became of a review.

    Attributes:
        campaign: name of the campaign.
        verdict: the verdict.
        orders: ids of candidates with the names of their orders.
        left: how many orders people may make now.
    """

    campaign: str
    verdict: Verdict
    orders: tuple[tuple[str, str], ...]
    left: int


EVERY = "all"


def review(ledger: Ledger, form: ReviewForm) -> Reviewed:
    """Enter a verdict.

    Raises:
        UnknownCampaignError: there is no such campaign.
        SourceError: there is no such proposal, or a rejection has no reason.
    """
    who = checked_text("Operator", form.operator, SHORT)
    reason = checked_text("Reason", form.reason, LONGEST)
    verdict = MEANT[form.verdict]
    if verdict is Verdict.REJECTED and not reason:
        raise SourceError("Reason: it is empty; say why the proposal is rejected.")
    campaign = form.campaign.strip()
    seen = observe(ledger, campaign)
    with ledger.write() as connection:
        _, spec = campaigns.latest_spec(connection, campaign)
        if form.candidate.strip().lower() == EVERY:
            mine = seen.open_orders(spec)
        else:
            candidate = named(connection, spec, form.candidate)
            made = proposals.of_campaign(connection, campaign)
            mine = [p for p in made if p.candidate.id == candidate.id]
        if form.order:
            mine = [p for p in mine if order_name(p) == form.order.strip()]
        if not mine:
            order = f", order {form.order.strip()!r}" if form.order else ""
            msg = f"Candidate: {form.candidate.strip()!r}{order} is no proposal of {campaign}."
            raise SourceError(msg)
        for proposal in mine:
            reviews.record(connection, proposal, verdict, reason, who)
    left = observe(ledger, campaign).to_make(spec)
    orders = tuple((p.candidate.id, order_name(p)) for p in mine)
    return Reviewed(campaign, verdict, orders, len(left))

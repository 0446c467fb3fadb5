"""Flows that change what counts: correct or take back a result, review proposals."""

from dataclasses import replace

from prefect import flow
from prefect.client.schemas.objects import State

from cathode.lab.problems import read_form
from cathode.loop.amending import Amended, AmendForm, amend
from cathode.loop.reviewing import Reviewed, ReviewForm, review
from cathode.report.text import markdown_text
from flows.lab.answers import Answer, answered, table
from flows.lab.ledgers import opened
from flows.lab.orders import publish_orders
from flows.lab.results import plain


@flow(name="amend-result", validate_parameters=False, persist_result=False)
def amend_result(amendment: AmendForm) -> State:
    """Correct a result, or take it back; the old one is kept, and its users are named.

    Args:
        amendment: which result, and what is right.
    """

    def work() -> Answer:
        ledger = opened()
        found = amend(ledger, read_form(AmendForm, plain(amendment)))
        known = (found.campaign, found.candidate)
        return replace(_amended(found), afterwards=lambda: publish_orders(ledger, *known))

    return answered("amend-result", work)


@flow(name="review-proposals", validate_parameters=False, persist_result=False)
def review_proposals(verdict: ReviewForm) -> State:
    """Approve, reject with a reason, pin or reopen a proposal.

    Args:
        verdict: on which proposal, and why.
    """

    def work() -> Answer:
        ledger = opened()
        found = review(ledger, read_form(ReviewForm, plain(verdict)))
        return replace(_reviewed(found), afterwards=lambda: publish_orders(ledger, found.campaign))

    return answered("review-proposals", work)


def _amended(found: Amended) -> Answer:
    title = f"{found.property} of {found.candidate}: {found.old_words}, now {found.new_words}"
    kept = (
        f"Result {found.old} is kept and no longer counts; result {found.new} stands in its place."
    )
    if not found.used_by:
        return Answer(title, f"{kept}\n\nNo turn has learned from the old value yet.")
    rows = [
        (str(use.turn), ", ".join(use.surrogates), ", ".join(use.proposals))
        for use in found.used_by
    ]
    headings = ("turn", "models fitted with it, the champion first", "proposals of that turn")
    used = "These turns have learned from the old value; the next one learns from the new:"
    return Answer(title, f"{kept}\n\n{used}\n\n{table(headings, rows)}")


def _reviewed(found: Reviewed) -> Answer:
    many = f"{len(found.orders)} proposals" if len(found.orders) > 1 else "1 proposal"
    rows = table(("candidate", "work order"), found.orders)
    left = f"{found.left} work orders can be made now in {markdown_text(found.campaign)}."
    return Answer(f"{many} {found.verdict}", f"{rows}\n\n{left}")

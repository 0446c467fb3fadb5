"""Work orders on Prefect's pages: one page each, with a link to the form, and a list of all."""

import json
import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactCollectionFilter, ArtifactCollectionFilterKey
from prefect.exceptions import ObjectNotFound

from cathode.lab.counting import due_conditions
from cathode.lab.work_order import AWAITING, WorkOrder, work_orders
from cathode.ledger import Ledger, campaigns
from cathode.loop.entering import order_name
from cathode.loop.observations import observe
from cathode.model import Candidate, Verdict
from cathode.physics.formulas import label
from cathode.report.text import markdown_text
from cathode.report.work_order import work_order_markdown
from cathode.spec import CampaignSpec
from flows.lab.ledgers import opened

FORM = "submit-result/submit-result"
"""The deployment by which results come in."""

AT_ONCE = 200
"""Pages that the server tells of in one answer."""

NO_FORM = (
    "There is no form on this server: `cathode up` provides it, `cathode ingest` takes tables."
)


@flow(name="publish-orders", persist_result=False)
def refresh_orders(campaign: str) -> int:
    """Bring the pages of a campaign's orders up to date after results came in by another way.

    Args:
        campaign: name of the campaign.
    """
    ledger = opened()
    try:
        return publish_orders(ledger, campaign)
    finally:
        ledger.close()


def publish_orders(ledger: Ledger, campaign: str, only: str | None = None) -> int:
    """Bring the pages of a campaign's open orders up to date.

    Args:
        ledger: where the orders are.
        campaign: name of the campaign.
        only: id of a candidate, if the pages of the others are up to date; the list always is.

    Returns:
        How many orders are open.
    """
    with ledger.read() as connection:
        _, spec = campaigns.latest_spec(connection, campaign)
    orders = work_orders(ledger, campaign, awaiting=True)
    form = _form()
    for order in orders:
        if only in (None, order.candidate):
            _publish(key_of(order), _page(order, spec, form), f"{order.formula}, {order.order}")
    _close(ledger, spec, orders, only)
    listed = _listed(campaign, orders, spec, form)
    _publish(f"{campaign}-orders", listed, f"{len(orders)} open work orders of {campaign}")
    return len(orders)


def key_of(order: WorkOrder) -> str:
    """Key of an order's artifact."""
    return _key(order.campaign, order.order)


def _key(campaign: str, order: str) -> str:
    return f"{campaign}-order-{order.replace('/', '-')}"


def form_link(form: str, spec: CampaignSpec, order: WorkOrder) -> str:
    """Address of the form with what is known of an order filled in.

    Args:
        form: id of the deployment.
        spec: the campaign.
        order: the order.
    """
    known: dict[str, Any] = {
        "campaign": order.campaign,
        "candidate": order.candidate,
        "order": order.order,
        "status": "ok",
        "cause": "",
        "correction": False,
    }
    if order.evaluator is None:
        known |= due_conditions(spec, Candidate.from_content(order.content))
    asked = quote(json.dumps({"result": known}))
    return f"{_pages()}/deployments/deployment/{form}/run?parameters={asked}"


def _pages() -> str:
    return os.environ["PREFECT_API_URL"].removesuffix("/api")


def _form() -> str | None:
    """Id of the deployment of the form; None where this server has none."""
    with get_client(sync_client=True) as client:
        try:
            return str(client.read_deployment_by_name(FORM).id)
        except ObjectNotFound:
            return None


def _page(order: WorkOrder, spec: CampaignSpec, form: str | None) -> str:
    enter = NO_FORM if form is None else f"**[Enter results]({form_link(form, spec, order)})**"
    return f"{enter}\n\n{work_order_markdown(order)}\n{enter}\n"


def _listed(
    campaign: str, orders: Sequence[WorkOrder], spec: CampaignSpec, form: str | None
) -> str:
    """A table of all open orders with links to their pages and to the form."""
    lines = [f"# Open work orders of {markdown_text(campaign)}", ""]
    lines += ["| order | candidate | formula | verdict | enter results |", "|---|---|---|---|---|"]
    for order in orders:
        page = f"[{markdown_text(order.order)}]({_pages()}/artifacts/key/{key_of(order)})"
        enter = "–" if form is None else f"[form]({form_link(form, spec, order)})"
        enter = "–" if order.verdict == AWAITING else enter
        cells = [page, *map(markdown_text, (order.candidate, order.formula, order.verdict)), enter]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines if orders else [*lines[:2], "None is open."]) + "\n"


def _close(
    ledger: Ledger, spec: CampaignSpec, orders: Sequence[WorkOrder], only: str | None
) -> None:
    """Say on the pages of orders that are not open any more what became of them."""
    seen, still = observe(ledger, spec.name), {order.order for order in orders}
    gone = {
        _key(spec.name, order_name(proposal)): proposal
        for proposal in seen.proposals
        if only in (None, proposal.candidate.id) and order_name(proposal) not in still
    }
    shown = _descriptions(list(gone))
    for key, proposal in gone.items():
        review = seen.verdicts.get((proposal.turn, proposal.rank))
        rejected = seen.verdict_on(proposal) is Verdict.REJECTED
        description = f"{proposal.candidate.id}: {'rejected' if rejected else 'done'}"
        if shown.get(key, description) == description:
            continue
        words = "Nothing is owed for this order any more."
        if rejected and review is not None:
            words = f"Rejected by {markdown_text(review.who)}: {markdown_text(review.reason)}"
        title = f"{label(proposal.candidate, spec.units)}, candidate {proposal.candidate.id}"
        _publish(key, f"# {markdown_text(title)}\n\n{words}\n", description)


def _descriptions(keys: Sequence[str]) -> dict[str, str]:
    """What the newest of some pages are called, those that there are."""
    found = {}
    with get_client(sync_client=True) as client:
        for start in range(0, len(keys), AT_ONCE):
            wanted = ArtifactCollectionFilterKey(any_=list(keys[start : start + AT_ONCE]))
            pages = client.read_latest_artifacts(
                artifact_filter=ArtifactCollectionFilter(key=wanted)
            )
            found |= {page.key: page.description or "" for page in pages}
    return found


def _publish(key: str, markdown: str, description: str) -> None:
    create_markdown_artifact(markdown=markdown, key=key, description=description)

"""Proposals that people approve, reject, pin and reopen."""

import pytest

from cathode.errors import SourceError
from cathode.loop import next_turn, run_turn, waiting_because
from cathode.loop.observations import observe
from cathode.loop.reviewing import ReviewForm, review
from cathode.model import Verdict
from cathode.spec import parse_spec
from tests.helpers import layered
from tests.loops import build


@pytest.fixture
def loop(ledger, tmp_path):
    content = layered(evaluator={"kind": "lab", "approval": True}, initial=4)
    made = build(ledger, parse_spec(content, "test"), tmp_path)
    run_turn(made, next_turn(made))
    return made


def seen(loop):
    return observe(loop.ledger, "small")


def given(loop, candidate, verdict, **more):
    asked = {"campaign": "small", "candidate": candidate, "verdict": verdict, "operator": "Ada"}
    return review(loop.ledger, ReviewForm(**asked, **more))


def test_orders_wait_for_approval_where_a_campaign_asks_for_it(loop):
    first, second, *_ = seen(loop).proposals
    assert seen(loop).to_make(loop.spec) == []
    found = given(loop, first.candidate.id, "approve")
    assert found.orders == ((first.candidate.id, "0/0"),)
    assert found.left == 1
    assert seen(loop).to_make(loop.spec) == [first]
    given(loop, second.candidate.id, "pin")
    assert seen(loop).to_make(loop.spec) == [second, first]
    assert seen(loop).open_orders(loop.spec)[0] == second
    given(loop, "all", "approve")
    assert len(seen(loop).to_make(loop.spec)) == 4
    given(loop, first.candidate.id, "reopen")
    assert first not in seen(loop).to_make(loop.spec)


def test_a_rejected_proposal_is_closed_and_does_not_come_again(loop):
    first, *others = seen(loop).proposals
    with pytest.raises(SourceError, match="Reason: it is empty"):
        given(loop, first.candidate.id, "reject")
    assert waiting_because(loop) is not None
    for order in (first, *others[:2]):
        given(loop, order.candidate.id, "reject", reason="no precursor")
    assert seen(loop).open_orders(loop.spec) == others[2:]
    # A turn need not wait for results that will not come.
    assert waiting_because(loop) is None
    run_turn(loop, next_turn(loop))
    asked = [p.candidate.id for p in seen(loop).proposals]
    assert len(asked) == len(set(asked))
    assert len(seen(loop).open_orders(loop.spec)) == 2
    assert waiting_because(loop) is not None


def test_reviews_are_kept_with_who_and_why(loop):
    first, *_ = seen(loop).proposals
    given(loop, first.candidate.id, "reject", reason="toxic <b>")
    given(loop, first.candidate.id, "reopen")
    kept = [(r.verdict, r.reason, r.who) for r in seen(loop).reviews]
    assert kept == [(Verdict.REJECTED, "toxic <b>", "Ada"), (Verdict.REOPENED, "", "Ada")]
    assert first in seen(loop).open_orders(loop.spec)


def test_only_proposals_are_reviewed(loop):
    with pytest.raises(SourceError, match="has no candidate 'c-nothing'"):
        given(loop, "c-nothing", "approve")
    first, *_ = seen(loop).proposals
    with pytest.raises(SourceError, match="order '9/9' is no proposal of small"):
        given(loop, first.candidate.id, "approve", order="9/9")

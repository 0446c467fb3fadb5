import json

import pytest

from cathode.errors import RecipeError, SpecError, UnknownCampaignError
from cathode.lab.work_order import work_orders
from cathode.loop import next_turn, run_turn
from cathode.loop.observations import observe
from cathode.loop.reviewing import ReviewForm, review

COUNTED = {"c_rate": 0.1, "cycles": 100, "voltage_high": "cutoff"}


def verdict(loop, proposal, what, reason=""):
    form = {"campaign": "small", "candidate": proposal.candidate.id, "verdict": what}
    review(loop.ledger, ReviewForm(**form, reason=reason, operator="Ada"))


def proposals(loop):
    return observe(loop.ledger, "small").open_orders(loop.spec)


def test_an_order_tells_what_to_make_and_measure(campaign):
    loop = campaign(conditions=COUNTED, properties=["phase_purity"])
    first, *_ = proposals(loop)
    order, *others = work_orders(loop.ledger, "small")
    assert len(others) == 3
    assert (order.candidate, order.order, order.turn) == (first.candidate.id, "0/0", 0)
    assert order.formula.startswith("LiNi") or order.formula.startswith("LiMn")
    cutoff = dict(first.candidate.conditions)["cutoff"]
    assert [each.words for each in order.settings] == [f"cutoff {cutoff:g} V"]
    assert {each.precursor for each in order.recipe.weighings} >= {"LiOH*H2O", "Ni(OH)2"}
    assert [step.hold for step in order.recipe.programme] == [12]
    capacity, retention, purity = order.measure
    assert capacity.at == f"C-rate 0.1 1/h, upper cut-off voltage {cutoff:g} V"
    assert retention.at == f"{capacity.at}, cycles 100"
    assert (purity.name, purity.at, purity.unit) == ("phase_purity", "", "%")
    assert capacity.expected is None, "nothing is known before the first turn"
    assert order.reason == first.reason
    assert order.verdict == "needs no approval"
    assert order.place.words == "not known: less than 3 candidates are measured"


def test_what_is_expected_and_where_it_lies_is_told_once_data_are_in(campaign, enter):
    loop = campaign()
    enter(loop, proposals(loop))
    run_turn(loop, next_turn(loop))
    (first, *_), order = proposals(loop), work_orders(loop.ledger, "small")[0]
    said, known = order.measure[0].expected, first.predictions["discharge_capacity"]
    assert (said.mean, said.surrogate) == (known["mean"], known["surrogate"])
    # The standard normal distribution has 80 % within 1.2816 of its mean.
    assert said.high - said.low == pytest.approx(2 * 1.2816 * known["sigma"], rel=1e-4)
    assert order.place.ratio > 0
    assert order.place.outside in (True, False)
    near = order.place.nearest
    assert near.candidate in {o.candidate.id for o in observe(loop.ledger, "small").outcomes}
    assert near.values["discharge capacity"].endswith("mAh/g")


def test_what_came_in_of_an_order_is_told_and_the_rest_is_owed(campaign, enter):
    loop = campaign()
    every = proposals(loop)
    enter(loop, every[:1], capacity_retention=None)
    enter(loop, every[1:])
    (order,) = work_orders(loop.ledger, "small")
    capacity, retention = order.measure
    assert capacity.known.startswith("180 mAh/g, C-rate 0.1 1/h")
    assert retention.known == ""
    assert order.place.words == "measured before, in part or in whole"
    assert order.place.nearest.candidate == order.candidate


def test_only_what_may_be_made_is_an_order(campaign):
    loop = campaign(approval=True)
    first, second, third, fourth = proposals(loop)
    assert work_orders(loop.ledger, "small") == []
    waiting = work_orders(loop.ledger, "small", awaiting=True)
    assert {order.verdict for order in waiting} == {"awaiting approval"}
    verdict(loop, first, "approve", "looks fine")
    verdict(loop, second, "pin")
    verdict(loop, third, "reject", "too dear")
    made = work_orders(loop.ledger, "small")
    assert [(o.order, o.verdict) for o in made] == [("0/1", "pinned"), ("0/0", "approved")]
    assert (made[1].review.who, made[1].review.reason) == ("Ada", "looks fine")
    every = work_orders(loop.ledger, "small", awaiting=True)
    assert [o.order for o in every] == ["0/1", "0/0", f"0/{fourth.rank}"]


def test_without_a_recipe_the_order_says_why(campaign):
    loop = campaign(recipe=None)
    order = work_orders(loop.ledger, "small")[0]
    assert order.recipe is None
    assert order.no_recipe == "small has no recipe: add evaluator.recipe to its spec"


def test_another_batch_scales_every_mass(campaign):
    loop = campaign()
    small, large = (work_orders(loop.ledger, "small", batch=b)[0] for b in (10, 100))
    for one, other in zip(small.recipe.weighings, large.recipe.weighings, strict=True):
        assert other.exact == pytest.approx(10 * one.exact)
    with pytest.raises(RecipeError, match="a batch of 0 g"):
        work_orders(loop.ledger, "small", batch=0)


def test_orders_are_ready_for_json(campaign, enter):
    loop = campaign(approval=True)
    first, *_ = proposals(loop)
    verdict(loop, first, "approve")
    (order,) = work_orders(loop.ledger, "small")
    again = json.loads(json.dumps(order.as_dict(), allow_nan=False))
    assert again["recipe"]["weighings"][0]["precursor"] == "LiOH*H2O"
    assert again["recipe"]["balance"] == 0.001
    assert again["recipe"]["total_time"] == "18 h 2 min"
    assert again["measure"][0]["property"] == "discharge_capacity"
    assert again["review"]["who"] == "Ada"
    assert again["place"]["nearest"] is None


def test_an_unknown_campaign_names_those_there_are(campaign):
    loop = campaign()
    with pytest.raises(UnknownCampaignError, match="it has small"):
        work_orders(loop.ledger, "smal")


def test_conditions_that_name_no_variable_are_told(campaign):
    with pytest.raises(SpecError, match=r"voltage_high='cutof': give a number"):
        campaign(conditions={"voltage_high": "cutof"})

"""A campaign that may ask cheaper evaluators: only its own evaluator's answers are results."""

import csv
from dataclasses import replace

import pytest

from cathode.errors import SourceError, SpecError
from cathode.loop import finished_because, ingest, next_turn, retrain, run_turn, waiting_because
from cathode.loop.costs import cost_so_far
from cathode.loop.observations import observe
from cathode.spec import GPSpec, load_spec, parse_spec
from surrogates.registry import build_surrogate
from tests.helpers import campaign_in, layered, truth
from tests.ledgers import content
from tests.loops import build, history, run_all

GP = [{"kind": "gp"}]


def quick_table(tmp_path):
    """Half the energy and a bias, and nothing of the volume."""
    with (tmp_path / "table.csv").open(newline="") as file:
        heads, *rows = csv.reader(file)
    with (tmp_path / "quick.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heads[:4])
        for *x, energy, _ in rows:
            read = 0.5 * float(energy) + 30 * float(x[0]) if energy else ""
            writer.writerow([*x, read])


def screened(ledger, tmp_path, **changes):
    """A campaign with a table that half knows what its own evaluator knows."""
    quick = {"cost": 0.1, "evaluator": {"kind": "table", "path": "quick.csv"}}
    wanted = {"cheaper": {"quick": quick}, "surrogates": GP, "initial": 4, "batch": 3}
    path = campaign_in(tmp_path, **(wanted | changes))
    quick_table(tmp_path)
    return build(ledger, load_spec(path), tmp_path)


@pytest.fixture
def loop(sqlite_ledger, tmp_path):
    return screened(sqlite_ledger, tmp_path, budget={"turns": 4})


def test_all_answer_the_design_and_then_who_tells_most_per_cost(loop):
    run_all(loop)
    seen = observe(loop.ledger, "small")
    initial = [(p.candidate.id, p.evaluator) for p in seen.proposals if p.turn == 0]
    assert initial[4:] == [(name, "quick") for name, _ in initial[:4]]
    later = [p for p in seen.proposals if p.turn > 0]
    assert {p.evaluator for p in later} == {None, "quick"}
    quick = next(p for p in later if p.evaluator == "quick")
    assert "quick is asked first: expected to save " in quick.reason
    assert "of a result for 10.0% of its cost" in quick.reason
    # The last turn asks for results alone: a cheaper answer would serve nobody.
    assert {p.evaluator for p in later if p.turn == 4} == {None}
    # Nobody is asked the same twice, nor a cheaper one about what has a result.
    asked = [(p.candidate.id, p.evaluator) for p in seen.proposals]
    assert len(set(asked)) == len(asked)
    results = {}
    for p in seen.proposals:
        if p.evaluator == "quick" and p.turn > 0:
            assert results.get(p.candidate.id, 9) >= p.turn
        elif p.evaluator is None:
            results.setdefault(p.candidate.id, p.turn)


def test_only_the_own_evaluators_answers_are_results(loop):
    run_all(loop)
    seen = observe(loop.ledger, "small")
    quick = [r.measurement for r in seen.measured if r.measurement.evaluator == "quick"]
    assert {m.property for m in quick} == {"specific_energy"}
    asked_alone = seen.answers_of("quick") - seen.answers_of(None)
    assert asked_alone
    assert not asked_alone & {outcome.candidate.id for outcome in seen.outcomes}
    for outcome in seen.outcomes:
        if "specific_energy" in outcome.values:
            x = outcome.candidate.on_site("M")
            real = truth(*(float(x.get(e, 0)) for e in ("Ni", "Mn", "Co")))
            assert outcome.values["specific_energy"] == pytest.approx(real["specific_energy"])
    data = seen.training_data("specific_energy", loop.space)
    assert len(data.own) + sum(origin == "quick" for origin in data.origins) == len(data)
    assert seen.training_data("volume_change", loop.space).origins == ()


@pytest.mark.slow
def test_skill_is_measured_on_results_alone(loop):
    run_all(loop)
    last = history(loop)[-1]
    up_to = last.results["assimilate"]["up_to"]
    data = observe(loop.ledger, "small", up_to).training_data("specific_energy", loop.space)
    with loop.ledger.read() as connection:
        from cathode.ledger import skills

        found = skills.of_campaign(connection, "small")[4]
    held_out = next(s.held_out for s in found if s.property == "specific_energy" and s.champion)
    assert sorted(held_out.y) == sorted(data.own.y)


def test_a_champion_that_does_not_learn_from_cheaper_answers_is_named(loop):
    linear = wire_with(loop, ({"kind": "gp", "kernel": "linear"}, {"kind": "gp"}))
    run_turn(linear, next_turn(linear))
    run_turn(linear, turn := next_turn(linear))
    notes = history(linear)[turn.number].results["retrain"]["notes"]
    chosen = history(linear)[turn.number].results["retrain"]["champions"]["specific_energy"]
    assert chosen == "gp-fractions-linear"
    assert f"specific_energy: {chosen} serves, which learns nothing from quick" in notes


def wire_with(loop, surrogates):
    built = [build_surrogate(GPSpec(**each), loop.space) for each in surrogates]
    return replace(loop, surrogates={each.name: each for each in built})


def test_costs_are_counted_and_bound_the_campaign(loop):
    run_all(loop)
    seen, past = observe(loop.ledger, "small"), history(loop)
    expected = len(seen.orders) + 0.1 * (len(seen.proposals) - len(seen.orders))
    assert cost_so_far(past) == pytest.approx(expected)
    assert past[0].results["propose"]["cost"] == pytest.approx(4.4)


@pytest.mark.slow
def test_a_budget_of_cost_ends_it_with_results(sqlite_ledger, tmp_path):
    loop = screened(sqlite_ledger, tmp_path, budget={"turns": 50, "cost": 9.0})
    run_all(loop)
    spent = cost_so_far(history(loop))
    assert finished_because(loop) == f"it spent {spent:g} of 9, what is left pays for no result"
    assert 8.0 < spent <= 9.0
    last = [p for p in observe(loop.ledger, "small").proposals if p.turn == len(history(loop)) - 1]
    assert {p.evaluator for p in last} == {None}


def test_a_repeated_step_of_a_campaign_changes_nothing(loop):
    run_all(loop)
    before = content(loop.ledger)
    for record in history(loop):
        run_turn(loop, record.turn)
        retrain(loop, record.turn, record.results["assimilate"]["up_to"])
    assert content(loop.ledger) == before


def test_a_lab_goes_on_while_a_cheaper_one_answers_at_once(sqlite_ledger, tmp_path):
    loop = screened(sqlite_ledger, tmp_path, evaluator={"kind": "lab"}, budget={"turns": 9})
    run_turn(loop, next_turn(loop))
    orders = observe(loop.ledger, "small").open_orders(loop.spec)
    assert [order.evaluator for order in orders] == [None] * 4
    assert "4 work orders are open" in waiting_because(loop)
    answer_all(loop, tmp_path, orders)
    while (turn := next_turn(loop)) is not None:
        run_turn(loop, turn)
    orders = observe(loop.ledger, "small").open_orders(loop.spec)
    assert 0 < len(orders) <= 3
    assert waiting_because(loop) is not None


def answer_all(loop, tmp_path, orders, evaluator=None, half=1.0):
    path = tmp_path / "results.csv"
    heads = ["candidate", "specific_energy (Wh/kg)", "volume_change (%)"]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heads if evaluator is None else heads[:2])
        for order in orders:
            x = order.candidate.on_site("M")
            real = truth(*(float(x.get(e, 0)) for e in ("Ni", "Mn", "Co")))
            row = [order.candidate.id, half * real["specific_energy"], real["volume_change"]]
            writer.writerow(row if evaluator is None else row[:2])
    return ingest(loop.ledger, loop.spec, path, "me", dry=False, evaluator=evaluator)


def test_others_answer_orders_to_a_cheaper_evaluator(sqlite_ledger, tmp_path):
    dft = {"cost": 0.1, "evaluator": {"kind": "lab", "properties": ["specific_energy"]}}
    path = campaign_in(
        tmp_path, cheaper={"dft": dft}, surrogates=GP, initial=4, batch=3, budget={"turns": 9}
    )
    loop = build(sqlite_ledger, load_spec(path), tmp_path)
    run_turn(loop, next_turn(loop))
    orders = observe(loop.ledger, "small").open_orders(loop.spec)
    assert [order.evaluator for order in orders] == ["dft"] * 4  # the table has answered its own
    assert "4 work orders are open" in waiting_because(loop)
    waiting = observe(loop.ledger, "small")
    without = loop.spec.model_copy(update={"cheaper": {}})
    assert waiting.withdrawn(without) == orders
    assert waiting.open_orders(without) == waiting.withdrawn(loop.spec) == []
    found = answer_all(loop, tmp_path, orders, "dft", half=0.5)
    assert (found.new, found.unasked) == (4, 0)
    assert answer_all(loop, tmp_path, orders, "dft", half=0.5).new == 0
    seen = observe(loop.ledger, "small")
    assert seen.open_orders(loop.spec) == []
    assert seen.training_data("specific_energy", loop.space).origins.count("dft") == 4
    assert next_turn(loop) is not None
    with pytest.raises(SourceError, match="no people answer under the name 'quick' .*: dft do"):
        answer_all(loop, tmp_path, orders, "quick")
    mixed = tmp_path / "mixed.csv"
    mixed.write_text(f"candidate,asked,specific_energy (Wh/kg)\n{orders[0].candidate.id},dft,5\n")
    with pytest.raises(SourceError, match="a row of 'dft' among .* 'table': use --evaluator dft"):
        ingest(loop.ledger, loop.spec, mixed, "me", dry=True)
    gone = loop.spec.model_copy(update={"cheaper": {}})
    assert seen.withdrawn(gone) == []  # all were answered


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"proposer": {"kind": "random"}}, "kind: bayesian", id="random"),
        pytest.param(
            {"proposer": {"kind": "bayesian", "acquisition": "ucb"}}, "improvement", id="ucb"
        ),
        pytest.param({"surrogates": [{"kind": "gp", "kernel": "linear"}]}, "learns", id="linear"),
        pytest.param(
            {"budget": {"turns": 2, "cost": 5.4}},
            r"budget.cost=5.4: the initial design costs 5.5 already",
            id="design",
        ),
        pytest.param(
            {"cheaper": {"big-name": {}}},
            r"cheaper.big-name: .* use lower-case letters, digits and underscores",
            id="name",
        ),
        pytest.param({"cheaper": {"quick": {"cost": 0.0}}}, "cost", id="cost"),
        pytest.param(
            {"proposer": {"kind": "bayesian", "cost": {"base": 0.1}}},
            r"quick.cost=0.1: it must cost less than 0.1",
            id="no cheaper",
        ),
    ],
)
def test_what_cannot_go_together_is_refused(changes, words):
    quick = {"cost": 0.1, "evaluator": {"kind": "table", "path": "quick.csv"}}
    with pytest.raises(SpecError, match=words):
        parse_spec(layered(**({"cheaper": {"quick": quick}, "surrogates": GP} | changes)), "test")

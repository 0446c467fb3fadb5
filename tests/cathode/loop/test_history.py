"""Campaigns that learn from what was measured before them."""

import csv
from collections import Counter

import numpy as np
import pytest

from cathode.errors import SourceError, SpecError
from cathode.ledger import skills
from cathode.loop import assimilate, next_turn, retrain, run_turn
from cathode.loop.history import joined, recall, recalled
from cathode.loop.observations import observe
from cathode.settings import Settings
from cathode.space import build_space
from cathode.spec import load_spec, parse_spec
from flows.checking import check_spec
from tests.helpers import campaign_in, layered, truth
from tests.ledgers import content
from tests.loops import build, history, run_all

GP = "gp-fractions-matern52"
HISTORY = {"before": {"table": "before.csv"}}


def earlier(folder, reads=lambda energy, _: energy, more=(), properties=1):
    """A table of an earlier family: every second recipe of the space, with what it reads."""
    heads = ["specific_energy (Wh/kg)", "volume_change (%)"][:properties]
    with (folder / "before.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["prototype", "Ni", "Mn", "Co", "Fe", *heads])
        for mn in range(7):
            for co in range(mn % 2, 5, 2):
                x = np.array([10 - mn - co, mn, co]) / 10
                if x[0] >= 0:
                    known = truth(*x)
                    values = [reads(known["specific_energy"], x), known["volume_change"]]
                    writer.writerow(["layered", *x.round(1), 0, *values[:properties]])
        writer.writerows(more)


def learning(ledger, folder, **changes):
    wanted = {"history": HISTORY, "surrogates": [{"kind": "gp"}], "constraints": []}
    return build(ledger, load_spec(campaign_in(folder, **(wanted | changes))), folder)


def champions(loop):
    return [record.results["retrain"]["champions"] for record in history(loop)]


def test_a_history_that_helps_serves(sqlite_ledger, tmp_path):
    earlier(tmp_path, lambda energy, x: energy + 20 * x[1])
    loop = learning(sqlite_ledger, tmp_path)
    assert list(loop.surrogates) == [GP, f"{GP}-alone"]
    run_all(loop)
    assert [each["specific_energy"] for each in champions(loop)] == [GP] * 3
    scores = last_scores(loop)
    assert scores[GP] < 0.5 * scores[f"{GP}-alone"]


def test_a_history_that_contradicts_does_not_serve(sqlite_ledger, tmp_path):
    rng = np.random.default_rng(0)
    earlier(tmp_path, lambda *_: float(rng.normal(800, 90)))
    loop = learning(sqlite_ledger, tmp_path, initial=12)
    run_all(loop)
    assert champions(loop)[-1]["specific_energy"] == f"{GP}-alone"
    notes = history(loop)[-1].results["retrain"]["notes"]
    assert f"specific_energy: {GP}-alone serves, which learns nothing from before" in notes


def last_scores(loop):
    with loop.ledger.read() as connection:
        found = skills.of_campaign(connection, "small")[len(history(loop)) - 1]
    return {skill.surrogate: skill.metrics["crps"] for skill in found if "crps" in skill.metrics}


def test_a_history_is_no_result(sqlite_ledger, tmp_path):
    earlier(tmp_path, lambda energy, _: energy + 500)
    loop = learning(sqlite_ledger, tmp_path, budget={"turns": 2, "candidates": 8})
    run_all(loop)
    seen = observe(loop.ledger, "small")
    assert len(seen.orders) == len({p.candidate.id for p in seen.orders}) == 8
    assert len(seen.outcomes) == 8
    assert max(o.values["specific_energy"] for o in seen.outcomes) < 1200
    # What the history knows of a candidate keeps nobody from asking for a result of it.
    known = set(recall(loop.ledger, loop.spec, loop.space)[0].data["specific_energy"].groups)
    assert known & {p.candidate.id for p in seen.orders}


def test_without_a_design_the_first_batch_follows_the_history(sqlite_ledger, tmp_path):
    earlier(tmp_path)
    loop = learning(sqlite_ledger, tmp_path, initial=0, batch=3, budget={"turns": 1})
    run_all(loop)
    first = [p for p in observe(loop.ledger, "small").proposals if p.turn == 0]
    assert [p.proposer for p in first] == ["bayesian"] * 3
    assert all(p.predictions["specific_energy"]["surrogate"] == GP for p in first)
    best = sorted(truth(*x)["specific_energy"] for x in grid())[-6:]
    found = [o.values["specific_energy"] for o in observe(loop.ledger, "small").outcomes[:3]]
    assert max(found) >= best[0]
    assert len(observe(loop.ledger, "small").proposals) == loop.spec.most_results == 6


def grid():
    every = [np.array([10 - mn - co, mn, co]) / 10 for mn in range(7) for co in range(5)]
    return [x for x in every if x[0] >= 0]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"constraints": [{"property": "volume_change", "max": 6}]}, id="constraint"),
        pytest.param({"proposer": {"acquisition": "log_ei"}}, id="log_ei"),
        pytest.param({"proposer": {"acquisition": "ucb"}}, id="ucb"),
        pytest.param({"proposer": {"acquisition": "variance"}}, id="variance"),
        pytest.param({"proposer": {"share": 0.2}}, id="share"),
        pytest.param({"proposer": {"replicates": "auto", "explore": 0.5}}, id="replicates"),
        pytest.param(
            {
                "objectives": [
                    {"property": "specific_energy", "reference": 700},
                    {"property": "volume_change", "goal": "min", "reference": 2},
                ]
            },
            id="two objectives",
        ),
        pytest.param(
            {"surrogates": [{"kind": "gp", "transfer": "ensemble"}]},
            id="ensemble",
        ),
    ],
)
def test_a_start_without_a_design_goes_with(sqlite_ledger, tmp_path, changes):
    earlier(tmp_path, properties=2)
    if "proposer" in changes:
        changes = changes | {"proposer": {"kind": "bayesian", **changes["proposer"]}}
    loop = learning(sqlite_ledger, tmp_path, initial=0, budget={"turns": 1}, **changes)
    run_all(loop)
    assert {p.proposer for p in observe(loop.ledger, "small").proposals} == {"bayesian"}
    assert len(observe(loop.ledger, "small").proposals) == 4


def test_what_a_history_does_not_say_is_designed_for(sqlite_ledger, tmp_path):
    earlier(tmp_path)
    limits = [{"property": "volume_change", "max": 6}]
    loop = learning(sqlite_ledger, tmp_path, initial=0, constraints=limits)
    run_turn(loop, next_turn(loop))
    first = observe(loop.ledger, "small").proposals
    assert [p.proposer for p in first] == ["sobol"] * 2
    assert all("no surrogate serves volume_change yet" in p.reason for p in first)


def test_an_ensemble_is_asked_and_tells(sqlite_ledger, tmp_path):
    earlier(tmp_path)
    ensemble = [{"kind": "gp", "transfer": "ensemble"}]
    loop = learning(sqlite_ledger, tmp_path, surrogates=ensemble)
    run_all(loop)
    assert list(loop.surrogates) == [f"{GP}-ensemble", f"{GP}-alone"]
    assert champions(loop)[1]["specific_energy"] in loop.surrogates
    assert len(observe(loop.ledger, "small").proposals) == 9


OTHERS = [["layered", 0.5, 0, 0, 0.5, 700], ["spinel", 0.5, 0.5, 0, 0, 600]]


def test_rows_the_space_cannot_read_are_counted_and_named(sqlite_ledger, tmp_path):
    earlier(tmp_path, more=OTHERS)
    loop = learning(sqlite_ledger, tmp_path)
    (found,) = recall(loop.ledger, loop.spec, loop.space)
    n = found.candidates
    assert found.left_out == {"with Fe": 1, "of prototype spinel": 1}
    words = f"history before: {n} of {n + 2} candidates, the space has no coordinates for the "
    words += "others (1 of prototype spinel, 1 with Fe)"
    assert found.remark == words
    assert words in check_spec(loop.spec, Settings.at(tmp_path)).remark
    assert f"scored without a history, too: {GP}-alone" in check(loop, tmp_path)
    run_turn(loop, next_turn(loop))
    results = history(loop)[0].results
    assert words in results["retrain"]["notes"]
    kept = results["assimilate"]["history"]["before"]
    assert kept["values"] == {"specific_energy": n}
    assert kept["left_out"] == {"of prototype spinel": 1, "with Fe": 1}


def check(loop, folder):
    return check_spec(loop.spec, Settings.at(folder)).remark


def test_an_element_that_may_not_be_proposed_lets_its_history_in(sqlite_ledger, tmp_path):
    earlier(tmp_path, more=OTHERS[:1])
    space = layered()["space"]
    space["sites"]["M"]["fractions"]["Fe"] = {"max": 0}
    loop = learning(sqlite_ledger, tmp_path, space=space)
    (found,) = recall(loop.ledger, loop.spec, loop.space)
    assert not found.left_out
    run_turn(loop, next_turn(loop))
    assert all("Fe" not in p.candidate.on_site("M") for p in observe(loop.ledger, "small").orders)


def test_what_was_used_is_in_the_turns_record(sqlite_ledger, tmp_path):
    earlier(tmp_path)
    loop = learning(sqlite_ledger, tmp_path)
    run_all(loop)
    last = history(loop)[-1]
    taken = last.results["assimilate"]
    found = recall(loop.ledger, loop.spec, loop.space)
    data = observe(loop.ledger, "small", taken["up_to"]).training_data(
        "specific_energy", loop.space
    )
    assert taken["datasets"]["specific_energy"] == joined(data, found).digest() != data.digest()
    assert taken["history"]["before"]["digest"] == found[0].digest
    assert Counter(joined(data, found).origins) == {None: len(data), "before": found[0].candidates}
    before = content(loop.ledger)
    for record in history(loop):
        run_turn(loop, record.turn)
        retrain(loop, record.turn, record.results["assimilate"]["up_to"])
    assert content(loop.ledger) == before


def test_a_table_that_changes_within_a_turn_is_told(sqlite_ledger, tmp_path):
    earlier(tmp_path)
    loop = learning(sqlite_ledger, tmp_path)
    turn = next_turn(loop)
    up_to = assimilate(loop, turn)
    earlier(tmp_path, lambda energy, _: energy + 1)
    with pytest.raises(SourceError, match=r"history.before changed since turn 0 took it in: put"):
        retrain(loop, turn, up_to)
    earlier(tmp_path)
    run_turn(loop, turn)
    earlier(tmp_path, lambda energy, _: energy + 1)
    run_turn(loop, next_turn(loop))  # the next turn takes in what there is


def other_campaign(ledger, folder, **changes):
    place = folder / "other"
    place.mkdir()
    path = campaign_in(place, name="other", constraints=[], **changes)
    loop = build(ledger, load_spec(path), place)
    run_all(loop)
    return loop


def test_another_campaign_is_a_history_as_far_as_it_had_come(sqlite_ledger, tmp_path):
    other = other_campaign(sqlite_ledger, tmp_path, initial=8, budget={"turns": 0})
    loop = learning(sqlite_ledger, tmp_path, history={"old": {"campaign": "other"}}, seed=8)
    turn = next_turn(loop)
    up_to = assimilate(loop, turn)
    more = build(sqlite_ledger, other.spec.model_copy(update={"budget": budget(3)}), tmp_path)
    run_turn(more, next_turn(more))  # goes on meanwhile
    (found,) = recalled(loop, turn)
    (newest,) = recall(loop.ledger, loop.spec, loop.space)
    assert (found.candidates, newest.candidates) == (8, 10)
    run_turn(loop, turn)
    assert retrain(loop, turn, up_to).data["specific_energy"].history == ("old",)
    assert history(loop)[0].results["assimilate"]["history"]["old"]["up_to"] == found.up_to
    theirs = {o.candidate.id: o.values for o in observe(sqlite_ledger, "other").outcomes}
    data = found.data["specific_energy"]
    assert [theirs[group]["specific_energy"] for group in data.groups] == data.y.tolist()


def budget(turns):
    return parse_spec(layered(budget={"turns": turns}), "test").budget


def test_another_campaign_in_other_units_is_converted_or_refused(sqlite_ledger, tmp_path):
    own = {"unit": "Wh/kg"}
    table = tmp_path / "other" / "table.csv"
    other = {"objectives": [{"property": "spark"}], "properties": {"spark": own}}
    place = tmp_path / "other"
    place.mkdir()
    path = campaign_in(place, name="other", constraints=[], **other)
    table.write_text(table.read_text().replace("specific_energy", "spark"))
    run_all(build(sqlite_ledger, load_spec(path), place))
    wanted = other | {"history": {"old": {"campaign": "other"}}, "constraints": []}

    def data(unit):
        spec = parse_spec(
            layered(**(wanted | {"properties": {"spark": {"unit": unit}}}), surrogates=GPS), "test"
        )
        return recall(sqlite_ledger, spec, build_space(spec.space))[0].data["spark"]

    np.testing.assert_allclose(data("kWh/kg").y * 1000, data("Wh/kg").y)
    with pytest.raises(SpecError, match=r"measures spark in 'Wh/kg', and this one in 'V'"):
        data("V")


GPS = [{"kind": "gp"}]


def test_a_campaign_that_is_not_there_is_named(sqlite_ledger, tmp_path):
    other_campaign(sqlite_ledger, tmp_path, initial=2, budget={"turns": 0})
    loop = learning(sqlite_ledger, tmp_path, history={"old": {"campaign": "gone"}})
    with pytest.raises(SpecError, match=r"history.old.campaign='gone': the ledger has .*other"):
        assimilate(loop, next_turn(loop))


def test_a_pool_learns_from_rows_of_another(sqlite_ledger, tmp_path):
    rng = np.random.default_rng(0)
    X = rng.random((60, 2))
    for name, rows in (("pool.csv", range(30)), ("before.csv", range(30, 60))):
        with (tmp_path / name).open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["name", "a", "b", "specific_energy (Wh/kg)"])
            writer.writerows([f"m{i}", *X[i], 700 + 90 * X[i][0] * X[i][1]] for i in rows)
    pool = {"table": "pool.csv", "name": "name", "coordinates": ["a", "b"]}
    answers = {"kind": "table", "path": "pool.csv"}
    loop = learning(sqlite_ledger, tmp_path, space=pool, evaluator=answers, initial=0)
    run_all(loop)
    (found,) = recall(loop.ledger, loop.spec, loop.space)
    np.testing.assert_array_equal(found.data["specific_energy"].X, X[30:])
    best = max(range(30), key=lambda i: X[i][0] * X[i][1])
    first = [dict(p.candidate.conditions)["name"] for p in observe(loop.ledger, "small").orders[:2]]
    assert f"m{best}" in first
    (tmp_path / "before.csv").write_text("name,a,specific_energy (Wh/kg)\nq,1,700\n")
    with pytest.raises(SourceError, match="no column 'b'"):
        recall(loop.ledger, loop.spec, loop.space)


def test_a_history_of_nothing_useful_is_refused_before_anything_is_written(tmp_path):
    earlier(tmp_path)
    (tmp_path / "before.csv").write_text("Ni,Fe,specific_energy (Wh/kg)\n0.5,0.5,700\n")
    path = campaign_in(tmp_path, history=HISTORY, surrogates=GPS)
    words = r"history before: 0 of 1 candidates, .* \(1 with Fe\): nothing of it says anything of "
    with pytest.raises(SpecError, match=words + "specific_energy, volume_change: leave it out, or"):
        check_spec(load_spec(path), Settings.at(tmp_path))
    earlier(tmp_path)
    remark = check_spec(load_spec(path), Settings.at(tmp_path)).remark
    assert "candidates, nothing of volume_change" in remark
    assert not (tmp_path / "ledger.db").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"history": {"old": {}}}, "a history is one of both", id="neither"),
        pytest.param(
            {"history": {"old": {"campaign": "small"}}},
            r"history.old.campaign='small' is this campaign",
            id="itself",
        ),
        pytest.param(
            {"history": HISTORY, "surrogates": [{"kind": "gp", "transfer": "none"}]},
            "no surrogate learns from a history",
            id="nobody learns",
        ),
        pytest.param(
            {"history": HISTORY, "proposer": {"kind": "bayesian", "acquisition": "thompson"}},
            "'thompson' draws no functions from models that know a history",
            id="thompson",
        ),
        pytest.param({"initial": 0}, "initial=0 leaves nothing to propose by", id="no design"),
        pytest.param(
            {"history": {"big-name": HISTORY["before"]}},
            r"history.big-name: .* use lower-case letters, digits and underscores",
            id="name",
        ),
        pytest.param(
            {
                "history": HISTORY,
                "initial": 0,
                "objectives": [{"property": "specific_energy"}, {"property": "volume_change"}],
            },
            "give each objective a reference",
            id="no reference",
        ),
        pytest.param(
            {
                "history": HISTORY,
                "initial": 0,
                "cheaper": {"quick": {"cost": 0.1, "evaluator": {"kind": "lab"}}},
            },
            "initial=0 leaves no answers by which cheaper evaluators compare",
            id="cheaper",
        ),
        pytest.param(
            {
                "history": {"quick": {"campaign": "other"}},
                "cheaper": {"quick": {"cost": 0.1, "evaluator": {"kind": "lab"}}},
            },
            "history.quick has the name of a cheaper evaluator",
            id="name of another",
        ),
    ],
)
def test_what_cannot_go_together_is_refused(changes, words):
    with pytest.raises(SpecError, match=words):
        parse_spec(layered(**({"surrogates": GPS, "constraints": []} | changes)), "test")


def test_the_plain_surrogate_is_listed_once():
    both = [{"kind": "gp", "transfer": "none"}, {"kind": "gp"}, {"kind": "gp", "kernel": "linear"}]
    spec = parse_spec(layered(surrogates=both, history=HISTORY), "test")
    assert [each.name for each in spec.learners] == [f"{GP}-alone", GP, "gp-fractions-linear"]
    without = parse_spec(layered(surrogates=both[1:]), "test")
    assert without.learners == without.surrogates

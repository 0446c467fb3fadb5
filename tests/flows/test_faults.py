"""What goes wrong on machines that run for weeks, done to real processes and databases."""

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from sqlalchemy import event

from cathode.errors import LedgerError
from cathode.lab.form import ResultForm
from cathode.ledger import Ledger, campaigns, database, measurements, turns
from cathode.ledger.health import examine
from cathode.loop import next_turn, run_turn
from cathode.loop.observations import observe
from cathode.loop.submitting import submit
from cathode.settings import Settings
from cathode.spec import load_spec
from flows.wiring import build_loop
from tests.helpers import campaign_in, layered

SUBMITTERS = 8

EACH = 250


def lab_campaign(ledger, folder):
    """A campaign with one turn whose orders are open, and the ids of its candidates."""
    content = layered(
        evaluator={"kind": "lab"}, objectives=[{"property": "discharge_capacity"}], constraints=[]
    )
    path = folder / "lab.yaml"
    path.write_text(yaml.safe_dump(content))
    with ledger.write() as connection:
        campaigns.register(connection, load_spec(path), "me")
    loop = build_loop(ledger, Settings.at(folder / "home"), "small")
    run_turn(loop, next_turn(loop))
    return tuple(order.candidate.id for order in observe(ledger, "small").proposals)


def form(candidate, **changes):
    content = {"campaign": "small", "candidate": candidate, "operator": "Ada"}
    return ResultForm(**content | {"discharge_capacity": 180.0} | changes)


def stored(ledger):
    with ledger.read() as connection:
        return measurements.every(connection, "small")


def started(code, *arguments, **changes):
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(
        command, env=os.environ | changes, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ended(process):
    out, errors = process.communicate(timeout=600)
    assert process.returncode == 0, errors
    return out


SUBMIT = """
import sys
from cathode.lab.form import ResultForm
from cathode.ledger import Ledger
from cathode.loop.submitting import submit
url, who, each, *candidates = sys.argv[1:]
ledger = Ledger.open(url)
for k in range(int(each)):
    # Every fifth is what all have to say: one of them is the first, and the others said it too.
    name = "all" if k % 5 == 0 else who
    form = ResultForm(
        campaign="small", candidate=candidates[k % len(candidates)], operator=who,
        discharge_capacity=100 + k / 4, cell=f"{name}-{k}",
    )
    submit(ledger, form)
    if k % 10 == 0:
        submit(ledger, form)  # pressed twice
"""


@pytest.mark.slow
def test_many_submit_at_once_and_nothing_is_lost_or_doubled(ledger, tmp_path):
    candidates = lab_campaign(ledger, tmp_path)
    url = ledger._engine.url.render_as_string(hide_password=False)
    all_of_them = [started(SUBMIT, url, f"p{n}", EACH, *candidates) for n in range(SUBMITTERS)]
    for each in all_of_them:
        ended(each)
    cells = Counter(known.measurement.conditions["cell"] for known in stored(ledger))
    expected = {f"all-{k}" for k in range(0, EACH, 5)}
    expected |= {f"p{n}-{k}" for n in range(SUBMITTERS) for k in range(EACH) if k % 5}
    assert set(cells) == expected
    assert set(cells.values()) == {1}
    assert examine(url).damage == ()


HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_locked_database_is_waited_for_and_then_told(tmp_path, monkeypatch):
    file = tmp_path / "ledger.db"
    first = Ledger.open(f"sqlite:///{file}", create=True)
    candidate, *_ = lab_campaign(first, tmp_path)
    first.close()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, file],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout.readline() == "held\n"
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.5)
    ledger = Ledger.open(f"sqlite:///{file}")
    with pytest.raises(LedgerError, match=r"locked.*nothing was written.*try again"):
        submit(ledger, form(candidate))
    assert stored(ledger) == [], "who looks is not kept out"
    holder.kill()
    holder.communicate()
    submit(ledger, form(candidate))
    assert len(stored(ledger)) == 1
    ledger.close()


def test_a_full_disk_takes_nothing_or_all(tmp_path):
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", create=True)
    candidates = lab_campaign(ledger, tmp_path)

    room = {"pages": 0}

    @event.listens_for(ledger._engine, "begin")
    def _room(connection):
        (used,) = connection.exec_driver_sql("PRAGMA page_count").one()
        limit = used if room["pages"] == 0 else 2**30
        connection.exec_driver_sql(f"PRAGMA max_page_count = {limit}")

    taken = []
    with pytest.raises(LedgerError, match=r"full.*nothing was written; make room on its disk"):
        for k in range(500):
            submit(ledger, form(candidates[0], cell=f"cell {k}", note="x" * 500))
            taken.append(f"cell {k}")
    assert [known.measurement.conditions["cell"] for known in stored(ledger)] == taken
    room["pages"] = 1
    submit(ledger, form(candidates[0], cell="after", note="x" * 500))
    assert len(stored(ledger)) == len(taken) + 1
    ledger.close()
    assert examine(f"sqlite:///{tmp_path / 'ledger.db'}").damage == ()


ELSEWHERE = """
import json, sys, time
from datetime import timedelta
from cathode.lab.form import ResultForm
from cathode.ledger import Ledger, database
from cathode.loop.submitting import submit
url, candidate, value, offset, correction = sys.argv[1:]
real = database.now
from cathode.ledger import measurements
measurements.now = database.now = lambda: real() + timedelta(hours=float(offset))
ledger = Ledger.open(url)
submit(ledger, ResultForm(
    campaign="small", candidate=candidate, operator="Ada", discharge_capacity=float(value),
    correction=correction == "yes",
))
print(json.dumps(time.tzname))
"""


@pytest.mark.slow
def test_time_zones_and_wrong_clocks_change_no_order(ledger, tmp_path):
    candidate, *_ = lab_campaign(ledger, tmp_path)
    url = ledger._engine.url.render_as_string(hide_password=False)
    visits = [
        ("America/Los_Angeles", 171, 0, "no"),
        ("Asia/Tokyo", 172, 0, "yes"),
        ("Pacific/Apia", 173, -48, "yes"),  # a clock that is two days late
        ("UTC", 174, 30, "yes"),  # and one that is ahead
        ("Europe/Berlin", 175, 0, "yes"),
    ]
    zones = [
        json.loads(ended(started(ELSEWHERE, url, candidate, value, offset, correction, TZ=zone)))
        for zone, value, offset, correction in visits
    ]
    assert len({zone for names in zones for zone in names}) > 4
    known = stored(ledger)
    assert [each.measurement.value for each in known] == [171, 172, 173, 174, 175]
    with ledger.read() as connection:
        (counts,) = measurements.effective(connection, "small")
    assert counts.measurement.value == 175
    for each, (*_, offset, _) in zip(known, visits, strict=True):
        away = each.recorded_at - datetime.now(UTC) - timedelta(hours=offset)
        assert abs(away) < timedelta(minutes=5)


TURN = """
import json
from flows.turn import scheduled_turn
state = scheduled_turn("small", return_state=True)
print("told", json.dumps([state.type.value, state.name, state.message]))
"""


@pytest.mark.slow
def test_two_turns_of_one_campaign_at_once_are_one(prefect, tmp_path):
    env = prefect | {"CATHODE_HOME": str(tmp_path / "home")}
    ledger = Ledger.open(f"sqlite:///{tmp_path}/home/ledger.db", create=True)
    with ledger.write() as connection:
        campaigns.register(connection, load_spec(campaign_in(tmp_path)), "me")
    told = [
        next(line for line in ended(each).splitlines() if line.startswith("told"))
        for each in [started(TURN, **env) for _ in range(4)]
    ]
    states = [json.loads(line.removeprefix("told ")) for line in told]
    assert {kind for kind, *_ in states} == {"COMPLETED"}
    with ledger.read() as connection:
        past = turns.history(connection, "small")
    numbers = [record.turn.number for record in past]
    worked = [message for _, name, message in states if name != "Skipped"]
    assert numbers == list(range(len(worked)))
    assert all(record.finished_at for record in past)
    assert all(
        "another run is at work" in message or "planned for" in message
        for _, name, message in states
        if name == "Skipped"
    )
    ledger.close()

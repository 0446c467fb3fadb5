"""What a look at the platform finds, and what it says to do."""

import json
import os
import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

import pytest

from cathode.access import Access
from cathode.errors import ServiceError
from cathode.ledger import Ledger, campaigns, health
from cathode.settings import Settings
from cathode.spec import parse_spec
from flows import deploying
from flows.api import ask
from flows.doctor.findings import State, looked_at
from flows.doctor.ledger import ledger as look_at_ledger
from flows.doctor.machine import access, home, telemetry, temporary, versions
from flows.doctor.servers import mlflow, prefect
from tests.flows.commands import cathode
from tests.helpers import free_port, fresh_database, layered
from tests.ledgers import at_first_version


def one(check, settings):
    (found,) = check(settings)
    return found


def test_versions_are_those_of_the_lock(tmp_path):
    lock = tmp_path / "lock"
    settings = Settings.at(tmp_path)

    def look(*lines):
        lock.write_text("# all\n" + "\n".join(lines))
        (found,) = versions(settings, lock)
        return found

    same = [f"{name}=={version(name)}" for name in ("prefect", "rich")]
    assert look(*same).state == State.ok
    assert look(*same, "no-such-package==1").words == "no-such-package is missing"
    odd = look(*same, "typer==0.0.1")
    assert (odd.state, odd.words) == (
        State.warning,
        f"typer {version('typer')} instead of 0.0.1",
    )
    assert look(*same, "SQLAlchemy==2.1.0").state == State.problem


def test_a_home_that_cannot_be_written_is_a_problem(tmp_path):
    assert one(home, Settings.at(tmp_path / "to" / "come")).state == State.ok
    assert not (tmp_path / "to").exists(), "looking makes nothing"
    (tmp_path / "file").write_text("")
    found = one(home, Settings.at(tmp_path / "file" / "home"))
    assert found.state == State.problem
    assert "set CATHODE_HOME" in found.remedy


def test_temporary_files_are_ours(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert one(temporary, Settings.at(tmp_path)).state == State.ok
    mine = tmp_path / f"cathode-{os.getuid()}"
    mine.mkdir()
    mine.chmod(0o777)
    assert one(temporary, Settings.at(tmp_path)).state == State.problem


def test_telemetry_that_was_switched_on_is_told(tmp_path, monkeypatch):
    for name in ("DO_NOT_TRACK", "MLFLOW_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    assert one(telemetry, Settings.at(tmp_path)).state == State.ok
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "false")
    assert "MLFLOW_DISABLE_TELEMETRY='false'" in one(telemetry, Settings.at(tmp_path)).words


def test_secrets_that_others_may_read_are_told(tmp_path, monkeypatch):
    file = tmp_path / "auth"
    file.write_text("lab:correct-horse-battery")
    file.chmod(0o644)
    monkeypatch.setenv("CATHODE_AUTH_FILE", str(file))
    first, second = access(Settings.at(tmp_path))
    assert (first.state, second.state) == (State.ok, State.warning)
    assert second.remedy == f"chmod 600 {file}"
    beyond = Settings.at(tmp_path, access=Access("0.0.0.0", "lab:correct-horse-battery"))
    assert next(iter(access(beyond))).state == State.warning


def test_the_ledger_is_looked_at_and_left_as_it_is(tmp_path):
    settings = Settings.at(tmp_path)
    assert "there is none yet" in next(iter(look_at_ledger(settings))).words
    at_first_version(settings.ledger_url)
    found, clock = look_at_ledger(settings)
    assert (found.state, clock.state) == (State.warning, State.ok)
    assert "has version 0001; 0002, 0003" in found.words
    Ledger.open(settings.ledger_url).close()
    assert next(iter(look_at_ledger(settings))).state == State.ok
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    assert next(iter(look_at_ledger(settings))).remedy == "update this code"


def test_the_clock_of_another_machine_is_compared(postgres, tmp_path, monkeypatch):
    url = fresh_database(postgres)
    Ledger.open(url, create=True).close()
    settings = Settings(tmp_path, url, "", 1)
    assert [each.state for each in look_at_ledger(settings)] == [State.ok, State.ok]
    monkeypatch.setattr(health, "_skew", lambda _: -70.0)
    _, clock = look_at_ledger(settings)
    assert clock.words == "the ledger's clock is 70 s behind"
    assert clock.remedy == "set both clocks by NTP"


def test_an_error_is_a_finding(tmp_path):
    def check(_):
        raise ServiceError("it is broken: mend it")

    (found,) = looked_at("it", check, Settings.at(tmp_path))
    assert (found.state, found.words, found.remedy) == (State.problem, "it is broken", "mend it")


@pytest.fixture
def served(prefect, tmp_path, monkeypatch):
    """Settings of a home with a campaign, beside the session's server."""
    monkeypatch.setenv("PREFECT_API_URL", prefect["PREFECT_API_URL"])
    settings = Settings.at(tmp_path / "home")
    opened = Ledger.open(settings.ledger_url, create=True)
    with opened.write() as connection:
        spec = parse_spec(layered(name=tmp_path.name.replace("_", "-")), "test")
        campaigns.register(connection, spec, "me")
    opened.close()
    return settings


def by_name(findings):
    return {each.name: each for each in findings}


def test_deployments_and_workers_that_are_missing_are_told(served, prefect):
    deploying.register(Settings.at(served.home / "other"))
    found = by_name(prefect_findings(served))
    assert found["Prefect"].state == State.ok
    assert found["deployments"].state == State.problem
    assert found["deployments"].words.startswith("missing: test-deployments")
    deploying.register(served)
    url, me = prefect["PREFECT_API_URL"], {"name": "me", "heartbeat_interval_seconds": 30}
    ask(f"{url}/work_pools/local/workers/heartbeat", Access(), me)
    found = by_name(prefect_findings(served))
    assert found["deployments"].state == State.ok
    assert found["worker"].state == State.ok


def prefect_findings(settings):
    return list(prefect(settings))


def test_late_runs_are_told(served, prefect):
    deploying.register(served)
    url = prefect["PREFECT_API_URL"]
    name = served.home.parent.name.replace("_", "-")
    deployment = ask(f"{url}/deployments/name/turn/{name}", Access())
    run = ask(f"{url}/deployments/{deployment['id']}/create_flow_run", Access(), {})
    when = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    state = {"type": "SCHEDULED", "name": "Late", "state_details": {"scheduled_time": when}}
    body = {"state": state, "force": True}
    ask(f"{url}/flow_runs/{run['id']}/set_state", Access(), body)
    found = by_name(prefect_findings(served))["runs"]
    assert found.state == State.warning
    assert run["name"] in found.words
    done = {"state": {"type": "CANCELLED"}, "force": True}
    ask(f"{url}/flow_runs/{run['id']}/set_state", Access(), done)


def test_servers_that_do_not_answer_are_named_with_what_starts_them(tmp_path, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{free_port()}/api")
    found = one(prefect, Settings.at(tmp_path))
    assert (found.state, "`cathode up`" in found.remedy) == (State.problem, True)
    settings = Settings(tmp_path, "", f"http://127.0.0.1:{free_port()}", 1)
    assert one(mlflow, settings).state == State.problem


def test_a_server_without_a_password_is_a_problem_where_there_should_be_one(served):
    guarded = Settings.at(served.home, access=Access(auth="lab:correct-horse-battery"))
    found = by_name(prefect_findings(guarded))["Prefect"]
    assert (found.state, found.words.endswith("asks for no password")) == (State.problem, True)


def test_the_command_says_whether_all_is_well(home, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{free_port()}/api")
    done = cathode("doctor")
    assert done.returncode == 1, done.stderr
    assert "problem  Prefect: no server answers at" in done.stdout
    assert not home.exists(), "looking makes nothing"
    found = json.loads(cathode("doctor", "--json").stdout)
    assert found["well"] is False
    assert {each["name"] for each in found["findings"]} >= {"versions", "ledger", "MLflow"}

"""The platform's databases on a real PostgreSQL server."""

import os
import subprocess
import sys

import pytest
from sqlalchemy import create_engine, text

from cathode.errors import BackupError, ServiceError
from cathode.settings import Settings
from cathode.urls import databases_at
from flows.databases import ensure_tracking
from flows.experiment import Tracker
from flows.postgres import connected, ensure_databases
from flows.postgres_tools import tool


@pytest.fixture
def server(postgres):
    """Address of the server, with its databases of the platform taken away afterwards."""
    yield postgres.rsplit("/", 1)[0]
    run(postgres, *(f"DROP DATABASE IF EXISTS {n} WITH (FORCE)" for n in NAMES))


NAMES = ("cathode", "mlflow", "prefect")


def run(url: str, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for each in statements:
            connection.execute(text(each))
    engine.dispose()


def settings_at(home, server) -> Settings:
    found = databases_at(server)
    return Settings(home, found.ledger, found.tracking, 1, databases=found)


def test_databases_that_are_missing_are_made_once(server, tmp_path):
    settings = settings_at(tmp_path, server)
    for _ in range(2):
        ensure_databases(settings)
    with connected(settings.ledger_url) as connection:
        names = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
    assert {*NAMES} <= names


def test_who_may_make_none_is_told_what_to_ask_for(postgres, server, tmp_path):
    run(postgres, "CREATE ROLE guest LOGIN PASSWORD 'hidden-word'")
    try:
        url = server.replace("cathode@", "guest:hidden-word@")
        with pytest.raises(ServiceError, match="CREATE DATABASE cathode OWNER guest") as refused:
            ensure_databases(settings_at(tmp_path, url))
        assert "permission denied" in str(refused.value)
        assert "hidden-word" not in str(refused.value)
    finally:
        run(postgres, "DROP ROLE guest")


def test_a_server_that_does_not_answer_is_named_without_the_password(tmp_path):
    with pytest.raises(ServiceError, match="see that it runs") as refused:
        ensure_databases(settings_at(tmp_path, "postgresql://me:hidden-word@127.0.0.1:1"))
    assert "hidden-word" not in str(refused.value)


FILL = """
import sys
from pathlib import Path
from cathode.settings import Settings
from cathode.urls import databases_at
from flows.databases import ensure_tracking
found = databases_at(sys.argv[1])
ensure_tracking(Settings(Path("."), found.ledger, found.tracking, 1, databases=found))
"""


@pytest.mark.slow
def test_mlflow_is_filled_by_one_of_several(server, tmp_path):
    settings = settings_at(tmp_path, server)
    ensure_databases(settings)
    fillers = [
        subprocess.Popen(
            [sys.executable, "-c", FILL, server],
            # Of containers that share no temporary folder, where MLflow keeps a lock itself.
            env=os.environ | {"TMPDIR": str(tmp_path)},
            stderr=subprocess.PIPE,
        )
        for _ in range(3)
    ]
    for each in fillers:
        _, errors = each.communicate(timeout=240)
        assert each.returncode == 0, errors.decode()
    tracker = Tracker.open(settings, "one")
    run_id = tracker.start("turn", "turn 0")
    tracker.client.log_text(run_id, "hello", "a.txt")
    assert list((tmp_path / "mlartifacts" / "one").rglob("a.txt")), "files lie in the home"
    ensure_tracking(settings)


def test_tools_are_found_by_their_version(tmp_path, monkeypatch):
    def install(folder, version):
        folder.mkdir(parents=True)
        program = folder / "pg_dump"
        program.write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {version}'\n")
        program.chmod(0o755)
        return program

    monkeypatch.setattr("flows.postgres_tools.PLACES", (str(tmp_path / "*" / "bin"),))
    monkeypatch.setenv("PATH", str(tmp_path / "own") + os.pathsep + "/usr/bin:/bin")
    old = install(tmp_path / "own", "13.2")
    middle, new = (install(tmp_path / v / "bin", f"{v}.1") for v in ("15", "17"))
    assert tool("pg_dump", 12) == old
    assert tool("pg_dump", 14) == middle
    assert tool("pg_dump", 16) == new
    with pytest.raises(BackupError, match="of version 18 or later.*install postgresql-client-18"):
        tool("pg_dump", 18)

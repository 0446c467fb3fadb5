"""Addresses of databases."""

from pathlib import Path

import pytest

from cathode.errors import SettingsError
from cathode.settings import Settings
from cathode.urls import absolute, databases_at, without_password


def test_one_server_has_three_databases_each_with_its_own_driver():
    found = databases_at("postgresql+psycopg://me:s%40fe@db.example:5433/?sslmode=require")
    server = "me:s%40fe@db.example:5433"
    assert found.ledger == f"postgresql+psycopg://{server}/cathode?sslmode=require"
    assert found.tracking == f"postgresql+psycopg://{server}/mlflow?sslmode=require"
    assert found.orchestration == f"postgresql+asyncpg://{server}/prefect?ssl=require"


def test_the_usual_port_is_filled_in():
    assert databases_at("postgresql://me@db").ledger == "postgresql+psycopg://me@db:5432/cathode"


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("sqlite:///x.db", "is no PostgreSQL server"),
        ("mysql://me@db", "is no PostgreSQL server"),
        ("postgresql+psycopg:///", "is no PostgreSQL server"),
        ("db.example", "is not understood"),
        ("postgresql://me:pw-secret@db:many", "is not understood"),
        ("postgresql://me:pw-secret@db/mine", "names the database 'mine': leave it out"),
        ("postgresql://me:pw-secret@db?options=x", "only sslmode goes for all three"),
    ],
)
def test_servers_that_are_none_are_named_without_their_password(server, words):
    with pytest.raises(SettingsError, match=words) as refused:
        databases_at(server)
    assert "pw-secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:p:w@db/x", "postgresql://me:***@db/x"),
        ("postgresql://me@db/x", "postgresql://me@db/x"),
        ("sqlite:////home/a:b@c/l.db", "sqlite:////home/a:b@c/l.db"),
        ("http://lab:secret@mlflow:5000", "http://lab:***@mlflow:5000"),
    ],
)
def test_addresses_are_shown_without_passwords(url, shown):
    assert without_password(url) == shown


def test_files_are_seen_from_everywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert absolute("sqlite:///a/l.db") == f"sqlite:///{tmp_path}/a/l.db"
    for same in ("sqlite:////srv/l.db", "sqlite:///:memory:", "postgresql://db/x", "ledger.db"):
        assert absolute(same) == same


def test_addresses_that_are_set_go_before_the_server(monkeypatch):
    monkeypatch.setenv("CATHODE_DATABASE_URL", "postgresql://me@db")
    monkeypatch.setenv("CATHODE_LEDGER_URL", "sqlite:////srv/l.db")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    found = Settings.from_environment()
    assert found.ledger_url == "sqlite:////srv/l.db"
    assert found.tracking_url == "postgresql+psycopg://me@db:5432/mlflow"
    assert isinstance(found.home, Path)

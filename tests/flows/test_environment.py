"""What Prefect and MLflow are told, and what each part of the platform is started with."""

import os
import sys

import pytest

from cathode.access import Access
from cathode.errors import SettingsError
from cathode.settings import Settings
from cathode.urls import databases_at
from flows import parts
from flows.environment import SECRETS, api_at, for_children, mlflow_at, prepare
from flows.running import known_as

AUTH = "lab:correct-horse-battery"


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    for name in list(os.environ):
        if name.startswith(("PREFECT_", "MLFLOW_", "CATHODE_", "DO_NOT_TRACK")):
            monkeypatch.delenv(name)


def told(settings: Settings) -> dict[str, str]:
    """What `prepare` sets, which is taken back."""
    before = dict(os.environ)
    prepare(settings)
    found = {name: value for name, value in os.environ.items() if before.get(name) != value}
    for name in found:
        del os.environ[name]
    return found


def test_nothing_leaves_the_machine_and_nobody_comes_in(tmp_path):
    found = told(Settings.at(tmp_path))
    assert found["PREFECT_API_URL"] == "http://127.0.0.1:4200/api"
    assert found["DO_NOT_TRACK"] == "1"
    assert found["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert found["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert not set(SECRETS) & set(found)


def test_a_platform_that_runs_is_found(tmp_path):
    settings = Settings.at(tmp_path)
    running = {"api": "http://127.0.0.1:4300/api", "mlflow": "http://127.0.0.1:5300"}
    with known_as(settings, running):
        assert told(settings)["PREFECT_API_URL"] == running["api"]
        assert mlflow_at(settings) == running["mlflow"]
    assert told(settings)["PREFECT_API_URL"] == "http://127.0.0.1:4200/api"
    assert mlflow_at(settings) == "http://127.0.0.1:5000"


def test_one_secret_is_told_to_all(tmp_path):
    found = told(Settings.at(tmp_path, access=Access("0.0.0.0", AUTH)))
    assert {found[name] for name in SECRETS} == {AUTH}
    assert found["MLFLOW_TRACKING_USERNAME"] == "lab"
    assert found["MLFLOW_TRACKING_PASSWORD"] == "correct-horse-battery"
    assert found["PREFECT_UI_API_URL"] == "/api", "seen from elsewhere, loopback is elsewhere"


def test_pages_come_from_where_the_server_is(tmp_path, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:4300/api")
    found = told(Settings.at(tmp_path, access=Access("0.0.0.0", AUTH, ("lab.example.org",))))
    origins = found["PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS"].split(",")
    assert {"http://localhost:4300", "https://lab.example.org"} <= set(origins)
    assert "*" not in origins


@pytest.mark.parametrize("name", SECRETS)
def test_two_secrets_are_refused(name, monkeypatch, tmp_path):
    monkeypatch.setenv(name, "someone:else-entirely")
    with pytest.raises(SettingsError, match=f"{name} is set to another secret") as refused:
        prepare(Settings.at(tmp_path, access=Access(auth=AUTH)))
    assert "horse" not in str(refused.value)
    assert "entirely" not in str(refused.value)


def test_prefect_is_told_of_its_database(tmp_path, monkeypatch):
    found = Settings(tmp_path, "", "", 1, databases=databases_at("postgresql://me@db"))
    name = "PREFECT_SERVER_DATABASE_CONNECTION_URL"
    assert told(found)[name] == "postgresql+asyncpg://me@db:5432/prefect"
    monkeypatch.setenv(name, "mine")
    assert name not in told(found)


def test_children_see_the_same_places_from_everywhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CATHODE_HOME", "home")
    monkeypatch.setenv("CATHODE_LEDGER_URL", "sqlite:///l.db")
    monkeypatch.setenv("CATHODE_AUTH_FILE", "auth")
    (tmp_path / "auth").write_text(AUTH)
    found = for_children(Settings.from_environment())
    assert found["CATHODE_HOME"] == str(tmp_path / "home")
    assert found["CATHODE_LEDGER_URL"] == f"sqlite:///{tmp_path}/l.db"
    assert found["CATHODE_AUTH_FILE"] == str(tmp_path / "auth")
    assert "MLFLOW_TRACKING_URI" not in found


@pytest.mark.parametrize(
    ("host", "prefect", "mlflow"),
    [
        ("127.0.0.1", "http://127.0.0.1:4200/api", "http://127.0.0.1:5000"),
        ("0.0.0.0", "http://127.0.0.1:4200/api", "http://127.0.0.1:5000"),
        ("::", "http://[::1]:4200/api", "http://[::1]:5000"),
        ("10.0.0.3", "http://10.0.0.3:4200/api", "http://10.0.0.3:5000"),
    ],
)
def test_servers_are_reached_where_they_listen(tmp_path, host, prefect, mlflow):
    settings = Settings.at(tmp_path, access=Access(host, AUTH))
    assert (api_at(settings, 4200), mlflow_at(settings)) == (prefect, mlflow)


def test_no_part_has_a_secret_on_its_command_line(tmp_path, monkeypatch):
    """Command lines are there for everybody on the machine to read."""
    databases = databases_at("postgresql://me:hidden-word@db")
    settings = Settings(
        tmp_path, databases.ledger, databases.tracking, 1, Access("0.0.0.0", AUTH), databases
    )
    monkeypatch.setattr("flows.databases.ensure_tracking", lambda _: None)
    monkeypatch.setattr("flows.databases.ensure_prefect", lambda: None)
    for name, (make, number) in parts.PARTS.items():
        command, environment = make(settings, number)
        assert command[0] == sys.executable
        assert str(number) in command
        assert not any("hidden-word" in each or "horse" in each for each in command), name
        if name == "mlflow":
            assert environment["MLFLOW_BACKEND_STORE_URI"] == databases.tracking
            assert environment["MLFLOW_AUTH_ADMIN_PASSWORD"] == "correct-horse-battery"
            assert (
                environment["MLFLOW_ARTIFACTS_DESTINATION"] == (tmp_path / "mlartifacts").as_uri()
            )


def test_mlflow_answers_to_names_that_are_allowed(tmp_path, monkeypatch):
    monkeypatch.setattr("flows.databases.ensure_tracking", lambda _: None)
    access = Access("0.0.0.0", AUTH, ("lab.example.org",))
    _, environment = parts.mlflow(Settings.at(tmp_path, access=access), 5000)
    hosts = environment["MLFLOW_SERVER_ALLOWED_HOSTS"].split(",")
    assert {"lab.example.org", "lab.example.org:5000", "localhost:5000"} <= set(hosts)
    origins = environment["MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"].split(",")
    assert "https://lab.example.org" in origins
    assert "*" not in environment["MLFLOW_SERVER_ALLOWED_HOSTS"]


def test_runs_that_a_server_keeps_are_not_served_again(tmp_path):
    with pytest.raises(SettingsError, match="is a server already"):
        parts.mlflow(Settings(tmp_path, "", "http://mlflow:5000", 1), 5000)


def test_secrets_are_written_for_nobody_else(tmp_path):
    pytest.importorskip("flask_wtf")
    from flows.mlflow_access import require_password

    settings = Settings.at(tmp_path, access=Access(auth=AUTH))
    first = require_password(settings)
    again = require_password(settings)
    assert first == again, "the key is made once"
    folder = tmp_path / "mlflow"
    assert {p.name: p.stat().st_mode & 0o777 for p in folder.iterdir()} == {
        "access.ini": 0o600,
        "secret.key": 0o600,
        "user": 0o600,
    }
    assert folder.stat().st_mode & 0o777 == 0o700
    text = (folder / "access.ini").read_text()
    assert "horse" not in text
    assert "auth_cache_ttl_seconds = 60" in text
    assert "default_permission = NO_PERMISSIONS" in text


@pytest.mark.filterwarnings(  # of MLflow's own making
    "ignore:starlette.middleware.wsgi is deprecated", "ignore:No path_separator found"
)
def test_another_secret_is_entered_and_the_one_before_works_no_more(tmp_path):
    pytest.importorskip("flask_wtf")
    from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore

    from flows.mlflow_access import book, require_password

    def secret(auth):
        require_password(Settings.at(tmp_path, access=Access(auth=auth)))

    secret(AUTH)
    store = SqlAlchemyStore()
    store.init_db(f"sqlite:///{book(Settings.at(tmp_path))}")
    store.create_user("lab", "correct-horse-battery", is_admin=True)  # as its server does
    store.create_user("guest", "another-long-word")
    secret("lab:quite-another-word")
    assert not store.authenticate_user("lab", "correct-horse-battery")
    assert store.authenticate_user("lab", "quite-another-word")
    secret("chemist:quite-another-word")
    assert not store.has_user("lab")
    assert store.get_user("chemist").is_admin
    assert store.authenticate_user("guest", "another-long-word"), "those that MLflow was given stay"

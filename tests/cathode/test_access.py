"""Where servers listen, who may use them, and what is refused."""

import pytest

from cathode.access import Access
from cathode.errors import SettingsError
from cathode.settings import Settings

GOOD = "lab:correct-horse-battery"


@pytest.fixture(autouse=True)
def _unset(monkeypatch):
    for name in ("HOST", "AUTH", "AUTH_FILE", "ALLOWED_HOSTS", "DATABASE_URL"):
        monkeypatch.delenv(f"CATHODE_{name}", raising=False)


def test_loopback_without_a_password_is_the_default():
    found = Access.from_environment()
    assert (found.host, found.auth, found.allowed_hosts) == ("127.0.0.1", None, ())
    assert found.local
    assert found.headers == {}
    assert found.credentials is None


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::", "lab.example.org"])
def test_other_machines_come_in_by_a_password_alone(monkeypatch, host):
    monkeypatch.setenv("CATHODE_HOST", host)
    with pytest.raises(SettingsError, match="nothing asks them for a password") as refused:
        Access.from_environment()
    assert "set CATHODE_AUTH=user:password, or unset CATHODE_HOST" in str(refused.value)
    monkeypatch.setenv("CATHODE_AUTH", GOOD)
    assert not Access.from_environment().local


@pytest.mark.parametrize(
    ("auth", "words"),
    [
        ("correct-horse-battery", "has no user"),
        (":correct-horse-battery", "has no user"),
        ("lab:", "password of 0 characters"),
        ("lab:short12", "password of 7 characters: at least 12"),
        ("lab:passwörter-gut", "beyond ASCII"),
        ("lab:two words here", "has blanks"),
    ],
)
def test_weak_secrets_are_refused_and_not_told(monkeypatch, auth, words):
    monkeypatch.setenv("CATHODE_AUTH", auth)
    with pytest.raises(SettingsError, match=words) as refused:
        Access.from_environment()
    assert auth not in str(refused.value)


@pytest.mark.parametrize(
    ("host", "reachable"),
    [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("10.0.0.2", "10.0.0.2"), ("::1", "[::1]")],
)
def test_a_machine_reaches_its_own_servers(host, reachable):
    assert Access(host, GOOD).reachable == reachable


def test_a_secret_may_come_from_a_file(monkeypatch, tmp_path):
    file = tmp_path / "auth"
    monkeypatch.setenv("CATHODE_AUTH_FILE", str(file))
    with pytest.raises(SettingsError, match="cannot be read"):
        Access.from_environment()
    file.write_text("\n")
    with pytest.raises(SettingsError, match="is empty"):
        Access.from_environment()
    file.write_text(f"{GOOD}\n")
    found = Access.from_environment()
    assert found.credentials == ("lab", "correct-horse-battery")
    assert found.headers == {"Authorization": "Basic bGFiOmNvcnJlY3QtaG9yc2UtYmF0dGVyeQ=="}
    monkeypatch.setenv("CATHODE_AUTH", GOOD)
    with pytest.raises(SettingsError, match="both set: unset one"):
        Access.from_environment()


@pytest.mark.parametrize("host", ["here there", "http://lab", "lab/x", "a,b"])
def test_hosts_that_are_none_are_named(monkeypatch, host):
    monkeypatch.setenv("CATHODE_HOST", host)
    with pytest.raises(SettingsError, match="is no address"):
        Access.from_environment()


def test_names_of_hosts_are_checked(monkeypatch):
    monkeypatch.setenv("CATHODE_ALLOWED_HOSTS", "lab.example.org, 10.0.0.7:5000,")
    assert Access.from_environment().allowed_hosts == ("lab.example.org", "10.0.0.7:5000")
    monkeypatch.setenv("CATHODE_ALLOWED_HOSTS", "*")
    with pytest.raises(SettingsError, match=r"names '\*', which is no host"):
        Access.from_environment()


def test_secrets_are_in_no_representation(monkeypatch):
    monkeypatch.setenv("CATHODE_AUTH", GOOD)
    monkeypatch.setenv("CATHODE_DATABASE_URL", "postgresql://me:hidden-word@db.example")
    found = Settings.from_environment()
    assert found.ledger_url == "postgresql+psycopg://me:hidden-word@db.example:5432/cathode"
    assert "hidden-word" not in repr(found)
    assert "correct-horse" not in repr(found)

"""Backups: made while others write, checked before anything is written, moved to other homes."""

import io
import json
import sqlite3
import subprocess
import sys
import tarfile
import time
from contextlib import closing
from pathlib import Path

import pytest
from filelock import FileLock
from mlflow.tracking import MlflowClient

from cathode.errors import BackupError
from cathode.ledger import Ledger, campaigns, lock
from cathode.settings import Settings
from cathode.spec import parse_spec
from flows.backups.manifest import NAME
from flows.backups.restoring import restore
from flows.backups.saving import save, snapshot
from flows.databases import ensure_mlflow
from flows.experiment import Tracker
from tests.flows.commands import cathode
from tests.helpers import fresh_database, layered
from tests.ledgers import at_first_version, content


@pytest.fixture(autouse=True)
def _own_prefect(monkeypatch):
    for name in ("PREFECT_HOME", "PREFECT_SERVER_DATABASE_CONNECTION_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def settings(tmp_path):
    """A home with a campaign, a logged run with a file, Prefect's database, a report, leavings."""
    found = Settings.at(tmp_path / "home")
    ledger = Ledger.open(found.ledger_url, create=True)
    with ledger.write() as connection:
        spec = parse_spec(layered(), "test", tmp_path)
        campaigns.register(connection, spec, "me")
    ledger.close()
    tracker = Tracker.open(found, "small")
    run = tracker.start("turn", "turn 0")
    tracker.client.log_text(run, "what was found", "found.txt")
    for name, text in {
        "reports/small.html": "<html>",
        "inbox/results.csv": "a,b",
        "logs/worker.log": "long",
        "up.json": "{}",
        "mlflow/secret.key": "hush",
        "mlflow/access.ini": "[mlflow]",
        "ledger.db.lock": "",
    }.items():
        file = found.home / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (found.home / "prefect").mkdir()
    with closing(sqlite3.connect(found.home / "prefect" / "prefect.db")) as connection:
        connection.execute("CREATE TABLE flow_run (name)")
        connection.execute("INSERT INTO flow_run VALUES ('one')")
        connection.commit()
    (found.home / "link").symlink_to("/etc/hostname")
    return found


@pytest.fixture
def backup(settings, tmp_path):
    """A backup of it."""
    save(settings, tmp_path / "b.tar")
    return tmp_path / "b.tar"


def names(file):
    with tarfile.open(file) as archive:
        return {member.name for member in archive}


def told(settings):
    ledger = Ledger.open(settings.ledger_url)
    try:
        return content(ledger)
    finally:
        ledger.close()


def rewritten(file, target, change):
    """The archive with its members changed: ``change(name, content)`` gives new ones."""
    with tarfile.open(file) as old, tarfile.open(target, "w") as new:
        for member in old:
            for name, data in change(member.name, old.extractfile(member).read()):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                new.addfile(info, io.BytesIO(data))
    return target


def test_a_backup_holds_what_is_kept_and_no_secrets(settings, tmp_path):
    found = save(settings, tmp_path / "b.tar")
    assert found.databases == ("prefect", "mlflow", "ledger")
    held = names(tmp_path / "b.tar")
    assert {name for name in held if "mlartifacts" not in name} == {
        "databases/prefect.db",
        "databases/mlflow.db",
        "databases/ledger.db",
        "home/reports/small.html",
        "home/inbox/results.csv",
        NAME,
    }
    assert found.files == len(held) - 4 == 3
    assert found.outside == (str(tmp_path / "table.csv"),), "the campaign's table lies elsewhere"
    assert (tmp_path / "b.tar").stat().st_mode & 0o077 == 0


def test_what_is_restored_is_what_was_saved(settings, backup, tmp_path):
    other = Settings.at(tmp_path / "other")
    found = restore(other, backup)
    assert told(other) == told(settings)
    assert found.campaigns == ("small",)
    assert found.moved_from == str(settings.home)
    assert (other.home / "inbox" / "results.csv").read_text() == "a,b"
    with closing(sqlite3.connect(other.home / "prefect" / "prefect.db")) as connection:
        assert connection.execute("SELECT name FROM flow_run").fetchall() == [("one",)]
    assert {p.name for p in other.home.iterdir()} == {
        *("inbox", "ledger.db", "mlartifacts", "mlflow.db", "prefect", "reports", "up.lock")
    }


def test_files_of_runs_are_found_in_another_home(settings, backup, tmp_path):
    other = Settings.at(tmp_path / "other")
    restore(other, backup)
    for each in (settings.home / "mlartifacts").rglob("found.txt"):
        each.unlink()
    client = MlflowClient(other.tracking_url)
    experiment = client.get_experiment_by_name("small")
    (run,) = client.search_runs([experiment.experiment_id])
    copy = client.download_artifacts(run.info.run_id, "found.txt", str(tmp_path))
    assert Path(copy).read_text() == "what was found"


def test_nothing_is_overwritten_without_a_word(settings, backup):
    with pytest.raises(BackupError, match=r"would overwrite .* and 3 more: restore into an empty"):
        restore(settings, backup)
    (settings.home / "inbox" / "results.csv").write_text("changed")
    (settings.home / "inbox" / "later.csv").write_text("later")
    before = told(settings)
    assert restore(settings, backup, force=True).moved_from is None
    assert (settings.home / "inbox" / "results.csv").read_text() == "a,b"
    assert (settings.home / "inbox" / "later.csv").read_text() == "later", "no file is taken away"
    assert told(settings) == before


def test_what_was_written_ahead_does_not_come_back(settings, backup):
    """A log of the database before would be played into the restored one."""
    before = told(settings)
    ledger = Ledger.open(settings.ledger_url)
    with ledger.write() as connection:
        campaigns.register(connection, parse_spec(layered(name="later"), "test"), "me")
    log = settings.home / "ledger.db-wal"
    assert log.exists()
    kept = log.read_bytes()
    ledger.close()
    log.write_bytes(kept)
    restore(settings, backup, force=True)
    assert told(settings) == before


def test_a_backup_is_not_overwritten_without_a_word(settings, backup):
    with pytest.raises(BackupError, match="is there already"):
        save(settings, backup)
    save(settings, backup, force=True)


def test_an_older_ledger_is_brought_up_to_date(tmp_path):
    old = Settings.at(tmp_path / "old")
    old.home.mkdir()
    at_first_version(old.ledger_url)
    save(old, tmp_path / "b.tar")
    found = restore(Settings.at(tmp_path / "new"), tmp_path / "b.tar")
    assert (found.before, found.campaigns) == ("0001", ("old",))
    assert found.now > "0001"
    assert told(Settings.at(tmp_path / "new"))["specs"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda n, d: [(n, d[:-1] + b"x" if n.startswith("home") else d)], "is not what was saved"),
        (lambda n, d: [] if "ledger" in n else [(n, d)], "damaged: databases/ledger.db is missing"),
        (lambda n, d: [(n, d), *([("home/more", b"")] if n == NAME else [])], "or too many"),
        (lambda n, d: [] if n == NAME else [(n, d)], "has no manifest.json"),
        (lambda n, d: [(n, b"{}" if n == NAME else d)], "is odd"),
        (lambda n, d: [(n, d.replace(b'"format": 1', b'"format": 9'))], "has format 9"),
        (lambda n, d: [(n, d.replace(b'"revision": "0', b'"revision": "9'))], "update it"),
        (lambda n, d: [(n, d.replace(b'"mlflow": "3.', b'"mlflow": "99.'))], "made with mlflow 99"),
        (lambda n, d: [(n, d.replace(b'"sqlite"', b'"postgresql"'))], "set CATHODE_DATABASE_URL"),
    ],
)
def test_damaged_and_foreign_backups_change_nothing(backup, tmp_path, change, words):
    other = Settings.at(tmp_path / "other")
    odd = rewritten(backup, tmp_path / "odd.tar", change)
    with pytest.raises(BackupError, match=words):
        restore(other, odd)
    assert {p.name for p in other.home.iterdir()} == {"up.lock"}


@pytest.mark.parametrize(
    "name",
    ["../out", "home/../../out", "/etc/out", "home//out", "home\\..\\out", "out", "databases/../x"],
)
def test_members_that_lead_out_of_the_home_are_refused(backup, tmp_path, name):
    def smuggle(member, data):
        if member != NAME:
            return [(member, data)]
        manifest = json.loads(data)
        manifest["members"][name] = "0" * 64
        return [(name, b"evil"), (member, json.dumps(manifest).encode())]

    odd = rewritten(backup, tmp_path / "odd.tar", smuggle)
    with pytest.raises(BackupError, match="leads out of the home: it was tampered with"):
        restore(Settings.at(tmp_path / "other"), odd, force=True)
    assert not list(tmp_path.rglob("*out"))


def test_links_in_a_backup_are_refused(backup, tmp_path):
    odd = tmp_path / "odd.tar"
    with tarfile.open(backup) as old, tarfile.open(odd, "w") as new:
        for member in old:
            link = tarfile.TarInfo(member.name)
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            is_link = member.name == "home/inbox/results.csv"
            new.addfile(link if is_link else member, None if is_link else old.extractfile(member))
    with pytest.raises(BackupError, match="is no plain file: it was tampered with"):
        restore(Settings.at(tmp_path / "other"), odd)


def test_links_in_a_home_are_not_written_through(backup, tmp_path):
    other, elsewhere = Settings.at(tmp_path / "other"), tmp_path / "elsewhere"
    elsewhere.mkdir()
    other.home.mkdir()
    (other.home / "inbox").symlink_to(elsewhere)
    with pytest.raises(BackupError, match="behind a link that leads out"):
        restore(other, backup, force=True)
    assert list(elsewhere.iterdir()) == []


def test_other_files_are_no_backups(tmp_path):
    odd = tmp_path / "x.tar"
    with pytest.raises(BackupError, match="there is no backup at"):
        restore(Settings.at(tmp_path), odd)
    odd.write_text("hello")
    with pytest.raises(BackupError, match="is no backup, or a part of one"):
        restore(Settings.at(tmp_path), odd)


def test_nothing_is_restored_under_somebody_at_work(settings, backup):
    with (
        FileLock(settings.home / "up.lock"),
        pytest.raises(BackupError, match="`cathode up` runs for"),
    ):
        restore(settings, backup, force=True)
    ledger = Ledger.open(settings.ledger_url)
    with lock(ledger, "small"), pytest.raises(BackupError, match="campaign 'small' runs"):
        restore(settings, backup, force=True)
    ledger.close()


def test_a_home_without_a_ledger_is_not_backed_up(tmp_path):
    with pytest.raises(BackupError, match="there is no ledger at"):
        save(Settings.at(tmp_path), tmp_path / "b.tar")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_database_is_told_and_the_backup_not_made(settings, tmp_path):
    file = settings.home / "mlflow.db"
    content = bytearray(file.read_bytes())
    content[8192:8292] = b"\xff" * 100
    file.write_bytes(content)
    with pytest.raises(BackupError, match=r"mlflow\.db is damaged"):
        save(settings, tmp_path / "b.tar")
    assert not (tmp_path / "b.tar").exists()


WRITER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], timeout=60)
connection.execute("PRAGMA journal_mode=WAL")
connection.execute("CREATE TABLE pair (a, b)")
print("writes", flush=True)
number = 0
while True:
    number += 1
    with connection:
        connection.execute("INSERT INTO pair VALUES (?, ?)", (number, None))
        connection.execute("UPDATE pair SET b = a WHERE b IS NULL")
"""


def test_a_copy_is_of_one_moment_whoever_writes(tmp_path):
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, tmp_path / "live.db"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert writer.stdout.readline() == "writes\n"
        sizes = []
        for number in range(5):
            time.sleep(0.2)
            copy = tmp_path / f"{number}.db"
            snapshot(tmp_path / "live.db", copy)
            with closing(sqlite3.connect(copy)) as connection:
                (size, last, halves) = connection.execute(
                    "SELECT count(*), max(a), sum(b IS NULL) FROM pair"
                ).fetchone()
            assert (size, halves) == (last, 0)
            sizes.append(size)
        assert sizes == sorted(set(sizes)), "it went on writing"
    finally:
        writer.kill()
        writer.communicate()


def test_the_commands_speak(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("CATHODE_HOME", str(settings.home))
    made = cathode("backup", tmp_path / "c.tar")
    assert made.returncode == 0, made.stderr
    assert "databases prefect, mlflow, ledger and 3 files" in made.stdout
    assert f"Not in it, as it lies outside the home: {tmp_path / 'table.csv'}" in made.stderr
    refused = cathode("restore", tmp_path / "c.tar")
    assert refused.returncode == 2
    assert len(refused.stderr.strip().splitlines()) == 1
    monkeypatch.setenv("CATHODE_HOME", str(tmp_path / "other"))
    done = cathode("restore", tmp_path / "c.tar", "--json")
    assert json.loads(done.stdout)["campaigns"] == ["small"]


def test_postgresql_is_copied_by_its_own_tools(postgres, tmp_path):
    old, new = (
        Settings(tmp_path / each, fresh_database(postgres), f"sqlite:///{tmp_path}/{each}/m.db", 1)
        for each in ("old", "new")
    )
    ledger = Ledger.open(old.ledger_url, create=True)
    with ledger.write() as connection:
        campaigns.register(connection, parse_spec(layered(), "test"), "me")
    ensure_mlflow(old.tracking_url)
    found = save(old, tmp_path / "b.tar")
    assert found.databases == ("mlflow", "ledger")
    assert "databases/ledger.dump" in names(tmp_path / "b.tar")
    restore(new, tmp_path / "b.tar")
    assert told(new) == content(ledger)
    with pytest.raises(BackupError, match="would overwrite .*the ledger database"):
        restore(new, tmp_path / "b.tar")
    restore(new, tmp_path / "b.tar", force=True)
    assert told(new) == content(ledger)
    ledger.close()
    with pytest.raises(BackupError, match="from postgresql, and the settings say sqlite: set"):
        restore(Settings.at(tmp_path / "third"), tmp_path / "b.tar")

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, create_engine, text

from cathode import ledger as ledger_package
from cathode.errors import LedgerError
from cathode.ledger import Ledger, measurements, proposals
from cathode.ledger.database import insert_new, migrations, newest_version, now
from cathode.ledger.tables import campaigns, metadata
from cathode.model import Candidate
from tests.helpers import fresh_database


def row(name):
    return {"name": name, "created_at": now()}


def test_migrations_and_tables_say_the_same(ledger):
    with ledger.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []


def test_the_newest_version_is_that_of_the_migrations():
    assert newest_version() == migrations().get_current_head()


def test_a_failed_write_leaves_nothing(ledger):
    with pytest.raises(ZeroDivisionError), ledger.write() as connection:
        connection.execute(campaigns.insert().values(row("a")))
        _ = 1 / 0
    with ledger.read() as connection:
        assert connection.execute(campaigns.select()).all() == []


def test_known_keys_are_left_out_and_only_those(ledger):
    with ledger.write() as connection:
        assert insert_new(connection, campaigns, "name", [row("a"), row("b"), row("a")]) == 2
        assert insert_new(connection, campaigns, "name", [row("b"), row("c")]) == 1
        assert insert_new(connection, campaigns, "name", []) == 0


def test_times_come_back_aware_and_equal(ledger):
    moment = datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    with ledger.write() as connection:
        connection.execute(campaigns.insert().values(name="a", created_at=moment))
    with ledger.read() as connection:
        found = connection.execute(campaigns.select()).one().created_at
    assert found == moment
    assert found.tzinfo is UTC


def test_sqlite_writes_ahead_and_waits(tmp_path):
    ledger = Ledger.open(f"sqlite:///{tmp_path}/l.db", create=True)
    with ledger.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 60_000
    ledger.close()


WRITER = """
import sys
from cathode import ledger as ledger_package
from cathode.ledger import Ledger, measurements, proposals
from cathode.ledger.database import insert_new, migrations, newest_version, now
from cathode.ledger.tables import campaigns
ledger = Ledger.open(sys.argv[1], create=True)
for i in range(40):
    with ledger.write() as connection:
        row = {"name": f"{sys.argv[2]}-{i}", "created_at": now()}
        insert_new(connection, campaigns, "name", [row])
"""


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_processes_that_create_and_write_at_once_all_succeed(database, tmp_path, request):
    url = f"sqlite:///{tmp_path}/l.db"
    if database == "postgresql":
        url = fresh_database(request.getfixturevalue("postgres"))
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, url, f"w{i}"], stderr=subprocess.PIPE)
        for i in range(4)
    ]
    for writer in writers:
        _, error = writer.communicate(timeout=120)
        assert writer.returncode == 0, error.decode()
    ledger = Ledger.open(url)
    with ledger.read() as connection:
        assert len(connection.execute(campaigns.select()).all()) == 160
    ledger.close()


def test_a_missing_ledger_is_not_made_by_looking(tmp_path):
    path = tmp_path / "home" / "ledger.db"
    with pytest.raises(LedgerError, match="there is no ledger at"):
        Ledger.open(f"sqlite:///{path}")
    assert not path.parent.exists()


def test_a_newer_ledger_is_refused_and_left_alone(ledger):
    url = ledger._engine.url.render_as_string(hide_password=False)
    with ledger.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LedgerError, match="has version 9999, newer than 0003 of this code"):
        Ledger.open(url, create=True)


def test_another_programs_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE recipes (id INTEGER)")
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="is no ledger .it holds 'recipes'."):
        Ledger.open(f"sqlite:///{path}", create=True)
    with sqlite3.connect(path) as other:
        tables = other.execute("SELECT name FROM sqlite_master").fetchall()
    assert tables == [("recipes",)], before


@pytest.mark.parametrize(
    ("url", "words"),
    [
        pytest.param("ledger.db", "not understood", id="no URL"),
        pytest.param("sqlite://", "in memory would be lost", id="memory"),
        pytest.param("sqlite:///:memory:", "in memory would be lost", id="memory file"),
        pytest.param(
            "postgresql+psycopg://a:secret@127.0.0.1:1/x", "cannot open the ledger", id="no server"
        ),
    ],
)
def test_unusable_urls_are_refused_without_their_password(url, words):
    with pytest.raises(LedgerError, match=words) as caught:
        Ledger.open(url, create=True)
    assert "secret" not in str(caught.value)


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / "ledger.db"
    path.write_bytes(b"not a database at all, but quite long enough to look at" * 40)
    with pytest.raises(LedgerError, match="file is not a database"):
        Ledger.open(f"sqlite:///{path}")


def test_a_ledger_of_an_earlier_version_is_brought_forward(tmp_path):
    """What there is was asked of, and answered by, the campaign's own evaluator."""
    url, moment = f"sqlite:///{tmp_path}/l.db", datetime(2026, 1, 1)  # noqa: DTZ001 - as stored
    migrations = Path(ledger_package.__file__).parent / "migrations"
    config, engine, then = Config(), create_engine(url), MetaData()
    config.set_main_option("script_location", str(migrations))
    of = {"campaign": "old", "turn": 0, "rank": 0}
    rows = {
        "campaigns": {"name": "old", "created_at": moment},
        "specs": {
            "campaign": "old",
            "revision": 0,
            "content": {},
            "recorded_at": moment,
            "recorded_by": "me",
        },
        "turns": {"campaign": "old", "number": 0, "revision": 0, "started_at": moment},
        "candidates": {
            "id": "c1",
            "content": Candidate.of("layered", {"M": {"Ni": 1}}).content(),
            "formula": "LiNiO2",
        },
        "proposals": {
            **of,
            "candidate": "c1",
            "proposer": "sobol",
            "reason": "r",
            "predictions": {},
            "proposed_at": moment,
        },
        "measurements": {
            **of,
            "candidate": "c1",
            "property": "p",
            "unit": "V",
            "value": 3.9,
            "status": "ok",
            "source": "s",
            "fidelity": "lab",
            "conditions": {},
            "recorded_by": "me",
            "recorded_at": moment,
            "submission": "one",
        },
    }
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        then.reflect(connection)
        for table, row in rows.items():
            connection.execute(then.tables[table].insert().values(row))
    engine.dispose()
    ledger = Ledger.open(url)
    with ledger.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []
        (proposal,) = proposals.of_campaign(connection, "old")
        (measured,) = measurements.effective(connection, "old")
    ledger.close()
    assert proposal.evaluator is None
    assert (measured.measurement.value, measured.measurement.evaluator) == (3.9, None)

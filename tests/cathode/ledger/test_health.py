"""How a ledger is, looked at without changing it."""

import pytest
from sqlalchemy import text

from cathode.errors import LedgerError, NoLedgerError
from cathode.ledger import Ledger
from cathode.ledger.health import examine, known_revisions, revision_of
from tests.helpers import fresh_database
from tests.ledgers import at_first_version


def test_a_sound_ledger_is_of_this_version(sqlite_ledger, tmp_path):
    found = examine(f"sqlite:///{tmp_path}/ledger.db")
    assert found.revision == found.head == max(known_revisions())
    assert (found.pending, found.newer, found.damage, found.skew_seconds) == ((), False, (), None)


def test_what_waits_is_told_and_not_done(tmp_path):
    url = f"sqlite:///{tmp_path}/ledger.db"
    at_first_version(url)
    assert examine(url).pending[:2] == ("0002", "0003")
    assert revision_of(url) == "0001", "looking changes nothing"


def test_newer_ledgers_are_told(sqlite_ledger, tmp_path):
    with sqlite_ledger.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    found = examine(f"sqlite:///{tmp_path}/ledger.db")
    assert (found.newer, found.revision, found.pending) == (True, "9999", ())


def test_damage_is_told(sqlite_ledger, tmp_path):
    sqlite_ledger.close()
    file = tmp_path / "ledger.db"
    content = bytearray(file.read_bytes())
    content[8192:8292] = b"\xff" * 100  # the head of a page
    file.write_bytes(content)
    assert examine(f"sqlite:///{file}").damage


def test_entries_that_lost_their_campaign_are_told(sqlite_ledger, tmp_path):
    with sqlite_ledger.read() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.execute(
            text("INSERT INTO specs VALUES ('lost', 0, '{}', '2026-01-01 00:00:00', 'me')")
        )
    (line,) = examine(f"sqlite:///{tmp_path}/ledger.db").damage
    assert "specs" in line
    assert "campaigns that is gone" in line


def test_a_missing_ledger_is_no_other_error(tmp_path, postgres):
    with pytest.raises(NoLedgerError, match="there is no ledger at"):
        examine(f"sqlite:///{tmp_path}/none.db")
    with pytest.raises(LedgerError, match="cannot open the ledger") as refused:
        examine("postgresql+psycopg://me@127.0.0.1:1/x")
    assert not isinstance(refused.value, NoLedgerError)
    url = fresh_database(postgres)
    assert examine(url).revision is None
    with pytest.raises(NoLedgerError, match="is empty"):
        Ledger.open(url)


def test_clocks_are_compared(postgres):
    url = fresh_database(postgres)
    Ledger.open(url, create=True).close()
    assert abs(examine(url).skew_seconds) < 1

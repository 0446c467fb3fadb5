"""Compare ledgers by what they say, without times and running numbers; make old ones."""

import json
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, select, text

from cathode.ledger import Ledger
from cathode.ledger.database import migrations
from cathode.ledger.tables import candidates, measurements, proposals, skills, specs, steps, turns

WITHOUT = {
    specs: {"recorded_at"},
    candidates: set(),
    turns: {"started_at", "finished_at"},
    steps: {"finished_at", "seconds"},
    skills: set(),
    proposals: {"proposed_at"},
    measurements: {"id", "recorded_at"},
}


def content(ledger: Ledger) -> dict[str, list[str]]:
    """Every row of every table that matters, in an order that does not depend on arrival."""
    found = {}
    with ledger.read() as connection:
        for table, without in WITHOUT.items():
            rows = [
                _row({k: v for k, v in row._mapping.items() if k not in without})
                for row in connection.execute(select(table))
            ]
            found[table.name] = sorted(rows)
    return found


def _row(values: dict[str, Any]) -> str:
    if "path" in values.get("content", {}).get("evaluator", {}):  # tests have folders of their own
        del values["content"]["evaluator"]["path"]
    if "result" in values:  # numbers of measurements depend on their arrival
        values["result"] = {k: v for k, v in values["result"].items() if k != "up_to"}
    return json.dumps(values, sort_keys=True, default=str)


def at_first_version(url: str) -> None:
    """Make a ledger as the first version of the platform did, with one campaign in it."""
    engine, config = create_engine(url), Config()
    config.set_main_option("script_location", migrations().dir)
    moment = "2026-01-01 00:00:00"
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        values = {"name": "old", "moment": moment}
        connection.execute(text("INSERT INTO campaigns VALUES (:name, :moment)"), values)
        row = text("INSERT INTO specs VALUES (:name, 0, '{}', :moment, 'me')")
        connection.execute(row, values)
    engine.dispose()

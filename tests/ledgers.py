"""Compare ledgers by what they say, without times and running numbers."""

import json
from typing import Any

from sqlalchemy import select

from cathode.ledger import Ledger
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

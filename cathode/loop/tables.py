"""Tables that people paste or name: looked at first, then entered, all rows or none."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from cathode.errors import SourceError
from cathode.lab.conditions import SHORT, checked_text
from cathode.lab.form import Form, text_box
from cathode.ledger import Ledger, campaigns
from cathode.loop.ingest import Ingested, ingest
from cathode.sources.spreadsheet import WORKBOOK, pasted_text, table_text

LONGEST_TABLE = 5_000_000
"""Characters of a pasted table."""

ENDINGS = (".csv", ".tsv", ".txt", WORKBOOK)

PASTED = Path("pasted table")

REMEDY = "say under Again whether it is a correction or a replicate"


class TableForm(Form):
    """Results of many candidates, with units in the headings."""

    campaign: str = text_box("Campaign", owed=True)
    table: str = text_box(
        "Table",
        "Cells pasted from a spreadsheet, CSV, or the name of a file (.csv, .xlsx) in the inbox.",
        LONGEST_TABLE,
        owed=True,
    )
    operator: str = text_box("Operator", "Your name.", owed=True)
    dry_run: bool = Field(
        True, title="Only look", description="Tells what would be stored, and stores nothing."
    )
    again: Literal["refuse", "correct", "replicate"] = Field(
        "refuse",
        title="Again",
        description="What a value means of which there is another one already.",
    )
    evaluator: str = text_box("Evaluator", "Name of a cheaper evaluator, if one answered.")


def take_table(ledger: Ledger, form: TableForm, inbox: Path) -> Ingested:
    """Look at a table, or enter it.

    Args:
        ledger: where to.
        form: the table and what it is.
        inbox: folder in which files may be named; nothing outside it is ever read.

    Raises:
        UnknownCampaignError: there is no such campaign.
        SourceError: something is wrong, a line per fault; nothing was written.
    """
    who = checked_text("Operator", form.operator, SHORT)
    with ledger.read() as connection:
        _, spec = campaigns.latest_spec(connection, form.campaign.strip())
    path, text = table_of(form.table, inbox)
    return ingest(
        ledger,
        spec,
        path,
        who,
        dry=form.dry_run,
        again=form.again,
        evaluator=form.evaluator.strip() or None,
        text=text,
        remedy=REMEDY,
    )


def table_of(table: str, inbox: Path) -> tuple[Path, str]:
    """What messages call a table, and its text.

    Args:
        table: pasted cells, or the name of a file in the inbox.
        inbox: the only folder that is read.

    Raises:
        SourceError: it is neither, or cannot be read.
    """
    name = table.strip()
    if "\n" in name or not name.lower().endswith(ENDINGS):
        checked_text("Table", table, LONGEST_TABLE)
        return PASTED, pasted_text(PASTED, table)
    name = checked_text("Table", name, SHORT)
    try:
        file = (inbox / name).resolve()
        inside = file.is_relative_to(inbox.resolve()) and file.is_file()
    except (OSError, ValueError):
        inside = False
    if not inside:
        there = sorted(f.name for f in inbox.glob("*") if f.suffix.lower() in ENDINGS)[:10]
        has = f"it has {', '.join(there)}" if there else f"put it into {inbox}"
        msg = f"Table: there is no file {name!r} in the inbox: {has}, or paste the cells"
        raise SourceError(msg)
    path = Path(file.name)
    return path, pasted_text(path, table_text(file))

"""Flows by which results come in, one candidate or a table at a time."""

from dataclasses import replace
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from cathode.errors import SourceError
from cathode.lab.form import ResultForm
from cathode.lab.problems import read_form
from cathode.loop.ingest import Ingested
from cathode.loop.submitting import Receipt, submit
from cathode.loop.tables import TableForm, take_table
from cathode.report.text import markdown_text
from cathode.settings import Settings
from flows.lab.answers import Answer, answered, points, table
from flows.lab.ledgers import opened
from flows.lab.orders import publish_orders

HEADINGS = ("property", "value", "")

MOST_LINES = 500
"""Values of a table that an answer lists."""


@flow(name="submit-result", validate_parameters=False, persist_result=False)
def submit_result(result: ResultForm) -> State:
    """Enter what was measured of one candidate.

    Args:
        result: leave empty what is not known yet; enter it when it is.
    """

    def work() -> Answer:
        form, ledger = read_form(ResultForm, plain(result)), opened()
        receipt = submit(ledger, form)
        known = (receipt.campaign, receipt.candidate)
        return replace(_received(receipt), afterwards=lambda: publish_orders(ledger, *known))

    return answered("submit-result", work)


@flow(name="submit-table", validate_parameters=False, persist_result=False)
def submit_table(submission: TableForm) -> State:
    """Enter results of many candidates from a table; look first, then store.

    Args:
        submission: rows named by candidate, or by composition and conditions.
    """

    def work() -> Answer:
        return _table(read_form(TableForm, plain(submission)))

    return answered("submit-table", work)


@flow(name="import-history", validate_parameters=False, persist_result=False)
def import_history(submission: TableForm) -> State:
    """Enter what was measured before the campaign, or outside it.

    Args:
        submission: rows named by composition and conditions; they need not have been proposed.
    """

    def work() -> Answer:
        form = read_form(TableForm, plain(submission))
        if form.evaluator:
            raise SourceError("Evaluator: a history has none; leave it empty.")
        return _table(form)

    return answered("import-history", work)


def plain(form: Any) -> Any:
    """What a page or a program sent, as plain data: checking it is ours, in words."""
    return form.model_dump() if hasattr(form, "model_dump") else form


def _table(form: TableForm) -> Answer:
    ledger = opened()
    answer = _taken(take_table(ledger, form, Settings.from_environment().inbox), form)
    if form.dry_run:
        return answer
    return replace(answer, afterwards=lambda: publish_orders(ledger, form.campaign.strip()))


def _received(receipt: Receipt) -> Answer:
    owed = ", ".join(name.replace("_", " ") for name in receipt.owed)
    new = sum(line.what.startswith("stored") for line in receipt.lines)
    title = f"Stored: {new} of {len(receipt.lines)} values of {receipt.candidate}"
    if not new:
        title = f"Nothing new: {receipt.candidate} has these values already"
    parts = [
        f"**{markdown_text(receipt.label)}** in campaign {markdown_text(receipt.campaign)}",
        table(HEADINGS, [(line.property, line.words, line.what) for line in receipt.lines]),
        points(receipt.notes),
        f"Still owed: {markdown_text(owed)}."
        if owed
        else "Nothing is owed for this candidate any more.",
    ]
    return Answer(title, "\n\n".join(filter(None, parts)))


def _taken(found: Ingested, form: TableForm) -> Answer:
    counts = f"{found.measurements} results of {found.candidates} candidates, {found.new} new"
    counts += f", {found.corrections} corrections" if found.corrections else ""
    counts += f", {found.unasked} candidates never proposed" if found.unasked else ""
    title = f"Looked at, nothing stored: {counts}" if form.dry_run else f"Stored: {counts}"
    rows = [(line.candidate, line.property, line.words, line.what) for line in found.lines]
    if form.dry_run:
        rows = [(*row[:3], row[3].replace("stored", "would be stored")) for row in rows]
    parts = [table(("candidate", *HEADINGS), rows[:MOST_LINES])]
    if len(rows) > MOST_LINES:
        parts.append(f"and {len(rows) - MOST_LINES} more.")
    if form.dry_run:
        parts.append("If this is right, enter it again with 'Only look' switched off.")
    return Answer(title, "\n\n".join(parts))

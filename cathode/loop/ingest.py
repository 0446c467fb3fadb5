"""Take in a table of results, all of it or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from cathode.errors import SourceError
from cathode.lab.counting import belonging, counted_as
from cathode.ledger import Ledger, proposals
from cathode.loop.entering import Again, Given, Line, record, require_people, resolved
from cathode.model import Candidate, Measurement, Property
from cathode.sources.gathering import Faults
from cathode.sources.results_table import Row, parse_table
from cathode.sources.spreadsheet import table_text
from cathode.space import PoolSpace
from cathode.spec import CampaignSpec, PoolSpec

REMEDY = "--again correct replaces it, --again replicate keeps both"


@dataclass(frozen=True)
class Ingested:
    """What a table brought.

    Attributes:
        candidates: rows with something in them.
        measurements: values and failures in these rows.
        new: how many of them the ledger has not, or had not.
        corrections: how many of the new ones replace another.
        unasked: rows whose candidate the campaign never proposed.
        lines: what became of each.
    """

    candidates: int
    measurements: int
    new: int
    corrections: int
    unasked: int
    lines: tuple[Line, ...] = ()


def ingest(
    ledger: Ledger,
    spec: CampaignSpec,
    path: Path,
    who: str,
    *,
    dry: bool,
    again: Again = "refuse",
    evaluator: str | None = None,
    text: str | None = None,
    remedy: str = REMEDY,
) -> Ingested:
    """Enter the results of a table; a row that is known already changes nothing.

    An empty cell was not measured yet; where the column ``failed`` gives a cause, it failed.

    Args:
        ledger: where to.
        spec: the campaign.
        path: CSV file or workbook; rows are named by ``candidate`` id, or by composition and
            conditions.
        who: who enters it.
        dry: look only, write nothing.
        again: what another result of the same property of a candidate means. Results of an
            order for a replicate are always replicates.
        evaluator: name of the cheaper evaluator whose results they are; None for the campaign's
            own.
        text: the content of the table, where it is no file; ``path`` is what messages call it then.
        remedy: how to say what another result means; ends the message where nobody said.

    Raises:
        SourceError: something in the table is wrong, a line per fault; nothing was written.
    """
    require_people(spec, evaluator)
    content = table_text(path) if text is None else text
    faults = Faults(gather=True)
    with ledger.read() if dry else ledger.write() as connection:
        known = known_candidates(connection, spec)
        properties, rows = parse_table(path, content, spec, known, faults=faults)
        given = [
            each
            for candidate, mine in rows.items()
            for row in mine
            for each in _given(path, spec, candidate, row, properties, evaluator, faults)
        ]
        entries = resolved(connection, spec, given, again, remedy, faults)
        faults.refuse()
        if not dry:
            entries = record(connection, spec, entries, who)
        asked = proposals.of_campaign(connection, spec.name)
    ids = {proposal.candidate.id for proposal in asked if proposal.evaluator == evaluator}
    found = {entry.candidate.id for entry in entries}
    new = [entry for entry in entries if entry.new]
    return Ingested(
        candidates=len(found),
        measurements=len(entries),
        new=len(new),
        corrections=sum(entry.supersedes is not None for entry in new),
        unasked=len(found - ids),
        lines=tuple(Line.of(entry) for entry in entries),
    )


def known_candidates(connection: Connection, spec: CampaignSpec) -> dict[str, Candidate]:
    """Candidates that people may name: those proposed or measured, and the rows of a pool."""
    pool = PoolSpace.from_spec(spec.space).named() if isinstance(spec.space, PoolSpec) else {}
    return {**proposals.candidates_of(connection, spec.name), **pool}


def _given(
    path: Path,
    spec: CampaignSpec,
    candidate: Candidate,
    row: Row,
    properties: Sequence[Property],
    evaluator: str | None,
    faults: Faults,
) -> list[Given]:
    """What a row brings."""
    found = list[Given]()
    with faults.noted():
        _require_asked(spec, row, evaluator)
        for read in _measured(path, candidate, row, properties):
            with faults.noted():
                kept = _counted(spec, candidate, row, read) if evaluator is None else read
                measurement = replace(kept, evaluator=evaluator)
                found.append(Given(row.where, candidate, measurement, row.order))
    return found


def _counted(
    spec: CampaignSpec, candidate: Candidate, row: Row, measured: Measurement
) -> Measurement:
    """The measurement under the name by which the campaign counts it."""
    if measured.value is None:
        return measured
    try:
        name = counted_as(spec, candidate, measured.property, measured.conditions)
    except SourceError as error:
        raise SourceError(f"{row.where}, {error}") from error
    return replace(measured, property=name)


def _require_asked(spec: CampaignSpec, row: Row, evaluator: str | None) -> None:
    """Refuse a row that says another evaluator was asked.

    Raises:
        SourceError: which one, and how to say so.
    """
    meant = evaluator or spec.evaluator.kind
    if row.asked is not None and row.asked != meant:
        own = row.asked == spec.evaluator.kind
        how = "leave --evaluator out" if own else f"use --evaluator {row.asked}"
        msg = f"{row.where}: a row of {row.asked!r} among results of {meant!r}: {how}"
        raise SourceError(msg)


def _measured(
    path: Path, candidate: Candidate, row: Row, properties: Sequence[Property]
) -> list[Measurement]:
    entries, origin = [], {"source": path.name, "fidelity": "lab"}
    for known in properties:
        conditions = belonging(row.conditions, known.name)
        read = row.measurement(candidate, known, conditions=conditions, **origin)
        if read is not None:
            entries.append(read)
        elif row.failed is not None:
            subject = (candidate.id, known.name, known.unit)
            remarks = belonging(row.conditions, "")
            failure = Measurement.failure(
                *subject, row.failed, "as the table says", conditions=remarks, **origin
            )
            entries.append(failure)
    return entries

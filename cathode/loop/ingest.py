"""Take in a table of results, all of it or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from cathode.errors import SourceError
from cathode.ledger import Ledger, proposals
from cathode.loop.entering import Again, Given, record, require_people, resolved
from cathode.model import Candidate, Measurement, Property
from cathode.sources.csv_cells import read_text
from cathode.sources.results_table import Row, parse_table
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
    """

    candidates: int
    measurements: int
    new: int
    corrections: int
    unasked: int


def ingest(
    ledger: Ledger,
    spec: CampaignSpec,
    path: Path,
    who: str,
    *,
    dry: bool,
    again: Again = "refuse",
    evaluator: str | None = None,
) -> Ingested:
    """Enter the results of a table; a row that is known already changes nothing.

    An empty cell was not measured yet; where the column ``failed`` gives a cause, it failed.

    Args:
        ledger: where to.
        spec: the campaign.
        path: CSV file; rows are named by ``candidate`` id, or by composition and conditions.
        who: who enters it.
        dry: look only, write nothing.
        again: what another result of the same property of a candidate means. Results of an
            order for a replicate are always replicates.
        evaluator: name of the cheaper evaluator whose results they are; None for the campaign's
            own.

    Raises:
        SourceError: something in the table is wrong; nothing was written.
    """
    require_people(spec, evaluator)
    text = read_text(path)
    with ledger.read() if dry else ledger.write() as connection:
        known = known_candidates(connection, spec)
        properties, rows = parse_table(path, text, spec, known)
        given = [
            each
            for candidate, row in rows.items()
            for each in _given(path, spec, candidate, row, properties, evaluator)
        ]
        entries = resolved(connection, spec, given, again, REMEDY)
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
) -> list[Given]:
    """What a row brings."""
    _require_asked(path, spec, row, evaluator)
    return [
        Given(str(path), candidate, replace(read, evaluator=evaluator), row.order)
        for read in _measured(path, candidate, row, properties)
    ]


def _require_asked(path: Path, spec: CampaignSpec, row: Row, evaluator: str | None) -> None:
    """Refuse a row that says another evaluator was asked.

    Raises:
        SourceError: which one, and how to say so.
    """
    meant = evaluator or spec.evaluator.kind
    if row.asked is not None and row.asked != meant:
        own = row.asked == spec.evaluator.kind
        how = "leave --evaluator out" if own else f"use --evaluator {row.asked}"
        msg = f"{path}: a row of {row.asked!r} among results of {meant!r}: {how}"
        raise SourceError(msg)


def _measured(
    path: Path, candidate: Candidate, row: Row, properties: Sequence[Property]
) -> list[Measurement]:
    entries, origin = [], {"source": path.name, "fidelity": "lab"}
    for known in properties:
        read = row.measurement(candidate, known, **origin)
        if read is not None:
            entries.append(read)
        elif row.failed is not None:
            subject = (candidate.id, known.name, known.unit)
            entries.append(Measurement.failure(*subject, row.failed, "as the table says", **origin))
    return entries

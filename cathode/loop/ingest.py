"""Take in a table of results, all of it or nothing."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection

from cathode.errors import SourceError
from cathode.ledger import Ledger, measurements, proposals
from cathode.ledger.measurements import Recorded
from cathode.model import Candidate, Measurement, Property, Proposal
from cathode.sources.csv_cells import read_text
from cathode.sources.results_table import Row, parse_table
from cathode.space import PoolSpace
from cathode.spec import CampaignSpec, LabSpec, PoolSpec

Again = Literal["refuse", "correct", "replicate"]
"""What a result means of which there is another one already."""


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


@dataclass(frozen=True)
class Entry:
    """A result to be entered.

    Attributes:
        measurement: what was measured.
        submission: its name, by which it is entered once.
        answers: the order it answers.
        supersedes: number of the result it corrects.
    """

    measurement: Measurement
    submission: str
    answers: Proposal | None
    supersedes: int | None = None


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
    _require_people(spec, evaluator)
    text = read_text(path)
    pool = PoolSpace.from_spec(spec.space).named() if isinstance(spec.space, PoolSpec) else {}
    # What is known is read in the transaction that writes: of two who enter different results of
    # one candidate at once, the second is told.
    with ledger.read() if dry else ledger.write() as connection:
        made = proposals.of_campaign(connection, spec.name)
        asked = [proposal for proposal in made if proposal.evaluator == evaluator]
        known = {**proposals.candidates_of(connection, spec.name), **pool}
        found = _entries(connection, spec, path, text, known, asked, again, evaluator)
        new = _unknown(connection, spec.name, found)
        if not dry:
            new = _record(connection, spec.name, found, who)
    ids = {proposal.candidate.id for proposal in asked}
    return Ingested(
        candidates=len(found),
        measurements=sum(map(len, found.values())),
        new=len(new),
        corrections=sum(entry.supersedes is not None for entry in new),
        unasked=sum(candidate.id not in ids for candidate in found),
    )


def _entries(
    connection: Connection,
    spec: CampaignSpec,
    path: Path,
    text: str,
    known: Mapping[str, Candidate],
    asked: Sequence[Proposal],
    again: Again,
    evaluator: str | None,
) -> dict[Candidate, list[Entry]]:
    """What the rows of a table bring, by candidate."""
    present = measurements.effective(connection, spec.name)
    properties, rows = parse_table(path, text, spec, known)
    found: dict[Candidate, list[Entry]] = {}
    for candidate, row in rows.items():
        mine = [proposal for proposal in asked if proposal.candidate.id == candidate.id]
        _require_asked(path, spec, row, evaluator)
        order = _order(path, row, mine)
        replicate = order if order is not None and order != mine[0] else None
        for read in _measured(path, candidate, row, properties):
            measurement = replace(read, evaluator=evaluator)
            entry = Entry(measurement, _submission(spec.name, measurement, replicate), order)
            before = _before(measurement, replicate, present)
            found.setdefault(candidate, []).append(_resolved(path, entry, before, again))
    return found


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


def _unknown(
    connection: Connection, campaign: str, found: Mapping[Candidate, Sequence[Entry]]
) -> list[Entry]:
    """Entries whose result the ledger has not yet."""
    known = {recorded.submission for recorded in measurements.effective(connection, campaign)}
    entries = [entry for each in found.values() for entry in each]
    return [entry for entry in entries if entry.submission not in known]


def _require_people(spec: CampaignSpec, evaluator: str | None) -> None:
    """Refuse results of an evaluator that the campaign has not, or that computes its own.

    Raises:
        SourceError: which there are.
    """
    people = [n for n, each in spec.cheaper.items() if isinstance(each.evaluator, LabSpec)]
    if evaluator is not None and evaluator not in people:
        known = f"{', '.join(people)} do" if people else "the campaign has none that does"
        msg = f"no people answer under the name {evaluator!r} beside the campaign's own: {known}"
        raise SourceError(msg)


def order_name(proposal: Proposal) -> str:
    """How tables name a work order."""
    return f"{proposal.turn}/{proposal.rank}"


def _record(
    connection: Connection, campaign: str, found: Mapping[Candidate, Sequence[Entry]], who: str
) -> list[Entry]:
    """Write all; returns what was new."""
    proposals.add_candidates(connection, list(found))
    return [
        entry
        for entries in found.values()
        for entry in entries
        if measurements.record(
            connection,
            campaign,
            entry.measurement,
            who,
            entry.submission,
            supersedes=entry.supersedes,
            answers=entry.answers,
        )
    ]


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


def _order(path: Path, row: Row, mine: Sequence[Proposal]) -> Proposal | None:
    """The order a row answers: the one it names, else the first of its candidate."""
    if row.order is None:
        return mine[0] if mine else None
    for proposal in mine:
        if order_name(proposal) == row.order:
            return proposal
    known = ", ".join(map(order_name, mine)) or "none"
    msg = f"{path}: order {row.order!r} is not of this candidate: its orders are {known}; those to "
    msg += "a cheaper evaluator need --evaluator"
    raise SourceError(msg)


def _before(
    measurement: Measurement, replicate: Proposal | None, present: Sequence[Recorded]
) -> list[Recorded]:
    """Results that count of the same property of a candidate, or of the same replicate."""
    return [
        known
        for known in present
        if known.measurement.candidate_id == measurement.candidate_id
        and known.measurement.property == measurement.property
        and known.measurement.evaluator == measurement.evaluator
        and (replicate is None or (known.turn, known.rank) == (replicate.turn, replicate.rank))
    ]


def _resolved(path: Path, entry: Entry, before: Sequence[Recorded], again: Again) -> Entry:
    """The entry, as a correction where it is one.

    Raises:
        SourceError: it differs from what is known, and nobody said what that means.
    """
    now = entry.measurement
    for known in before:
        if _outcome(known.measurement) == _outcome(now):
            return replace(entry, submission=known.submission)  # entered already, as it is
    if not before or again == "replicate":
        return entry
    last = max(before, key=lambda known: known.id)
    if again == "correct":
        name = f"{entry.submission}/for {last.id}"
        return Entry(now, name, entry.answers, last.id)
    msg = (
        f"{path}: {now.property} of {now.candidate_id} is {_words(last.measurement)} already, here "
        f"{_words(now)}: --again correct replaces it, --again replicate keeps both"
    )
    raise SourceError(msg)


def _outcome(measurement: Measurement) -> tuple[float | None, str | None, str | None]:
    return measurement.value, measurement.cause, measurement.bound


def _words(measurement: Measurement) -> str:
    if measurement.value is None:
        return f"failed ({measurement.cause})"
    return f"{measurement.bound or ''}{measurement.value:g} {measurement.unit}"


def _submission(campaign: str, measurement: Measurement, replicate: Proposal | None) -> str:
    """The same result has the same name, whatever table it comes in."""
    content = [campaign, measurement.candidate_id, measurement.property]
    content += [str(measurement.value), str(measurement.cause)]
    content += [measurement.bound] if measurement.bound is not None else []
    content += [order_name(replicate)] if replicate is not None else []
    content += [f"by {measurement.evaluator}"] if measurement.evaluator is not None else []
    return f"table/{hashlib.sha256(json.dumps(content).encode()).hexdigest()[:24]}"

"""Take in a table of results, all of it or nothing."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from cathode.errors import SourceError
from cathode.ledger import Ledger, measurements, proposals
from cathode.ledger.measurements import Recorded
from cathode.model import Candidate, Measurement, Property, Proposal
from cathode.sources.csv_cells import read_text
from cathode.sources.results_table import Row, parse_table
from cathode.space import PoolSpace
from cathode.spec import CampaignSpec, PoolSpec


class Again(StrEnum):
    """What a result means of which there is another one already."""

    refuse = "refuse"
    correct = "correct"
    replicate = "replicate"


@dataclass(frozen=True)
class Ingested:
    """What a table brought.

    Attributes:
        candidates: rows with something in them.
        measurements: values and failures in these rows.
        new: how many of them the ledger did not have.
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
    again: Again = Again.refuse,
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

    Raises:
        SourceError: something in the table is wrong; nothing was written.
    """
    with ledger.read() as connection:
        known = dict(proposals.candidates_of(connection, spec.name))
        asked = proposals.of_campaign(connection, spec.name)
        present = measurements.effective(connection, spec.name)
    if isinstance(spec.space, PoolSpec):
        known |= PoolSpace.from_spec(spec.space).named()
    properties, rows = parse_table(path, read_text(path), spec, known)
    found: dict[Candidate, list[Entry]] = {}
    for candidate, row in rows.items():
        mine = [proposal for proposal in asked if proposal.candidate.id == candidate.id]
        order = _order(path, row, mine)
        replicate = order is not None and order != mine[0]
        for measurement in _measured(path, candidate, row, properties):
            name = _submission(spec.name, measurement, order if replicate else None)
            entry = Entry(measurement, name, order)
            before = _before(measurement, order if replicate else None, present)
            found.setdefault(candidate, []).append(_resolved(path, entry, before, again))
    entries = [entry for each in found.values() for entry in each]
    new = [] if dry else _record(ledger, spec.name, found, who)
    ids = {proposal.candidate.id for proposal in asked}
    return Ingested(
        candidates=len(found),
        measurements=len(entries),
        new=len(new),
        corrections=sum(entry.supersedes is not None for entry in new),
        unasked=sum(candidate.id not in ids for candidate in found),
    )


def order_name(proposal: Proposal) -> str:
    """How tables name a work order."""
    return f"{proposal.turn}/{proposal.rank}"


def _record(
    ledger: Ledger, campaign: str, found: dict[Candidate, list[Entry]], who: str
) -> list[Entry]:
    """Write all in one transaction; returns what was new."""
    with ledger.write() as connection:
        proposals.add_candidates(connection, list(found))
        return [
            entry
            for each in found.values()
            for entry in each
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
    entries = []
    for known in properties:
        subject = (candidate.id, known.name, known.unit)
        value = row.values[known.name]
        if value is not None:
            entries.append(Measurement(*subject, value, source=path.name, fidelity="lab"))
        elif row.failed is not None:
            origin = {"source": path.name, "fidelity": "lab"}
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
    msg = f"{path}: order {row.order!r} is not of this candidate: its orders are {known}"
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
        and (replicate is None or (known.turn, known.rank) == (replicate.turn, replicate.rank))
    ]


def _resolved(path: Path, entry: Entry, before: Sequence[Recorded], again: Again) -> Entry:
    """The entry, as a correction where it is one.

    Raises:
        SourceError: it differs from what is known, and nobody said what that means.
    """
    now = entry.measurement
    outcome = (now.value, now.cause)
    for known in before:
        if (known.measurement.value, known.measurement.cause) == outcome:
            return replace(entry, submission=known.submission)  # entered already, as it is
    if not before or again is Again.replicate:
        return entry
    last = max(before, key=lambda known: known.id)
    if again is Again.correct:
        name = f"{entry.submission}/for {last.id}"
        return Entry(now, name, entry.answers, last.id)
    msg = (
        f"{path}: {now.property} of {now.candidate_id} is {_words(last.measurement)} already, here "
        f"{_words(now)}: --again correct replaces it, --again replicate keeps both"
    )
    raise SourceError(msg)


def _words(measurement: Measurement) -> str:
    if measurement.value is None:
        return f"failed ({measurement.cause})"
    return f"{measurement.value:g} {measurement.unit}"


def _submission(campaign: str, measurement: Measurement, replicate: Proposal | None) -> str:
    """The same result has the same name, whatever table it comes in."""
    content = [campaign, measurement.candidate_id, measurement.property]
    content += [str(measurement.value), str(measurement.cause)]
    content += [order_name(replicate)] if replicate is not None else []
    return f"table/{hashlib.sha256(json.dumps(content).encode()).hexdigest()[:24]}"

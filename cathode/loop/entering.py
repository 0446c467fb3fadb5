"""Enter results that people hand in: each once, all of them or nothing.

Of two who hand in different results of one thing at once, the second is told: what is known is read
in the transaction that writes.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy import Connection

from cathode.errors import SourceError
from cathode.lab.conditions import in_words, same_conditions
from cathode.ledger import measurements, proposals
from cathode.ledger.measurements import Recorded
from cathode.model import Candidate, Measurement, Proposal
from cathode.sources.gathering import Faults
from cathode.spec import CampaignSpec, LabSpec

Again = Literal["refuse", "correct", "replicate"]
"""What a result means of which there is another one already."""


@dataclass(frozen=True)
class Given:
    """A result as somebody hands it in.

    Attributes:
        where: begins messages, such as ``table.csv, line 3``.
        candidate: what was measured.
        measurement: what came of it.
        order: name of the order it answers; the first of the candidate if None.
    """

    where: str
    candidate: Candidate
    measurement: Measurement
    order: str | None = None


@dataclass(frozen=True)
class Entry:
    """A result to be entered.

    Attributes:
        candidate: what was measured.
        measurement: what came of it.
        submission: its name, by which it is entered once.
        answers: the order it answers.
        supersedes: number of the result it corrects.
        new: whether the ledger has not had it before.
    """

    candidate: Candidate
    measurement: Measurement
    submission: str
    answers: Proposal | None
    supersedes: int | None = None
    new: bool = True


@dataclass(frozen=True)
class Line:
    """What became of one value, for those who handed it in.

    Attributes:
        candidate: id.
        property: name of the property.
        words: what was measured, such as ``181 mAh/g``, or why there is nothing.
        what: ``stored``, ``known already, nothing changed`` or ``stored; it replaces ...``.
    """

    candidate: str
    property: str
    words: str
    what: str

    @classmethod
    def of(cls, entry: Entry) -> "Line":
        """What became of an entry."""
        now = entry.measurement
        what = "stored" if entry.new else "known already, nothing changed"
        if entry.new and entry.supersedes is not None:
            what = f"stored; it replaces result {entry.supersedes}, which is kept"
        return cls(now.candidate_id, now.property, in_full(now), what)


def in_full(measurement: Measurement) -> str:
    """What came of a measurement, and how it was measured."""
    return ", ".join(filter(None, (words_of(measurement), in_words(measurement.conditions))))


def resolved(
    connection: Connection,
    spec: CampaignSpec,
    given: Sequence[Given],
    again: Again,
    remedy: str,
    faults: Faults | None = None,
) -> list[Entry]:
    """What results mean beside those that are known: new ones, corrections, or old ones.

    A result with a label of its own (condition ``cell``) is a replicate of those with others. The
    same holds of results of an order for a replicate.

    Args:
        connection: the transaction that writes, if anything is written.
        spec: the campaign.
        given: the results.
        again: what one means that differs from what is known of the same.
        remedy: how to say what it means; ends the message where nobody said.
        faults: where faults are noted; else the first is refused.

    Raises:
        SourceError: one differs from what is known, and ``again`` does not say what that means; or
            its order is not of its candidate.
    """
    ids = sorted({each.candidate.id for each in given})
    every = measurements.every(connection, spec.name, candidates=ids)
    present = measurements.counting(every)
    made = proposals.of_campaign(connection, spec.name, only=ids)
    known = {recorded.submission for recorded in present}
    found, noted = list[Entry](), faults or Faults()
    for each in given:
        with noted.noted():
            entry = _resolved(spec, each, made, present, again, remedy)
            entry = replace(entry, new=entry.submission not in known)
            found.append(_renamed(entry, every) if entry.new else entry)
    return found


def _resolved(
    spec: CampaignSpec,
    given: Given,
    made: Sequence[Proposal],
    present: Sequence[Recorded],
    again: Again,
    remedy: str,
) -> Entry:
    """What a result means beside those that count."""
    measurement = given.measurement
    mine = [
        proposal
        for proposal in made
        if proposal.candidate.id == given.candidate.id
        and proposal.evaluator == measurement.evaluator
    ]
    order = _order(given, mine)
    replicate = order if order is not None and order != mine[0] else None
    name = _submission(spec.name, measurement, replicate)
    entry = Entry(given.candidate, measurement, name, order)
    before = _before(measurement, replicate, present)
    return _placed(given.where, entry, before, again, remedy)


def _renamed(entry: Entry, every: Sequence[Recorded]) -> Entry:
    """Under another name where the same was entered before, and was corrected or taken back."""
    past = [known.id for known in every if known.submission == entry.submission]
    if not past:
        return entry
    newest = max(
        known.id
        for known in every
        if known.measurement.candidate_id == entry.measurement.candidate_id
        and known.measurement.property == entry.measurement.property
    )
    return replace(entry, submission=f"{entry.submission}/after {newest}")


def record(
    connection: Connection, spec: CampaignSpec, entries: Sequence[Entry], who: str
) -> list[Entry]:
    """Write all; each says afterwards whether it was new."""
    proposals.add_candidates(
        connection, list({e.candidate.id: e.candidate for e in entries}.values())
    )
    return [
        replace(
            entry,
            new=measurements.record(
                connection,
                spec.name,
                entry.measurement,
                who,
                entry.submission,
                supersedes=entry.supersedes,
                answers=entry.answers,
            ),
        )
        for entry in entries
    ]


def require_people(spec: CampaignSpec, evaluator: str | None) -> None:
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
    """How tables and forms name a work order."""
    return f"{proposal.turn}/{proposal.rank}"


def words_of(measurement: Measurement) -> str:
    """What came of a measurement: a value with its unit, or why there is none."""
    if measurement.value is None:
        return f"failed ({measurement.cause})"
    return f"{measurement.bound or ''}{measurement.value:g} {measurement.unit}".rstrip()


def _order(given: Given, mine: Sequence[Proposal]) -> Proposal | None:
    """The order a result answers: the one it names, else the first of its candidate."""
    if given.order is None:
        return mine[0] if mine else None
    for proposal in mine:
        if order_name(proposal) == given.order:
            return proposal
    known = ", ".join(map(order_name, mine)) or "none"
    msg = (
        f"{given.where}: order {given.order!r} is not of this candidate: its orders are {known}; "
        "those to a cheaper evaluator need its name"
    )
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
        and known.measurement.conditions.get("cell") == measurement.conditions.get("cell")
        and (replicate is None or (known.turn, known.rank) == (replicate.turn, replicate.rank))
    ]


def _placed(
    where: str, entry: Entry, before: Sequence[Recorded], again: Again, remedy: str
) -> Entry:
    """The entry, as a correction where it is one."""
    now = entry.measurement
    for known in before:
        if _same(known.measurement, now):
            return replace(entry, submission=known.submission)  # entered already, as it is
    if not before or again == "replicate":
        return entry
    last = max(before, key=lambda known: known.id)
    if again == "correct":
        name = f"{entry.submission}/for {last.id}"
        return replace(entry, submission=name, supersedes=last.id)
    was, is_ = in_full(last.measurement), in_full(now)
    msg = f"{where}: {now.property} of {now.candidate_id} is {was} already, here {is_}: {remedy}"
    raise SourceError(msg)


def _same(one: Measurement, other: Measurement) -> bool:
    alike = (one.value, one.cause, one.bound) == (other.value, other.cause, other.bound)
    return alike and same_conditions(one.conditions, other.conditions)


def _submission(campaign: str, measurement: Measurement, replicate: Proposal | None) -> str:
    """The same result has the same name, however it comes in."""
    content = [campaign, measurement.candidate_id, measurement.property]
    content += [str(measurement.value), str(measurement.cause)]
    content += [measurement.bound] if measurement.bound is not None else []
    content += [order_name(replicate)] if replicate is not None else []
    content += [f"by {measurement.evaluator}"] if measurement.evaluator is not None else []
    # Named as ledgers of earlier versions have them where there are no conditions.
    content += [in_words(measurement.conditions)] if in_words(measurement.conditions) else []
    return f"table/{hashlib.sha256(json.dumps(content).encode()).hexdigest()[:24]}"

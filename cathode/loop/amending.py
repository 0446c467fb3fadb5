"""Correct or take back a result, and say who has learned from the old value.

The old value stays in the ledger for ever; what supersedes it says who did it, when and why.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import Connection

from cathode.errors import SourceError
from cathode.lab.conditions import LONGEST, SHORT, checked_text
from cathode.lab.form import Form, text_box
from cathode.ledger import Ledger, campaigns, measurements, proposals, skills, turns
from cathode.ledger.measurements import Recorded
from cathode.loop.entering import in_full, words_of
from cathode.loop.submitting import named
from cathode.model import Status


class AmendForm(Form):
    """Correct a result that was entered, or take it back; the old one is kept, too."""

    campaign: str = text_box("Campaign", owed=True)
    candidate: str = text_box("Candidate", "Its id.", owed=True)
    property: str = text_box("Property", "Such as discharge_capacity.", owed=True)
    action: Literal["correct", "retract"] = Field(
        "correct", title="Action", description="Retract takes it back: it is owed again."
    )
    value: float | None = Field(
        None, title="Right value", description="To correct; in the unit of the old one."
    )
    reason: str = text_box("Reason", "Why the old value is wrong.", LONGEST, owed=True)
    operator: str = text_box("Operator", "Your name.", owed=True)
    cell: str = text_box("Cell or sample", "Its label, where there are replicates.")
    result: int | None = Field(
        None, title="Number of the result", description="Where there are several.", ge=1
    )


@dataclass(frozen=True)
class Use:
    """A turn that looked at a value while it counted.

    Attributes:
        turn: number of the turn.
        surrogates: names of those that were fitted to the property, the champion first.
        proposals: ids of the candidates that were proposed then.
    """

    turn: int
    surrogates: tuple[str, ...]
    proposals: tuple[str, ...]


@dataclass(frozen=True)
class Amended:
    """What became of an amendment.

    Attributes:
        campaign: name of the campaign.
        candidate: id.
        property: name of the property.
        old: number of the result that no longer counts.
        old_words: what it said.
        new: number of the result in its place.
        new_words: what this says.
        reason: why.
        who: who amended.
        used_by: who has learned from the old one.
    """

    campaign: str
    candidate: str
    property: str
    old: int
    old_words: str
    new: int
    new_words: str
    reason: str
    who: str
    used_by: tuple[Use, ...]

    def as_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        return asdict(self)


def amend(ledger: Ledger, form: AmendForm) -> Amended:
    """Write what supersedes a result.

    Raises:
        UnknownCampaignError: there is no such campaign.
        SourceError: there is no such result, or several; or a value is missing. Nothing was
            written.
    """
    who = checked_text("Operator", form.operator, SHORT)
    reason = checked_text("Reason", form.reason, LONGEST)
    with ledger.write() as connection:
        _, spec = campaigns.latest_spec(connection, form.campaign.strip())
        candidate = named(connection, spec, form.candidate)
        old = _old(connection, spec.name, candidate.id, form)
        new = _replaced(old, form, reason)
        name = f"amend/{old.id}"
        answers = [
            proposal
            for proposal in proposals.of_campaign(connection, spec.name)
            if (proposal.turn, proposal.rank) == (old.turn, old.rank)
        ]
        measurements.record(
            connection, spec.name, new, who, name, old.id, answers[0] if answers else None
        )
        written = next(r for r in measurements.every(connection, spec.name) if r.submission == name)
        used = used_by(connection, spec.name, old, written)
    words = "taken back" if new.status is Status.RETRACTED else words_of(new)
    return Amended(
        spec.name,
        candidate.id,
        old.measurement.property,
        old.id,
        words_of(old.measurement),
        written.id,
        words,
        reason,
        who,
        used,
    )


def used_by(
    connection: Connection, campaign: str, old: Recorded, new: Recorded | None
) -> tuple[Use, ...]:
    """The turns that looked at a result while it counted, with what they made of it.

    Args:
        connection: any transaction.
        campaign: name of the campaign.
        old: the result.
        new: what supersedes it; None while it counts.
    """
    fitted = skills.of_campaign(connection, campaign)
    made = proposals.of_campaign(connection, campaign)
    found = []
    for record in turns.history(connection, campaign):
        up_to = record.results.get("assimilate", {}).get("up_to", 0)
        if not old.id <= up_to or (new is not None and new.id <= up_to):
            continue
        number = record.turn.number
        mine = [s for s in fitted.get(number, []) if s.property == old.measurement.property]
        names = tuple(s.surrogate for s in sorted(mine, key=lambda s: not s.champion))
        asked = tuple(p.candidate.id for p in made if p.turn == number)
        found.append(Use(number, names, asked))
    return tuple(found)


def _old(connection: Connection, campaign: str, candidate: str, form: AmendForm) -> Recorded:
    """The result that is meant."""
    mine = [
        known
        for known in measurements.effective(connection, campaign)
        if known.measurement.candidate_id == candidate
    ]
    name = form.property.strip()
    found = [known for known in mine if known.measurement.property == name]
    if not found:
        known_names = sorted({known.measurement.property for known in mine})
        has = ", ".join(known_names) or "none"
        msg = f"Property: {candidate} has no result of {name!r}; it has {has}."
        raise SourceError(msg)
    if form.cell:
        cell = form.cell.strip()
        found = [k for k in found if k.measurement.conditions.get("cell") == cell]
    if form.result is not None:
        found = [known for known in found if known.id == form.result]
    if len(found) == 1:
        return found[0]
    several = found or [known for known in mine if known.measurement.property == name]
    told = "; ".join(_told(known) for known in several)
    what = "which of them is meant" if found else "none of them is meant by cell and number"
    msg = f"Number of the result: {candidate} has {told}; {what}?"
    raise SourceError(msg)


def _told(known: Recorded) -> str:
    return f"number {known.id}: {in_full(known.measurement)}"


def _replaced(old: Recorded, form: AmendForm, reason: str) -> Any:
    if form.action == "retract":
        if form.value is not None:
            msg = f"Right value: {form.value:g}, but the action is retract; change one of them."
            raise SourceError(msg)
        return old.measurement.retraction(reason)
    if form.value is None:
        raise SourceError("Right value: it is empty; give it, or retract the result.")
    if old.measurement.value == form.value and old.measurement.status is Status.OK:
        msg = f"Right value: {form.value:g} is what result {old.id} says already."
        raise SourceError(msg)
    return replace(
        old.measurement,
        value=form.value,
        status=Status.OK,
        bound=None,
        cause=None,
        detail=reason,
        sigma=None,
    )

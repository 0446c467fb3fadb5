"""Take in what a lab engineer entered in the form: all of it or nothing, and a clear answer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Connection

from cathode.errors import SourceError
from cathode.lab.conditions import CONDITIONS, SHORT, Value, checked_text
from cathode.lab.counting import ELSEWHERE, belonging, counted_as
from cathode.lab.form import ResultForm
from cathode.ledger import Ledger, campaigns, proposals
from cathode.loop.entering import Again, Entry, Given, Line, order_name, record, resolved
from cathode.loop.ingest import known_candidates
from cathode.loop.observations import observe
from cathode.model import PROPERTIES, Candidate, Measurement, Proposal
from cathode.physics.formulas import label
from cathode.spec import CampaignSpec, PoolSpec

NEAREST = 3
"""Ids that are proposed where one is not known."""

SURPRISING = 3.0
"""Standard deviations from what was expected beyond which a value is asked about."""

REMEDY = (
    "if the new value is the right one, switch on Correction; if it is of another cell, give it a "
    "label under Cell or sample"
)


@dataclass(frozen=True)
class Receipt:
    """The answer to a submission.

    Attributes:
        campaign: name of the campaign.
        candidate: id.
        label: formula and conditions of making.
        lines: what became of each value.
        notes: what is worth knowing.
        owed: properties that the campaign still waits for.
    """

    campaign: str
    candidate: str
    label: str
    lines: tuple[Line, ...]
    notes: tuple[str, ...]
    owed: tuple[str, ...]


def submit(ledger: Ledger, form: ResultForm) -> Receipt:
    """Enter a form; the same one again changes nothing.

    Raises:
        UnknownCampaignError: there is no such campaign.
        SourceError: something is wrong; nothing was written.
    """
    who = checked_text("Operator", form.operator, SHORT)
    with ledger.write() as connection:
        _, spec = campaigns.latest_spec(connection, form.campaign.strip())
        candidate = named(connection, spec, form.candidate)
        order = _order(connection, spec, candidate, form.order)
        evaluator = None if order is None else order.evaluator
        measured = [
            replace(each, evaluator=evaluator) for each in _measurements(spec, candidate, form)
        ]
        asked = form.order.strip() or None
        given = [Given("This result", candidate, each, asked) for each in measured]
        again: Again = "correct" if form.correction else "refuse"
        entries = record(connection, spec, resolved(connection, spec, given, again, REMEDY), who)
    return _receipt(ledger, spec, candidate, entries)


def named(connection: Connection, spec: CampaignSpec, text: str) -> Candidate:
    """The candidate that somebody means.

    Raises:
        SourceError: there is none; the nearest ids are named.
    """
    name = checked_text("Candidate", text, SHORT)
    spellings = (name, name.lower(), f"c-{name.lower()}")
    if not isinstance(spec.space, PoolSpec):  # without reading all candidates there are
        found = proposals.candidates_of(connection, spec.name, only=spellings)
        if found:
            return next(iter(found.values()))
    known = known_candidates(connection, spec)
    for spelling in spellings:
        if spelling in known:
            return known[spelling]
    near = get_close_matches(name.lower(), known, n=NEAREST, cutoff=0.4)
    told = [f"{each} ({label(known[each], spec.units)})" for each in near]
    hint = f"The nearest are {'; '.join(told)}." if told else "It has none that looks like it."
    msg = f"{spec.name} has no candidate {name!r}. {hint} Look at the work order, and try again."
    raise SourceError(msg)


def _order(
    connection: Connection, spec: CampaignSpec, candidate: Candidate, text: str
) -> Proposal | None:
    """The order that is named; None where none is."""
    if not text.strip():
        return None
    made = proposals.of_campaign(connection, spec.name, only=[candidate.id])
    mine = {order_name(proposal): proposal for proposal in made}
    if text.strip() not in mine:
        known = ", ".join(mine) or "none"
        msg = f"Work order: {text.strip()!r} is not of {candidate.id}; its orders are {known}."
        raise SourceError(msg)
    return mine[text.strip()]


def _measurements(spec: CampaignSpec, candidate: Candidate, form: ResultForm) -> list[Measurement]:
    """What the form says, value by value."""
    conditions = _conditions(form)
    values = _with_derived(spec, form.values)
    origin: dict[str, Any] = {"source": "result form", "fidelity": "lab"}
    found = []
    for name, value in values.items():
        own = belonging(conditions, name)
        kept = counted_as(spec, candidate, name, own)
        unit = PROPERTIES[name].unit
        found.append(Measurement(candidate.id, kept, unit, value, conditions=own, **origin))
    if form.status == "failed":
        if not form.cause:
            raise SourceError("Cause of the failure: it is empty; say what failed.")
        owed = [name for name in spec.needed_of(None) if name not in values]
        detail = form.note.strip() or "as the form says"
        own = belonging(conditions, "")
        for name in owed:
            subject = (candidate.id, name, spec.property_named(name).unit)
            failure = Measurement.failure(*subject, form.cause, detail, conditions=own, **origin)
            found.append(failure)
    elif form.cause:
        msg = f"Cause of the failure: {form.cause}, but the status is ok; change one of them."
        raise SourceError(msg)
    if not found:
        msg = "Nothing was measured: fill in a value, or set the status to failed with its cause."
        raise SourceError(msg)
    return found


def _conditions(form: ResultForm) -> dict[str, Value]:
    """The conditions, checked among each other."""
    found = {
        name: CONDITIONS[name].checked(CONDITIONS[name].heading, value)
        for name, value in form.conditions.items()
    }
    low, high = found.get("voltage_low"), found.get("voltage_high")
    if isinstance(low, float) and isinstance(high, float) and low >= high:
        msg = f"Voltage window: from {low:g} to {high:g} V; the upper end must lie above the lower."
        raise SourceError(msg)
    if form.capacity_retention is not None and form.cycles is None:
        msg = "Cycles: it is empty; say after how many cycles the capacity retention was read."
        raise SourceError(msg)
    return found


def _with_derived(spec: CampaignSpec, values: Mapping[str, float]) -> dict[str, float]:
    """Specific energy, where a campaign wants it, is capacity times voltage."""
    found = dict(values)
    if (
        "specific_energy" in spec.needed_of(None)
        and {
            "discharge_capacity",
            "average_voltage",
        }
        <= found.keys()
    ):
        found["specific_energy"] = found["discharge_capacity"] * found["average_voltage"]
    return found


def _receipt(
    ledger: Ledger, spec: CampaignSpec, candidate: Candidate, entries: list[Entry]
) -> Receipt:
    seen = observe(ledger, spec.name, only=candidate)
    known = {recorded.measurement.property for recorded in seen.measured}
    still_open = bool(seen.open_orders(spec))
    owed = tuple(name for name in spec.needed_of(None) if still_open and name not in known)
    return Receipt(
        spec.name,
        candidate.id,
        label(candidate, spec.units),
        tuple(Line.of(entry) for entry in entries),
        tuple(_notes(spec, entries)),
        owed,
    )


def _notes(spec: CampaignSpec, entries: list[Entry]) -> list[str]:
    """What the engineer should look at once more, or should know."""
    notes = []
    for entry in entries:
        measurement = entry.measurement
        name, value = measurement.property, measurement.value
        if name not in spec.modelled and ELSEWHERE in name:
            notes.append(f"{name}: kept, but the campaign counts other conditions.")
        elif name not in spec.modelled:
            notes.append(f"{name}: kept; the campaign does not learn from it.")
        expected = None if entry.answers is None else entry.answers.predictions.get(name)
        if value is None or expected is None or not entry.new:
            continue
        mean, sigma = float(expected["mean"]), float(expected["sigma"])
        if abs(value - mean) > SURPRISING * sigma:
            notes.append(
                f"{name}: {value:.4g} is far from the {mean:.4g} ± {sigma:.2g} {measurement.unit} "
                "that was expected. If it is a slip, enter it again with Correction switched on."
            )
    return notes

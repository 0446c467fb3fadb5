"""Take in a folder of DFT results, all of it or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cathode.dft.electrode import BY_LITHIUM
from cathode.dft.matching import candidate_of, refuse_other_composition
from cathode.dft.measuring import Measured, measured
from cathode.dft.results import Group, Results, read_results
from cathode.errors import SourceError
from cathode.lab.counting import counted_as
from cathode.ledger import Ledger, proposals
from cathode.loop.entering import Again, Entry, Given, Line, record, require_people, resolved
from cathode.loop.ingest import REMEDY, known_candidates
from cathode.model import Candidate, Measurement
from cathode.sources.gathering import Faults
from cathode.spec import CampaignSpec


@dataclass(frozen=True)
class DftIngested:
    """What a folder of results brought.

    Attributes:
        candidates: candidates with something in it.
        measurements: values and failures of these candidates.
        new: how many of them the ledger has not, or had not.
        corrections: how many of the new ones replace another.
        unasked: candidates that the evaluator was never asked about.
        lines: what became of each.
        lithium: the energy of lithium metal that voltages are counted from, and where it is from.
        notes: what is worth knowing.
    """

    candidates: int
    measurements: int
    new: int
    corrections: int
    unasked: int
    lines: tuple[Line, ...]
    lithium: str
    notes: tuple[str, ...]


def ingest_dft(
    ledger: Ledger,
    spec: CampaignSpec,
    folder: Path,
    who: str,
    *,
    dry: bool,
    again: Again = "refuse",
    evaluator: str | None = None,
    lithium_energy: float | None = None,
    remedy: str = REMEDY,
) -> DftIngested:
    """Enter what the calculations in a folder come to; the same folder again changes nothing.

    Voltages, capacities, energies and volumes are kept as measurements of fidelity ``dft``, those
    that the campaign does not learn from too. What did not converge is a failure.

    Args:
        ledger: where to.
        spec: the campaign.
        folder: runs of VASP and entries of pymatgen, as :func:`read_results` finds them.
        who: who enters it.
        dry: look only, write nothing.
        again: what another result of the same property of a candidate means.
        evaluator: name of the cheaper evaluator whose results they are; None for the campaign's
            own.
        lithium_energy: of lithium metal (eV/atom); None for that of a calculation in the folder,
            else the published one of PBE.
        remedy: how to say what another result means; ends the message where nobody said.

    Raises:
        SourceError: something in the folder is wrong, a line per fault; nothing was written.
    """
    require_people(spec, evaluator)
    faults = Faults(gather=True)
    results = read_results(folder, lithium_energy, faults)
    faults.refuse()  # what is left of them would only look as if more were wrong
    with ledger.read() as connection:
        known = known_candidates(connection, spec)
    matched = _matched(spec, results, known, evaluator, faults)
    given, notes = _given(spec, results, matched, known, evaluator, faults)
    with ledger.read() if dry else ledger.write() as connection:
        entries = resolved(connection, spec, given, again, remedy, faults)
        faults.refuse()
        if not dry:
            entries = record(connection, spec, entries, who)
        asked = proposals.of_campaign(connection, spec.name)
    ids = {proposal.candidate.id for proposal in asked if proposal.evaluator == evaluator}
    return _receipt(spec, results, entries, [*results.notes, *notes], ids)


def _matched(
    spec: CampaignSpec,
    results: Results,
    known: Mapping[str, Candidate],
    evaluator: str | None,
    faults: Faults,
) -> dict[str, list[Group]]:
    """Groups by the id of their candidate."""
    found: dict[str, list[Group]] = {}
    for group in results.groups:
        with faults.noted():
            candidate = candidate_of(spec, group, known, evaluator)
            refuse_other_composition(candidate, group)
            found.setdefault(candidate.id, []).append(group)
    return found


def _given(
    spec: CampaignSpec,
    results: Results,
    matched: Mapping[str, list[Group]],
    known: Mapping[str, Candidate],
    evaluator: str | None,
    faults: Faults,
) -> tuple[list[Given], list[str]]:
    """What the calculations of each candidate bring, and what is worth knowing of them."""
    given, notes = list[Given](), list[str]()
    for name, groups in matched.items():
        with faults.noted():
            order = _order(groups)
            came = _measured(known[name], groups, results)
            notes.extend(came.notes)
            for each in came.measurements:
                with faults.noted():
                    _refuse_conditions(spec, known[name], each, evaluator)
                    measurement = replace(each, evaluator=evaluator)
                    given.append(Given(groups[0].where, known[name], measurement, order))
    return given, notes


def _measured(candidate: Candidate, groups: list[Group], results: Results) -> Measured:
    found = [each for group in groups for each in group.calculations]
    left = next((g.label.lithium_left for g in groups if g.label is not None), None)
    return measured(candidate, found, results.lithium, left)


def _order(groups: list[Group]) -> str | None:
    """The order that calculations of one candidate answer, as far as they say.

    Raises:
        SourceError: they say different ones.
    """
    labels = {g.label.order: g.label for g in groups if g.label is not None}
    if len(labels) > 1:
        one, other, *_ = labels.values()
        msg = f"{one.where} is of order {one.order}, {other.where} of {other.order}, and both of "
        raise SourceError(f"{msg}{one.candidate.id}: enter one of them at a time")
    return next(iter(labels), None)


def _refuse_conditions(
    spec: CampaignSpec, candidate: Candidate, measurement: Measurement, evaluator: str | None
) -> None:
    """Refuse a calculated value as a result where the campaign counts conditions of a cell.

    Raises:
        SourceError: which it counts, and what to do.
    """
    if evaluator is not None or measurement.value is None:
        return
    try:
        counted_as(spec, candidate, measurement.property, {})
    except SourceError as error:
        msg = (
            f"{spec.name} counts {measurement.property} at conditions that a calculation has not: "
        )
        raise SourceError(
            f"{msg}enter it as the answer of a cheaper evaluator (--evaluator)"
        ) from error


def _receipt(
    spec: CampaignSpec,
    results: Results,
    entries: list[Entry],
    notes: list[str],
    asked: set[str],
) -> DftIngested:
    new = [entry for entry in entries if entry.new]
    found = {entry.candidate.id for entry in entries}
    names = dict.fromkeys(entry.measurement.property for entry in entries)
    kept = [name for name in names if name not in spec.modelled]
    if kept:
        notes.append(f"{', '.join(kept)}: kept; the campaign does not learn from that.")
    lithium = results.lithium.words if BY_LITHIUM & set(names) else ""
    if results.lithium.origin == "published" and lithium:
        notes.insert(0, f"Voltages are counted from lithium metal at {lithium}.")
    return DftIngested(
        candidates=len(found),
        measurements=len(entries),
        new=len(new),
        corrections=sum(entry.supersedes is not None for entry in new),
        unasked=len(found - asked),
        lines=tuple(Line.of(entry) for entry in entries),
        lithium=lithium,
        notes=tuple(notes),
    )

"""Calculations of a candidate as measurements."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cathode.dft.calculation import Calculation
from cathode.dft.electrode import (
    BY_LITHIUM,
    OF_PAIR,
    electrode_of,
    refuse_implausible,
    values_of,
)
from cathode.dft.lithium import Lithium, refuse_other_functional
from cathode.dft.matching import full_formula
from cathode.dft.results import refuse_mixed
from cathode.errors import SourceError
from cathode.model import PROPERTIES, Candidate, Measurement
from cathode.physics.formulas import formula

FIDELITY = "dft"

OF_DISCHARGED = "energy_per_atom"
"""What the lithiated crystal tells alone."""

CAUSE = "unconverged"


@dataclass(frozen=True)
class Measured:
    """What calculations of a candidate come to.

    Attributes:
        measurements: values, and failures with their cause.
        notes: what is worth knowing.
    """

    measurements: tuple[Measurement, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _States:
    """Calculations of the two ends: those with all the lithium, and those with least."""

    lithiated: tuple[Calculation, ...]
    delithiated: tuple[Calculation, ...]


def measured(
    candidate: Candidate,
    found: Sequence[Calculation],
    lithium: Lithium,
    lithium_left: Fraction | None = None,
) -> Measured:
    """What the calculations of one candidate come to.

    Where no calculation of an end converged, what it is needed for has failed; where none was made
    it is still owed.

    Args:
        candidate: the candidate.
        found: calculations of its host, with no more lithium than it has.
        lithium: the energy of lithium metal.
        lithium_left: fraction of its lithium that was to be left, as far as that is known.

    Raises:
        SourceError: none has all the lithium, energies cannot be compared, or the voltage cannot
            be.
    """
    states = _states(candidate, found)
    notes = _notes(candidate, found)
    used = [each for each in found if each.energy is not None]
    refuse_mixed(used)
    full, empty = _lowest(states.lithiated), _lowest(states.delithiated)
    if full is None:
        why = f"lithiated cell, {states.lithiated[0].where}: {states.lithiated[0].failure}"
        return Measured(_failures(candidate, found, (OF_DISCHARGED, *OF_PAIR), why), notes)
    alone = _values(candidate, [full], {OF_DISCHARGED: full.energy_per_atom}, _conditions(full))
    if not states.delithiated:
        words = f"{candidate.id}: no delithiated calculation yet, so voltages and more are owed."
        return Measured(alone, (*notes, words))
    if empty is None:
        why = f"delithiated cell, {states.delithiated[0].where}: {states.delithiated[0].failure}"
        return Measured((*alone, *_failures(candidate, found, OF_PAIR, why)), notes)
    left = empty.lithium_per_host / full.lithium_per_host
    if lithium_left not in (None, left):
        words = f"{candidate.id}: {left} of the lithium is left, where {lithium_left} was asked."
        notes = (*notes, words)
    conditions = _conditions(full) | {
        "atoms_charged": len(empty.structure),
        "lithium_left": str(left),
        "lithium_contents": len({each.lithium_per_host for each in used}),
    }
    values = _of_pair(full, used, lithium)
    return Measured((*alone, *_values(candidate, used, values, conditions, lithium)), notes)


def _of_pair(full: Calculation, used: Sequence[Calculation], lithium: Lithium) -> dict[str, float]:
    """What both ends tell, once it is sure that their energies belong together."""
    for each in used:
        refuse_other_functional(lithium, each)
    values = values_of(electrode_of(used, lithium.energy))
    refuse_implausible(full.where, values, lithium.words)
    return values


def _states(candidate: Candidate, found: Sequence[Calculation]) -> _States:
    full = full_formula(candidate)
    lithiated = tuple(each for each in found if each.reduced == full)
    if not lithiated:
        msg = (
            f"{found[0].where}: no calculation of {formula(candidate)} with all its lithium beside "
        )
        raise SourceError(f"{msg}it: add the lithiated cell of {candidate.id}")
    rest = [each for each in found if each.reduced != full]
    least = min((each.lithium_per_host for each in rest), default=None)
    return _States(lithiated, tuple(each for each in rest if each.lithium_per_host == least))


def _lowest(found: Sequence[Calculation]) -> Calculation | None:
    """The most stable of the converged calculations of one composition."""
    lowest = min(found, key=lambda each: each.energy_per_atom, default=None)
    return None if lowest is None or lowest.energy is None else lowest


def _conditions(full: Calculation) -> dict[str, Any]:
    """How the lithiated cell was calculated."""
    told: dict[str, Any] = {
        "formula": full.formula,
        "atoms_discharged": len(full.structure),
        "functional": full.functional or "not said",
        "hubbard_u_eV": dict(sorted(full.hubbard.items())),
        "temperature_K": 0,
    }
    if full.potcars:
        told["pseudopotentials"] = dict(sorted(full.potcars.items()))
    if full.correction:
        told["correction_eV_per_atom"] = round(full.correction / len(full.structure), 9)
    return told


def _values(
    candidate: Candidate,
    used: Sequence[Calculation],
    values: dict[str, float],
    conditions: dict[str, Any],
    lithium: Lithium | None = None,
) -> tuple[Measurement, ...]:
    found = []
    for name, value in values.items():
        told = dict(conditions)
        if lithium is not None and name in BY_LITHIUM:
            told["lithium_metal_eV_per_atom"] = lithium.energy
            told["lithium_metal"] = lithium.origin
        unit = PROPERTIES[name].unit
        origin: dict[str, Any] = {
            "source": _source(used),
            "fidelity": FIDELITY,
            "conditions": told,
        }
        found.append(Measurement(candidate.id, name, unit, value, **origin))
    return tuple(found)


def _failures(
    candidate: Candidate, found: Sequence[Calculation], names: Sequence[str], detail: str
) -> tuple[Measurement, ...]:
    functional = next((each.functional for each in found if each.functional), "not said")
    origin = {
        "source": _source(found),
        "fidelity": FIDELITY,
        "conditions": {"functional": functional, "temperature_K": 0},
    }
    return tuple(
        Measurement.failure(candidate.id, name, PROPERTIES[name].unit, CAUSE, detail, **origin)
        for name in names
    )


def _source(used: Sequence[Calculation]) -> str:
    """Code, functional, and one hash of all files."""
    codes = "/".join(dict.fromkeys(each.code for each in used if each.code))
    functional = next((each.functional for each in used if each.functional), "")
    files = "".join(sorted({each.digest for each in used}))
    digest = hashlib.sha256(files.encode()).hexdigest()[:12]
    return " ".join(filter(None, (codes, functional, digest)))


def _notes(candidate: Candidate, found: Sequence[Calculation]) -> tuple[str, ...]:
    """Which of several calculations of one composition count."""
    notes = []
    for composition in dict.fromkeys(each.reduced for each in found):
        mine = [each for each in found if each.reduced == composition]
        taken = _lowest(mine)
        if len(mine) > 1 and taken is not None:
            words = f"{candidate.id}: of {len(mine)} calculations of {taken.formula} that in "
            notes.append(f"{words}{taken.where} counts, the most stable that converged.")
    return tuple(notes)

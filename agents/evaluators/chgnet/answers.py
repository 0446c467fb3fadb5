"""Collect the measurements of one candidate; every property gets exactly one."""

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from cathode.errors import EvaluationError
from cathode.model import PROPERTIES, Candidate, Measurement
from cathode.physics.electrochemistry import Electrode

if TYPE_CHECKING:
    from agents.evaluators.chgnet.relaxation import Relaxed

ANSWERED = (
    "average_voltage",
    "gravimetric_capacity",
    "volumetric_capacity",
    "specific_energy",
    "energy_density",
    "volume_change",
    "energy_per_atom",
    "mixing_energy",
    "magnetic_moment",
)
"""Names of the properties that every candidate gets a measurement of."""


class Answers:
    """What became of each property of a candidate."""

    def __init__(self, candidate: Candidate, origin: Mapping[str, str]) -> None:
        self.candidate = candidate
        self.origin = origin
        self.conditions: dict[str, Any] = {}
        self._values: dict[str, float | tuple[str, str]] = {}

    def ok(self, name: str, value: float) -> None:
        """Answer a property with a value in its own unit."""
        self._values[name] = value

    def fail(self, name: str, cause: str, detail: str) -> None:
        """Answer a property with the reason why it has no value."""
        self._values[name] = (cause, detail)

    def fail_the_rest(self, state: str, error: EvaluationError) -> None:
        """Fail every property not answered yet."""
        for known in ANSWERED:
            if known not in self._values:
                self.fail(known, error.cause, f"{state} cell: {error.detail}")

    def add_discharged(self, cell: "Relaxed", mixed: Mapping[str, Fraction]) -> None:
        """Answer what the discharged cell alone tells."""
        self.ok("energy_per_atom", cell.energy / len(cell.structure))
        moments: dict[str, list[float]] = {element: [] for element in sorted(mixed)}
        for site, moment in zip(cell.structure, cell.moments, strict=True):
            if site.species_string in moments:
                moments[site.species_string].append(abs(moment))
        self.conditions["moments_muB"] = {
            element: round(float(np.mean(found)), 3) for element, found in moments.items()
        }
        everything = [moment for found in moments.values() for moment in found]
        self.ok("magnetic_moment", float(np.mean(everything)))

    def add_mixing(
        self,
        cell: "Relaxed",
        mixed: Mapping[str, Fraction],
        end_members: Mapping[str, "Relaxed"],
        unrelaxed: Mapping[str, str],
    ) -> None:
        """Answer the energy against the end members, if all of them could be relaxed."""
        if unrelaxed:
            causes = "; ".join(f"{element}: {cause}" for element, cause in unrelaxed.items())
            self.fail("mixing_energy", "end-member", causes)
            return
        energy_of_members = sum(
            float(x) * end_members[element].energy / len(end_members[element].structure)
            for element, x in mixed.items()
        )
        self.ok("mixing_energy", cell.energy / len(cell.structure) - energy_of_members)

    def add_electrode(self, electrode: Electrode) -> None:
        """Answer what the two cells tell together: everything not answered yet."""
        for known in ANSWERED:
            if known not in self._values:
                self.ok(known, getattr(electrode, known))

    def measurements(self) -> tuple[Measurement, ...]:
        """One measurement per property."""
        origin = {**self.origin, "conditions": self.conditions}
        answers = []
        for known in ANSWERED:
            value = self._values[known]
            subject = (self.candidate.id, known, PROPERTIES[known].unit)
            if isinstance(value, tuple):
                answers.append(Measurement.failure(*subject, *value, **origin))
            else:
                answers.append(Measurement(*subject, value, **origin))
        return tuple(answers)

"""Which results a campaign counts: those at the conditions it asks for."""

import math
from collections.abc import Mapping

from cathode.errors import SourceError
from cathode.lab.conditions import CONDITIONS, Value
from cathode.model import Candidate
from cathode.spec import CampaignSpec, LabSpec

ALIKE = 0.01
"""Relative difference up to which conditions count as the same."""

OF_CELLS = ("c_rate", "voltage_low", "voltage_high", "loading")
"""Conditions of what cells tell."""

DECIDING: Mapping[str, tuple[str, ...]] = {
    "discharge_capacity": OF_CELLS,
    "average_voltage": OF_CELLS,
    "specific_energy": OF_CELLS,
    "first_cycle_efficiency": OF_CELLS,
    "capacity_retention": (*OF_CELLS, "cycles"),
}
"""Conditions that a property depends on."""

ELSEWHERE = " at "
"""Parts a property from conditions that are not counted."""


def belonging(conditions: Mapping[str, Value], name: str) -> dict[str, Value]:
    """The conditions that say something of a property."""
    return {key: value for key, value in conditions.items() if _belongs(key, name)}


def _belongs(condition: str, name: str) -> bool:
    if condition in OF_CELLS or condition == "cycles":
        return condition in DECIDING.get(name, ())
    return condition != "formation" or name in DECIDING


def counted_as(
    spec: CampaignSpec, candidate: Candidate, name: str, conditions: Mapping[str, Value]
) -> str:
    """Under which name a value is kept: that of its property, where the campaign counts it.

    Args:
        spec: the campaign.
        candidate: what was measured.
        name: of the property.
        conditions: how it was measured.

    Returns:
        The name, with those conditions that the campaign asks for otherwise.

    Raises:
        SourceError: the campaign counts one condition only, and it is not said which it was.
    """
    lab = spec.evaluator
    wanted = lab.conditions if isinstance(lab, LabSpec) else {}
    others = []
    for key in DECIDING.get(name, ()):
        if key not in wanted:
            continue
        due = _due(candidate, wanted[key])
        known, here = CONDITIONS[key], conditions.get(key)
        if here is None:
            msg = (
                f"{known.heading}: it is empty; {spec.name} counts {name.replace('_', ' ')} at "
                f"{due:g}, so say at which it was measured"
            )
            raise SourceError(msg)
        if not math.isclose(float(here), due, rel_tol=ALIKE):
            others.append(f"{key}={float(here):g}")
    return f"{name}{ELSEWHERE}{', '.join(others)}" if others else name


def due_conditions(spec: CampaignSpec, candidate: Candidate) -> dict[str, float]:
    """The conditions at which results of a candidate are counted."""
    lab = spec.evaluator
    wanted = lab.conditions if isinstance(lab, LabSpec) else {}
    return {key: _due(candidate, value) for key, value in wanted.items()}


def _due(candidate: Candidate, wanted: float | str) -> float:
    """A number, or a process variable of the candidate."""
    return float(dict(candidate.conditions)[wanted]) if isinstance(wanted, str) else wanted

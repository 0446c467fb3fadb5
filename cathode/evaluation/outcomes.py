"""What a campaign knows of each candidate, measured against its objectives and constraints."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from cathode.evaluation.pareto import gain, non_dominated
from cathode.ledger.measurements import Recorded
from cathode.model import Candidate, Proposal, Status
from cathode.spec import CampaignSpec, Constraint

EVERYWHERE = (-math.inf, math.inf)


@dataclass(frozen=True)
class Outcome:
    """A candidate with the mean of its replicates per property.

    Attributes:
        candidate: the candidate.
        turn: turn that first proposed it, None if none did.
        values: per property the mean of its ok measurements.
        failures: per property that has no value the cause and detail of its newest failure.
        proposal: the proposal that first asked for it, with its predictions.
        limits: per property that has no value, but bounds, between which its values lie.
    """

    candidate: Candidate
    turn: int | None
    values: Mapping[str, float]
    failures: Mapping[str, str]
    proposal: Proposal | None = field(default=None, repr=False)
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def causes(self) -> list[str]:
        """The causes of its failures, without details."""
        return sorted({why.split(":")[0] for why in self.failures.values()})

    def gains(self, spec: CampaignSpec) -> tuple[float, ...] | None:
        """Its objectives, each turned so that more is better; None if one has no value."""
        if any(objective.property not in self.values for objective in spec.objectives):
            return None
        return tuple(gain(o, self.values[o.property]) for o in spec.objectives)

    def violations(self, spec: CampaignSpec) -> list[str]:
        """The constraints it breaks or has no value for, in words.

        A bound serves as a value where it decides.
        """
        broken = []
        for constraint in spec.constraints:
            name, unit = constraint.property, spec.property_named(constraint.property).unit
            value = self.values.get(name)
            if value is None and name in self.limits:
                broken += _undecided(name, self.limits[name], constraint, unit)
            elif value is None:
                broken.append(f"{name} has no value")
            elif constraint.max is not None and value > constraint.max:
                broken.append(f"{name} {value:.4g} > {constraint.max:g} {unit}")
            elif constraint.min is not None and value < constraint.min:
                broken.append(f"{name} {value:.4g} < {constraint.min:g} {unit}")
        return broken

    def counts(self, spec: CampaignSpec) -> bool:
        """Whether it has all objectives and keeps all constraints."""
        return self.gains(spec) is not None and not self.violations(spec)


def _undecided(
    name: str, limits: tuple[float, float], constraint: Constraint, unit: str
) -> list[str]:
    """Why bounds do not tell that a constraint is kept; nothing where they do."""
    low, high = limits
    least = -math.inf if constraint.min is None else constraint.min
    most = math.inf if constraint.max is None else constraint.max
    if least <= low and high <= most:
        return []
    known = " and ".join(
        [f"> {low:.4g}"] * math.isfinite(low) + [f"< {high:.4g}"] * math.isfinite(high)
    )
    return [f"{name} is only known to be {known} {unit}"]


def outcomes(
    measured: Sequence[Recorded],
    candidates: Mapping[str, Candidate],
    proposals: Sequence[Proposal],
) -> list[Outcome]:
    """One outcome per measured candidate, in the order they were proposed."""
    first: dict[str, Proposal] = {}
    for proposal in proposals:
        first.setdefault(proposal.candidate.id, proposal)
    values: dict[str, dict[str, list[float]]] = {}
    failures: dict[str, dict[str, str]] = {}
    limits: dict[str, dict[str, tuple[float, float]]] = {}
    for recorded in measured:
        m = recorded.measurement
        known = values.setdefault(m.candidate_id, {})
        if m.status is Status.OK and m.value is not None:
            known.setdefault(m.property, []).append(m.value)
        elif m.status is Status.BOUND and m.value is not None:
            low, high = limits.setdefault(m.candidate_id, {}).get(m.property, EVERYWHERE)
            between = (max(low, m.value), high) if m.bound == ">" else (low, min(high, m.value))
            limits[m.candidate_id][m.property] = between
        elif m.status is Status.FAILED:
            failures.setdefault(m.candidate_id, {})[m.property] = f"{m.cause}: {m.detail}"
    found = [
        Outcome(
            candidates[name],
            first[name].turn if name in first else None,
            {p: float(np.mean(replicates)) for p, replicates in known.items()},
            {p: why for p, why in failures.get(name, {}).items() if p not in known},
            first.get(name),
            {p: between for p, between in limits.get(name, {}).items() if p not in known},
        )
        for name, known in values.items()
    ]
    place = {name: i for i, name in enumerate(first)}
    return sorted(found, key=lambda o: (place.get(o.candidate.id, len(place)), o.candidate.id))


def ranked(found: Sequence[Outcome], spec: CampaignSpec) -> list[tuple[Outcome, bool]]:
    """Outcomes that count, the best first, each with whether it is on the Pareto front.

    One objective is ranked by value; of several, the front comes first, then all by the first.
    """
    counting = [outcome for outcome in found if outcome.counts(spec)]
    if not counting:
        return []
    gains = np.array([outcome.gains(spec) for outcome in counting], dtype=float)
    front = non_dominated(gains)
    order = sorted(range(len(counting)), key=lambda i: (not front[i], -gains[i, 0]))
    return [(counting[i], bool(front[i])) for i in order]

"""How biased and how covering the data is, and what is missing.

People vary one factor at a time, keep no failures and crowd where they know their way (seed
paper: Lee, Ye, Park, "Leveraging machine learning to navigate complex design spaces in battery
material development"); a campaign should know how far it shares these habits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cathode.evaluation.domain import nearest, outside_domain, scaled
from cathode.evaluation.outcomes import Outcome
from cathode.model import Candidate
from cathode.space import Space
from cathode.spec import CampaignSpec

PROBES = 256
"""Random candidates by which coverage is measured."""

UNIFORM_DRAWS = 32
"""Random data sets of the same size that coverage is compared with."""

FAR_FROM_MEDIAN = 6.0
"""Values this many robust standard deviations from the median are named as suspicious."""


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    Attributes:
        candidates: distinct candidates with any measurement.
        tried_range: per coordinate the share of its allowed range that was tried (0 to 1).
        gap_ratio: mean distance from random candidates to the nearest tried one, over that for
            as many uniformly random ones; above 1 the data crowd, below 1 they spread.
        one_factor_share: share of candidates with another that differs in one variable, or in
            two fractions as by a swap: the mark of one-factor-at-a-time series.
        failures: number of candidates by cause of failure.
        infeasible: candidates that break a constraint.
        missing: what the data lack, in words.
        suspicious: measured values far from all others, in words.
        outside_domain: ids of open proposals far from all data.
    """

    candidates: int
    tried_range: dict[str, float]
    gap_ratio: float | None
    one_factor_share: float | None
    failures: dict[str, int]
    infeasible: int
    missing: list[str]
    suspicious: list[str]
    outside_domain: list[str]

    def as_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        return asdict(self)


ROWS = 512
"""Candidates that are held against all others together."""

ROUNDING = 1e-9
"""Coordinates that differ by less are the same."""


def audit(
    found: Sequence[Outcome],
    spec: CampaignSpec,
    space: Space,
    open_proposals: Sequence[Candidate],
    rng: np.random.Generator,
) -> Audit:
    """Look over everything measured so far."""
    X = space.encode([outcome.candidate for outcome in found])
    failures: dict[str, int] = {}
    for outcome in found:
        for cause in outcome.causes:
            failures[cause] = failures.get(cause, 0) + 1
    infeasible = sum(bool(o.violations(spec)) for o in found if o.gains(spec) is not None)
    return Audit(
        candidates=len(found),
        tried_range=_tried_range(X, space),
        gap_ratio=_gap_ratio(X, space, rng),
        one_factor_share=_one_factor_share(X),
        failures=failures,
        infeasible=infeasible,
        missing=_missing(found, spec, failures, infeasible),
        suspicious=_suspicious(found, spec),
        outside_domain=[c.id for c in outside_domain(X, space, open_proposals)],
    )


def _tried_range(X: NDArray[np.float64], space: Space) -> dict[str, float]:
    low, high = space.bounds
    tried = np.ptp(X, axis=0) if len(X) else np.zeros(len(low))
    return {
        name: float(width / (b - a)) if b > a else 1.0
        for name, width, a, b in zip(space.coordinates, tried, low, high, strict=True)
    }


def _gap_ratio(X: NDArray[np.float64], space: Space, rng: np.random.Generator) -> float | None:
    if not len(X):
        return None
    X = scaled(X, space)
    probes, pool = (
        scaled(space.coordinates_of(space.sample(PROBES, rng)), space) for _ in range(2)
    )
    draws = (pool[rng.integers(PROBES, size=len(X))] for _ in range(UNIFORM_DRAWS))
    expected = np.mean([nearest(probes, uniform).mean() for uniform in draws])
    return float(nearest(probes, X).mean() / expected) if expected > 0 else None


def _one_factor_share(X: NDArray[np.float64]) -> float | None:
    if len(X) < 2:  # noqa: PLR2004 - a pair
        return None
    one: list[NDArray[np.bool_]] = []
    for start in range(0, len(X), ROWS):  # not all pairs at once: there may be millions
        differing = np.zeros((len(X[start : start + ROWS]), len(X)), dtype=np.int16)
        for column in X.T:
            differing += np.abs(column[start : start + ROWS, None] - column) > ROUNDING
        # A swap is one up, one down.
        one.append(np.any((differing >= 1) & (differing <= 2), axis=1))  # noqa: PLR2004
    return float(np.mean(np.concatenate(one)))


def _missing(
    found: Sequence[Outcome], spec: CampaignSpec, failures: Mapping[str, int], infeasible: int
) -> list[str]:
    words = []
    for name in spec.modelled:
        bounded = sum(name in outcome.limits for outcome in found)
        lacking = sum(name not in outcome.values for outcome in found) - bounded
        if lacking:
            words.append(f"{lacking} of {len(found)} candidates have no {name}")
        if bounded:
            words.append(f"{bounded} of {len(found)} candidates have only bounds of {name}")
    if found and not failures:
        words.append("no failure is on record: where measurements fail is unknown")
    if found and spec.constraints and not infeasible:
        words.append("no candidate breaks a constraint: where they begin to bind is unknown")
    return words


def _suspicious(found: Sequence[Outcome], spec: CampaignSpec) -> list[str]:
    words = []
    for name in spec.modelled:
        known = [(o.candidate.id, o.values[name]) for o in found if name in o.values]
        values, unit = np.array([value for _, value in known]), spec.property_named(name).unit
        if len(values) < 5:  # noqa: PLR2004 - fewer have no robust spread
            continue
        median = np.median(values)
        spread = 1.4826 * np.median(np.abs(values - median))
        words += [
            f"{name} of {candidate} is {value:.4g}, median {median:.4g} {unit}"
            for candidate, value in known
            if spread > 0 and abs(value - median) > FAR_FROM_MEDIAN * spread
        ]
    return words

"""Several objectives at once: gains, domination, hypervolume."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cathode.spec import Objective

Gains = NDArray[np.float64]
"""Objectives turned so that more is better, shape (n, objectives)."""


def gains_of(objective: Objective, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values as something to bring to their maximum; distance to a target counts negative."""
    if objective.goal == "max":
        return values
    if objective.goal == "min":
        return -values
    return -np.abs(values - float(objective.target or 0.0))


def gain(objective: Objective, value: float) -> float:
    """One value as something to bring to its maximum."""
    return float(gains_of(objective, np.asarray(value)))


def from_gain(objective: Objective, gained: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gains as people read them: the value itself, or the distance to a target."""
    return gained if objective.goal == "max" else -gained


def reference_gain(objective: Objective) -> float | None:
    """The stated reference as a gain; of a target objective it is a distance."""
    if objective.reference is None:
        return None
    return objective.reference if objective.goal == "max" else -objective.reference


def non_dominated(gains: Gains) -> NDArray[np.bool_]:
    """Which rows no other row beats in one objective without losing in another, shape (n,)."""
    front, left = np.zeros(len(gains), dtype=np.bool_), np.arange(len(gains))
    while len(left):
        # Nobody beats the greatest sum; what it beats is gone at once.
        greatest = gains[left[np.argmax(gains[left].sum(axis=1))]]
        front[left[(gains[left] == greatest).all(axis=1)]] = True
        left = left[~(gains[left] <= greatest).all(axis=1)]
    return front


def reference_point(objectives: Sequence[Objective], initial: Gains) -> tuple[float, ...]:
    """From where hypervolume is counted: as stated, else the worst of the initial design."""
    worst = initial.min(axis=0) if len(initial) else np.zeros(len(objectives))
    stated = [reference_gain(objective) for objective in objectives]
    return tuple(float(w) if s is None else s for s, w in zip(stated, worst, strict=True))


def hypervolume(gains: Gains, reference: Sequence[float]) -> float:
    """Volume between the rows and the reference that at least one row reaches.

    Exact, by slicing along the last objective; meant for the tens of rows of a campaign's front.
    """
    above = gains[(gains > np.asarray(reference)).all(axis=1)]
    if not len(above):
        return 0.0
    above = above[non_dominated(above)]
    if above.shape[1] == 1:
        return float(above.max() - reference[0])
    order = np.argsort(-above[:, -1])
    heights = above[order, -1]
    floors = np.append(heights[1:], reference[-1])
    return float(
        sum(
            (height - floor) * hypervolume(above[order[: i + 1], :-1], reference[:-1])
            for i, (height, floor) in enumerate(zip(heights, floors, strict=True))
            if height > floor
        )
    )

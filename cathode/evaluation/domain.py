"""How far candidates lie from all that was measured."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cathode.evaluation.outcomes import Outcome
from cathode.model import Candidate
from cathode.space import Space

DOMAIN_QUANTILE = 95
"""A candidate farther from the data than this share (%) of the data from each other is outside."""

FEWEST = 3
"""Measured candidates; fewer have no spread of distances."""


@dataclass(frozen=True)
class Nearness:
    """Where a candidate lies beside the data.

    Attributes:
        nearest: the measured candidate nearest to it, or itself.
        ratio: distance to that one over the typical (median) distance of a measured candidate
            from the next; None where that is zero.
        outside: whether it lies farther from the data than nearly all of the data from each other.
    """

    nearest: Outcome
    ratio: float | None
    outside: bool

    @property
    def words(self) -> str:
        """Such as ``1.8 times as far from all data as they are from each other``."""
        if not self.outside:
            return "inside known data"
        if self.ratio is None:
            return "outside known data"
        return f"{self.ratio:.1f} times as far from all data as they are from each other"


def nearness(
    found: Sequence[Outcome], space: Space, asked: Sequence[Candidate]
) -> list[Nearness | None]:
    """Where candidates lie beside those that were measured.

    Args:
        found: what was measured; candidates without coordinates in the space do not count.
        space: gives the coordinates.
        asked: the candidates to place.

    Returns:
        One per candidate; None where it has no coordinates in the space, or fewer than three
        measured ones have.
    """
    known = [outcome for outcome in found if space.has_coordinates(outcome.candidate)]
    placed = [candidate for candidate in asked if space.has_coordinates(candidate)]
    if len(known) < FEWEST or not placed:
        return [None] * len(asked)
    X = scaled(space.encode([outcome.candidate for outcome in known]), space)
    among = nearest(X, X, itself=True)
    typical, reach = float(np.median(among)), _reach(among)
    points = scaled(space.encode(placed), space)
    places = iter(zip(points, nearest(points, X), strict=True))
    made: list[Nearness | None] = []
    for candidate in asked:
        if not space.has_coordinates(candidate):
            made.append(None)
            continue
        point, distance = next(places)
        closest = known[int(np.linalg.norm(X - point, axis=1).argmin())]
        ratio = float(distance / typical) if typical > 0 else None
        made.append(Nearness(closest, ratio, bool(distance > reach)))
    return made


def outside_domain(
    X: NDArray[np.float64], space: Space, asked: Sequence[Candidate]
) -> list[Candidate]:
    """Candidates farther from all data than the data are from each other.

    Args:
        X: coordinates of the data, shape (n, d).
        space: gives the coordinates.
        asked: the candidates in question.
    """
    if not asked or len(X) < FEWEST:
        return []
    X = scaled(X, space)
    reach = _reach(nearest(X, X, itself=True))
    distances = nearest(scaled(space.encode(asked), space), X)
    return [c for c, distance in zip(asked, distances, strict=True) if distance > reach]


def scaled(X: NDArray[np.float64], space: Space) -> NDArray[np.float64]:
    """Coordinates over the widths of their bounds, so that no unit outweighs another."""
    low, high = space.bounds
    over: NDArray[np.float64] = (X - low) / np.where(high > low, high - low, 1.0)
    return over


def nearest(
    points: NDArray[np.float64], data: NDArray[np.float64], *, itself: bool = False
) -> NDArray[np.float64]:
    """Distance of each point to the nearest of the data, shape (n,).

    Args:
        points: shape (n, d).
        data: shape (m, d).
        itself: whether the points are the data, and none is its own neighbour.
    """
    from scipy.spatial import KDTree

    distances, _ = KDTree(data).query(points, k=2 if itself else 1)
    closest: NDArray[np.float64] = distances[:, 1] if itself else distances
    return closest


def _reach(among: NDArray[np.float64]) -> float:
    """How far nearly all of the data are from each other, with room for rounding."""
    return float(np.percentile(among, DOMAIN_QUANTILE)) + 1e-9

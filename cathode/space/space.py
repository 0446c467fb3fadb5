"""What proposers and surrogates may ask of any search space."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cathode.model import Candidate

Points = NDArray[np.int64]
"""Candidates in whole numbers, one per row: quick to draw, move and compare by the thousand."""


class Space(Protocol):
    """Candidates, as points in whole numbers and as rows of the coordinates that models see."""

    @property
    def coordinates(self) -> tuple[str, ...]:
        """Names of the columns of :meth:`encode`."""

    @property
    def size(self) -> int:
        """Number of candidates; an estimate where they are too many to count."""

    @property
    def size_is_exact(self) -> bool:
        """Whether the size was counted."""

    @property
    def bounds(self) -> NDArray[np.float64]:
        """Least and greatest value of each coordinate, shape (2, d)."""

    @property
    def continuous(self) -> tuple[int, ...]:
        """Columns of coordinates that may be set as finely as one likes."""

    @property
    def categories(self) -> tuple[tuple[int, ...], ...]:
        """Per categorical variable the columns of coordinates that stand for its categories."""

    def has_coordinates(self, candidate: Candidate) -> bool:
        """Whether a candidate can be encoded."""

    def encode(self, candidates: Sequence[Candidate]) -> NDArray[np.float64]:
        """Coordinates of candidates, shape (n, d).

        Raises:
            SpaceError: a candidate has no coordinates here.
        """

    def __contains__(self, candidate: object) -> bool:
        """Whether the space allows a candidate."""

    def __iter__(self) -> Iterator[Candidate]:
        """All candidates, in a fixed order; look at ``size`` first."""

    def coordinates_of(self, points: Points) -> NDArray[np.float64]:
        """Coordinates of points, shape (n, d)."""

    def candidates_at(self, points: Points) -> list[Candidate]:
        """The candidates that points stand for."""

    def points_of(self, candidates: Sequence[Candidate]) -> Points:
        """Those candidates that the space allows, as points, shape (n, m)."""

    def set_to(self, point: NDArray[np.int64], x: NDArray[np.float64]) -> Points:
        """A point with its continuous variables set to the nearest levels of coordinates x.

        Args:
            point: shape (m,).
            x: shape (d,).

        Returns:
            Shape (1, m); (0, m) where the space does not allow it.
        """

    def every(self, most: int) -> Points | None:
        """All points in a fixed order; None where there may be more than ``most``."""

    def sample(self, n: int, rng: np.random.Generator) -> Points:
        """Points drawn uniformly, with replacement."""

    def sobol(self, n: int, seed: int, skip: int = 0) -> Points:
        """Points ``skip`` to ``skip + n`` of a scrambled Sobol sequence.

        Repeats are possible, and fewer come back where some are not allowed.
        """

    def neighbours(self, point: NDArray[np.int64], rng: np.random.Generator) -> Points:
        """Points a move away, near and far, shape (n, m).

        Args:
            point: shape (m,).
            rng: draws some of the moves, where there are too many to make all.
        """

"""What proposers and surrogates may ask of any search space."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cathode.model import Candidate


class Space(Protocol):
    """Candidates, and the coordinates in which models see them."""

    @property
    def coordinates(self) -> tuple[str, ...]:
        """Names of the columns of :meth:`encode`."""

    @property
    def size(self) -> int:
        """Exact number of candidates."""

    @property
    def bounds(self) -> NDArray[np.float64]:
        """Least and greatest value of each coordinate, shape (2, d)."""

    def encode(self, candidates: Sequence[Candidate]) -> NDArray[np.float64]:
        """Coordinates of candidates, shape (n, d).

        Raises:
            SpaceError: a candidate has no coordinates here.
        """

    def __contains__(self, candidate: object) -> bool:
        """Whether the space allows a candidate."""

    def __iter__(self) -> Iterator[Candidate]:
        """All candidates, in a fixed order; look at ``size`` first."""

    def sample(self, n: int, rng: np.random.Generator) -> list[Candidate]:
        """Candidates drawn uniformly, with replacement."""

    def sobol(self, n: int, seed: int, skip: int = 0) -> list[Candidate]:
        """Points ``skip`` to ``skip + n`` of a scrambled Sobol sequence; repeats are possible."""

    def neighbours(self, candidate: Candidate) -> list[Candidate]:
        """Candidates a smallest move away.

        Raises:
            SpaceError: the candidate itself lies outside the space.
        """

"""A search space that is a fixed list of candidates with given coordinates."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cathode.errors import SpaceError
from cathode.model import Candidate, Crystal
from cathode.sources.pool_structures import pool_crystals
from cathode.sources.pool_table import read_pool
from cathode.space.sequences import sobol_points
from cathode.space.space import Points
from cathode.spec import PoolSpec

POOL = "pool"
"""The prototype of candidates that are rows of a table and have no crystal."""

NEIGHBOURS_PER_COORDINATE = 2


@dataclass(frozen=True, eq=False)
class PoolSpace:
    """Candidates that exist already: rows of a table, structures of a database.

    Rows that have crystals differ in their coordinates, for these are what tells the crystal. Named
    rows without crystals may have equal ones: models then see no difference between them.

    Attributes:
        coordinates: names of the columns.
        candidates: the pool, in its order.
        X: their coordinates, shape (n, d).
        spec: what it was read from; None where it was not.
        cache: folder where crystals are kept that were parsed once; nowhere if None.
    """

    coordinates: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    X: NDArray[np.float64]
    spec: PoolSpec | None = None
    cache: Path | None = None

    @classmethod
    def of_rows(cls, names: Sequence[str], X: NDArray[np.float64]) -> "PoolSpace":
        """A pool of distinct rows of numbers.

        Args:
            names: names of the columns.
            X: one row per candidate, shape (n, d).

        Raises:
            SpaceError: there is no row, or two are equal.
        """
        candidates = tuple(
            Candidate.of(POOL, {}, dict(zip(names, map(float, row), strict=True))) for row in X
        )
        pool = cls(tuple(names), candidates, np.asarray(X, dtype=float))
        if not candidates:
            msg = "the pool has no row: give it some"
            raise SpaceError(msg)
        if len(pool._row_of) < len(candidates):
            ids = [candidate.id for candidate in candidates]
            twice = next(i for i, name in enumerate(ids) if name in ids[:i])
            first = ids.index(ids[twice])
            msg = f"rows {first} and {twice} of the pool are equal: average what they measured"
            raise SpaceError(msg)
        return pool

    @classmethod
    def from_spec(cls, spec: PoolSpec, cache: Path | None = None) -> "PoolSpace":
        """The pool a spec names.

        Args:
            spec: names it.
            cache: folder where crystals are kept that were parsed once.

        Raises:
            SourceError: its table is missing, or something in it is wrong: two rows of one name.
            SpaceError: rows have crystals, and two of them the same coordinates.
        """
        names, X = read_pool(spec.table, spec.name, spec.coordinates)
        if spec.structures is not None:
            _refuse_equal(names, X)
        settings = [dict(zip(spec.coordinates, map(float, row), strict=True)) for row in X]
        candidates = tuple(
            Candidate.of(POOL, {}, {"name": name, **numbers})
            for name, numbers in zip(names, settings, strict=True)
        )
        return cls(spec.coordinates, candidates, X, spec, cache)

    @cached_property
    def crystals(self) -> tuple[Crystal | str, ...]:
        """The crystal of each row, or why it has none; read when first asked for.

        Raises:
            SpaceError: the pool has no structures.
            SourceError: they cannot be read.
        """
        if self.spec is None or self.spec.structures is None:
            msg = "the rows of the pool have no crystals: give space.structures"
            raise SpaceError(msg)
        named = self.spec.structures
        return pool_crystals(self.spec.table, named.column, named.file, self.cache)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What rows are called; their numbers from 1, where they have no names."""
        given = [dict(candidate.conditions).get("name") for candidate in self.candidates]
        return tuple(str(row) if n is None else str(n) for row, n in enumerate(given, 1))

    @cached_property
    def _row_at(self) -> dict[bytes, int]:
        return {row.tobytes(): i for i, row in enumerate(self.X + 0.0)}

    def rows_at(self, X: NDArray[np.float64]) -> NDArray[np.intp]:
        """Rows that have exactly these coordinates, shape (n, d), by their numbers, shape (n,).

        Of rows with equal coordinates, which have no crystals, it is the last.

        Raises:
            SpaceError: some are of no row.
        """
        at = np.ascontiguousarray(X, dtype=float) + 0.0  # no -0.0
        found = [self._row_at.get(x.tobytes()) for x in at]
        if strange := sum(row is None for row in found):
            msg = f"{strange} of {len(at)} coordinates are those of no row of the pool"
            raise SpaceError(msg)
        return np.array(found, dtype=np.intp)

    def named(self) -> dict[str, Candidate]:
        """The candidates by their names, where rows have one."""
        names = [dict(candidate.conditions).get("name") for candidate in self.candidates]
        return {str(n): c for n, c in zip(names, self.candidates, strict=True) if n is not None}

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {candidate.id: i for i, candidate in enumerate(self.candidates)}

    @property
    def size(self) -> int:
        """Number of candidates."""
        return len(self.candidates)

    @property
    def size_is_exact(self) -> bool:
        """It is."""
        return True

    @property
    def bounds(self) -> NDArray[np.float64]:
        """Least and greatest value of each coordinate, shape (2, d)."""
        return np.array([self.X.min(axis=0), self.X.max(axis=0)])

    def row_of(self, candidate: Candidate) -> int:
        """Where a candidate stands in the pool.

        Raises:
            SpaceError: it is not in the pool.
        """
        if candidate.id not in self._row_of:
            msg = f"{candidate.content()} is not in the pool of {self.size} candidates"
            raise SpaceError(msg)
        return self._row_of[candidate.id]

    def encode(self, candidates: Sequence[Candidate]) -> NDArray[np.float64]:
        """Coordinates of candidates of the pool, shape (n, d).

        Raises:
            SpaceError: one is not in the pool.
        """
        return self.X[[self.row_of(candidate) for candidate in candidates]].reshape(
            -1, len(self.coordinates)
        )

    def __contains__(self, candidate: object) -> bool:
        """Whether a candidate is in the pool."""
        return isinstance(candidate, Candidate) and candidate.id in self._row_of

    def __iter__(self) -> Iterator[Candidate]:
        """All candidates, in the pool's order."""
        return iter(self.candidates)

    @property
    def continuous(self) -> tuple[int, ...]:
        """None: a row is taken as it is."""
        return ()

    @property
    def categories(self) -> tuple[tuple[int, ...], ...]:
        """None: coordinates of a pool are numbers."""
        return ()

    def has_coordinates(self, candidate: Candidate) -> bool:
        """Whether a candidate is in the pool."""
        return candidate in self

    def coordinates_of(self, points: Points) -> NDArray[np.float64]:
        """Coordinates of points, which are row numbers, shape (n, d)."""
        return self.X[points[:, 0]]

    def candidates_at(self, points: Points) -> list[Candidate]:
        """The candidates in rows of the pool."""
        return [self.candidates[i] for i in points[:, 0]]

    def points_of(self, candidates: Sequence[Candidate]) -> Points:
        """Row numbers of those candidates that are in the pool, shape (n, 1)."""
        return _points([self._row_of[c.id] for c in candidates if c in self])

    def set_to(self, point: NDArray[np.int64], x: NDArray[np.float64]) -> Points:  # noqa: ARG002
        """The point itself: nothing in a pool can be set."""
        return point[None]

    def every(self, most: int) -> Points | None:
        """All row numbers; None where there are more than ``most``."""
        return _points(range(self.size)) if self.size <= most else None

    def sample(self, n: int, rng: np.random.Generator) -> Points:
        """Rows drawn uniformly, with replacement."""
        return _points(rng.integers(self.size, size=n))

    def sobol(self, n: int, seed: int, skip: int = 0) -> Points:
        """The rows nearest to points of a scrambled Sobol sequence over the bounds."""
        _, nearest = self._tree.query(sobol_points(len(self.coordinates), n, seed, skip))
        return _points(nearest)

    def neighbours(self, point: NDArray[np.int64], rng: np.random.Generator) -> Points:  # noqa: ARG002
        """The nearest rows, two per coordinate."""
        row = int(point[0])
        k = min(NEIGHBOURS_PER_COORDINATE * len(self.coordinates) + 1, self.size)
        _, nearest = self._tree.query(self._scaled[row], k=range(1, k + 1))
        return _points([i for i in nearest if i != row])

    @cached_property
    def _scaled(self) -> NDArray[np.float64]:
        """Coordinates in the unit cube, so that no unit outweighs another."""
        low, high = self.bounds
        scaled: NDArray[np.float64] = (self.X - low) / np.where(high > low, high - low, 1.0)
        return scaled

    @cached_property
    def _tree(self) -> Any:
        from scipy.spatial import KDTree

        return KDTree(self._scaled)


def _refuse_equal(names: Sequence[str], X: NDArray[np.float64]) -> None:
    first: dict[bytes, str] = {}
    for name, x in zip(names, X + 0.0, strict=True):  # no -0.0
        if (other := first.setdefault(x.tobytes(), name)) != name:
            msg = (
                f"rows {other!r} and {name!r} of the pool have the same coordinates, so that "
                "nothing tells which of their crystals is meant: add a coordinate that tells them "
                "apart, or leave one of them out"
            )
            raise SpaceError(msg)


def _points(rows: ArrayLike) -> Points:
    return np.asarray(rows, dtype=np.int64).reshape(-1, 1)

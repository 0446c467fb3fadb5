"""Crystals at the coordinates of a space, and what networks read of them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cathode.errors import SpaceError
from cathode.model import Crystal
from cathode.space import PoolSpace, SearchSpace, Space
from surrogates.cgcnn.batches import Batch, in_order
from surrogates.cgcnn.graph_pack import graphs_of
from surrogates.cgcnn.graphs import Graph
from surrogates.cgcnn.virtual import VirtualCrystals

Reading = Callable[[Batch], Tensor]
"""What is read of crystals, shape (crystals, k)."""

Reader = Callable[[Tensor], Tensor]
"""The same of coordinates ``... x d``, shape ``... x k``."""

AT_ONCE = 512
"""Crystals that are read together."""

NAMED = 3
"""Rows without a crystal that a message names."""


class Places(Protocol):
    """Where the crystals of a space are."""

    @property
    def columns(self) -> tuple[int, ...]:
        """Coordinates that tell a crystal."""

    @property
    def unseen(self) -> tuple[str, ...]:
        """Coordinates that change nothing of it, by their names."""

    def graphs(self, X: NDArray[np.float64]) -> list[Graph]:
        """Crystals to learn from, at coordinates X, shape (n, d).

        Raises:
            SpaceError: there is none at some.
        """

    def reader(self, reading: Reading) -> Reader:
        """What is read of the crystals at coordinates."""


def places_of(space: Space) -> Places:
    """The crystals of a space.

    Raises:
        SpaceError: it has none.
    """
    if isinstance(space, PoolSpace):
        return PoolPlaces(space)
    if isinstance(space, SearchSpace):
        return RecipePlaces(VirtualCrystals(space))
    msg = f"a {type(space).__name__} has no crystals that networks could look at"
    raise SpaceError(msg)


def rows_without_graph(space: PoolSpace) -> dict[str, str]:
    """Why networks cannot look at some rows of a pool, by the names of the rows."""
    return {
        name: each
        for name, each in zip(space.names, _pool_graphs(space), strict=True)
        if isinstance(each, str)
    }


def _pool_graphs(space: PoolSpace) -> list[Graph | str]:
    crystals = [each for each in space.crystals if isinstance(each, Crystal)]
    graphs = iter(graphs_of(crystals, space.cache))
    return [each if isinstance(each, str) else next(graphs) for each in space.crystals]


@dataclass(frozen=True, eq=False)
class PoolPlaces:
    """Rows of a pool, each with a crystal."""

    space: PoolSpace

    @property
    def columns(self) -> tuple[int, ...]:
        """All coordinates: no two rows with crystals have equal ones."""
        return tuple(range(len(self.space.coordinates)))

    @property
    def unseen(self) -> tuple[str, ...]:
        """None that would matter."""
        return ()

    @cached_property
    def every(self) -> list[Graph]:
        """The graph of each row.

        Raises:
            SpaceError: some rows have none.
        """
        found = _pool_graphs(self.space)
        graphs = [each for each in found if isinstance(each, Graph)]
        if len(graphs) < len(found):
            raise SpaceError(lacking(rows_without_graph(self.space), len(found)))
        return graphs

    def graphs(self, X: NDArray[np.float64]) -> list[Graph]:
        """The graphs of rows."""
        return [self.every[row] for row in self.space.rows_at(X)]

    def reader(self, reading: Reading) -> Reader:
        """Reads a row when it is first asked for, and knows it from then on."""
        return _RowReader(self, reading)


def lacking(refused: dict[str, str], rows: int) -> str:
    """A sentence on rows that have no usable crystal."""
    some = "; ".join(f"{name!r}: {reason}" for name, reason in [*refused.items()][:NAMED])
    more = f" and {len(refused) - NAMED} more" if len(refused) > NAMED else ""
    return (
        f"{len(refused)} of the pool's {rows} rows have no crystal that networks can look at "
        f"({some}{more}); such networks must predict every candidate: leave these rows out of the "
        "table, or the networks out of surrogates"
    )


class _RowReader:
    def __init__(self, places: PoolPlaces, reading: Reading) -> None:
        self.places, self.reading = places, reading
        self.known = torch.zeros(places.space.size, dtype=torch.bool)
        self.table = torch.empty(0)

    def __call__(self, X: Tensor) -> Tensor:
        rows = torch.from_numpy(self.places.space.rows_at(X.detach().flatten(0, -2).numpy()))
        new = torch.unique(rows[~self.known[rows]])
        if len(new):
            with torch.no_grad():
                graphs = [self.places.every[row] for row in new.tolist()]
                found = torch.cat([self.reading(each) for each in in_order(graphs, AT_ONCE)])
            if not len(self.table):
                self.table = torch.empty(len(self.known), found.shape[1], dtype=found.dtype)
            self.table[new], self.known[new] = found, True
        return self.table[rows].reshape(*X.shape[:-1], -1)


@dataclass(frozen=True, eq=False)
class RecipePlaces:
    """Recipes as virtual crystals."""

    virtual: VirtualCrystals

    @property
    def columns(self) -> tuple[int, ...]:
        """Fractions, and the choice of a host."""
        return self.virtual.columns

    @property
    def unseen(self) -> tuple[str, ...]:
        """Process variables."""
        return self.virtual.unseen

    def graphs(self, X: NDArray[np.float64]) -> list[Graph]:
        """The virtual crystals."""
        return self.virtual.graphs(X)

    def reader(self, reading: Reading) -> Reader:
        """Reads each crystal anew, with gradients; equal ones once where none are wanted."""

        def read(X: Tensor) -> Tensor:
            rows = X.flatten(0, -2)[:, list(self.columns)]
            if rows.requires_grad:
                return self._read(reading, rows).reshape(*X.shape[:-1], -1)
            different, which = torch.unique(rows, dim=0, return_inverse=True)
            return self._read(reading, different)[which].reshape(*X.shape[:-1], -1)

        return read

    def _read(self, reading: Reading, X: Tensor) -> Tensor:
        return torch.cat([self._read_some(reading, some) for some in X.split(AT_ONCE)])

    def _read_some(self, reading: Reading, X: Tensor) -> Tensor:
        parts = self.virtual.batches(X)
        order = torch.cat([rows for rows, _ in parts]).argsort()
        return torch.cat([reading(batch) for _, batch in parts])[order]

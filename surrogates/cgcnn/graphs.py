"""Crystal graphs: atoms, and for each its nearest neighbours with their distances.

Source: T. Xie, J. C. Grossman, Phys. Rev. Lett. 120, 145301 (2018): the 12 nearest neighbours
within 8 Å, periodic images counted one by one.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cathode.errors import StructureError
from cathode.model import Crystal
from surrogates.cgcnn.elements import HEAVIEST, element_vectors

logger = logging.getLogger(__name__)

NEIGHBOURS = 12
"""Neighbours of an atom."""

RADIUS = 8.0
"""How far away they may be, in Å."""

KEPT = 36
"""Neighbours that are kept, so that the nearest are known when the atoms have moved somewhat."""

GAUSSIANS = 41
"""Gaussians of a distance."""

BEYOND = RADIUS + 1
"""Distance that stands for a neighbour that is not there, in Å."""

ROUNDING = 1e-5
"""What distances may be wrong by, in Å, as they are taken in single precision."""

LEAST_VOLUME = 0.5
"""Volume of an atom in Å³ below which a cell is taken for a mistake; hydrogen under pressure has 1.

The neighbours in a sphere are as many as there is room for: those of a cell without any would fill
the memory.
"""

MOST_ATOMS, MOST_CELLS = np.iinfo(np.int16).max, np.iinfo(np.int8).max
"""What neighbours and images can be written as."""

COINCIDENT = 1e-8
"""Atoms that are nearer than this, in Å, are in one place."""

Nearest = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Numbers and distances in Å of the twelve nearest neighbours of each atom, of shape (n, 12).

Where there are fewer, atom 0 stands in at a distance whose Gaussians are next to nothing.
"""


@dataclass(frozen=True, eq=False)
class Graph:
    """A crystal, and who is near whom in it.

    Attributes:
        crystal: the atoms.
        neighbours: per atom its nearest ones, nearest first, shape (n, KEPT); -1 where there are
            fewer within the radius.
        images: how many cells away each of them is, shape (n, KEPT, 3).
        shared: vectors of sites that elements share, means of these, instead of those that go
            with the atomic numbers, shape (n, 92).
    """

    crystal: Crystal
    neighbours: NDArray[np.int16]
    images: NDArray[np.int8]
    shared: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        """Number of atoms."""
        return len(self.crystal)

    @property
    def vectors(self) -> NDArray[np.float32]:
        """Vectors of the atoms' elements, shape (n, 92)."""
        return element_vectors()[self.crystal.numbers] if self.shared is None else self.shared

    @cached_property
    def nearest(self) -> Nearest:
        """The twelve nearest neighbours of each atom."""
        return _filled(self.neighbours[:, :NEIGHBOURS], self._distances[:, :NEIGHBOURS])

    @cached_property
    def reach(self) -> NDArray[np.float64]:
        """How far around each atom all neighbours are known, in Å, shape (n,)."""
        return np.minimum(self._distances[:, -1], RADIUS)

    @cached_property
    def _distances(self) -> NDArray[np.float64]:
        """To the kept neighbours in Å, inf where there is none, shape (n, KEPT)."""
        places = self.crystal.positions @ self.crystal.lattice
        apart = places[self.neighbours] - places[:, None] + self.images @ self.crystal.lattice
        far: NDArray[np.float64] = np.sqrt(np.einsum("nkx,nkx->nk", apart, apart))
        far[self.neighbours < 0] = np.inf
        return far


def graph_of(crystal: Crystal) -> Graph:
    """Search the neighbours of all atoms.

    Raises:
        StructureError: an element has no vector, an atom has no neighbour, two are in one place, or
            the cell is none.
    """
    from pymatgen.optimization.neighbors import find_points_in_spheres

    n = len(crystal)
    if not 1 <= n <= MOST_ATOMS:
        msg = f"it has {n} atoms: a graph has 1 to {MOST_ATOMS}"
        raise StructureError(msg)
    if crystal.volume < LEAST_VOLUME * n:
        msg = f"its cell has {crystal.volume / n:.3g} Å³ an atom: {LEAST_VOLUME:g} are the least"
        raise StructureError(msg)
    if not 1 <= crystal.numbers.min() <= crystal.numbers.max() <= HEAVIEST:
        wrong = next(int(z) for z in crystal.numbers if not 1 <= z <= HEAVIEST)
        msg = f"atomic number {wrong}: elements are known from 1 to {HEAVIEST}"
        raise StructureError(msg)
    # The search wants places inside the cell; images are counted from where atoms stand.
    inside = crystal.positions - (cells := np.floor(crystal.positions))
    points = np.ascontiguousarray(inside @ crystal.lattice)
    centres, found, images, far = find_points_in_spheres(
        points,
        points,
        r=RADIUS,
        pbc=np.ones(3, dtype=np.int64),
        lattice=np.ascontiguousarray(crystal.lattice),
        tol=COINCIDENT,
    )
    others = far > COINCIDENT
    if (twice := ~others & (centres != found)).any():
        one, other = int(centres[twice][0]), int(found[twice][0])
        msg = f"atoms {one} and {other} are in one place"
        raise StructureError(msg)
    centres, found, images, far = centres[others], found[others], images[others], far[others]
    counts = np.bincount(centres, minlength=n)
    if not counts.all():
        alone = int(np.flatnonzero(counts == 0)[0])
        msg = f"atom {alone} has no neighbour within {RADIUS:g} Å"
        raise StructureError(msg)
    # Rounded, so that equal distances keep one order on every machine.
    order = np.lexsort((found, np.round(far, 6), centres))
    rank = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    order, rank = order[rank < KEPT], rank[rank < KEPT]
    centres, found = centres[order], found[order]
    neighbours = np.full((n, KEPT), -1, dtype=np.int16)
    away = np.zeros((n, KEPT, 3), dtype=np.int8)
    neighbours[centres, rank] = found
    steps = np.rint(images[order] + cells[centres] - cells[found])
    if np.abs(steps).max() > MOST_CELLS:
        msg = f"atoms that are near stand more than {MOST_CELLS} cells away: reduce its cell"
        raise StructureError(msg)
    away[centres, rank] = steps
    return Graph(crystal, neighbours, away)


def nearest_in(graphs: Sequence[Graph], moved: Sequence[Crystal]) -> list[Nearest]:
    """The nearest neighbours of the atoms of graphs in cells that were strained or stirred.

    Distances are taken anew, of the neighbours that are kept. Where others may have come nearer
    than the twelfth of them, all of the crystal are searched for. Where an atom has lost its last
    neighbour, the crystal is taken as it was.

    Args:
        graphs: of the crystals as they were.
        moved: for each the same atoms in the same order in another cell, or at other places.
    """
    counts = np.array([len(graph) for graph in graphs])
    ends = np.cumsum(counts)
    owner = np.repeat(np.arange(len(graphs)), counts)
    lattices = np.array([crystal.lattice for crystal in moved])
    places, before = (
        np.concatenate([each.positions for each in crystals])
        for crystals in (moved, [graph.crystal for graph in graphs])
    )
    neighbours = np.concatenate([graph.neighbours for graph in graphs])
    known = neighbours + (ends - counts)[owner, None]
    # Cells that cancel must do so before precision is given up.
    cells = np.take(places, known, axis=0) - places[:, None]
    cells += np.concatenate([graph.images for graph in graphs])
    apart = cells.astype(np.float32) @ lattices.astype(np.float32)[owner]
    far = np.sqrt(np.einsum("nkx,nkx->nk", apart, apart))
    far[(neighbours < 0) | (far > RADIUS)] = np.inf
    choice = np.argpartition(far, NEIGHBOURS - 1, axis=1)[:, :NEIGHBOURS]
    far = np.take_along_axis(far, choice, axis=1)
    chosen = np.take_along_axis(neighbours, choice, axis=1)
    # No neighbour that is not kept can be nearer than this.
    strains = np.linalg.solve([graph.crystal.lattice for graph in graphs], lattices)
    least = np.linalg.svd(strains, compute_uv=False)[:, -1]
    steps = np.linalg.norm(np.einsum("nx,nxy->ny", places - before, lattices[owner]), axis=1)
    longest = np.maximum.reduceat(steps, ends - counts)
    beyond = np.concatenate([graph.reach for graph in graphs]) * least[owner] - steps
    unsure = far.max(axis=1) > np.minimum(beyond - longest[owner], RADIUS) + ROUNDING
    search = np.logical_or.reduceat(unsure, ends - counts)
    return [
        _searched(graph, crystal) if again else _filled(chosen[end - n : end], far[end - n : end])
        for graph, crystal, again, end, n in zip(graphs, moved, search, ends, counts, strict=True)
    ]


def _searched(graph: Graph, moved: Crystal) -> Nearest:
    """Neighbours in a crystal that moved; where an atom has none any more, as they were before."""
    try:
        return graph_of(moved).nearest
    except StructureError as error:
        logger.warning("a variant is left out, its original taken instead: %s", error)
        return graph.nearest


def _filled(neighbours: NDArray[np.int16], far: NDArray[np.float64]) -> Nearest:
    missing = ~np.isfinite(far)
    numbers = np.where(missing, 0, neighbours).astype(np.int64)
    return numbers, np.where(missing, BEYOND, far).astype(np.float32)

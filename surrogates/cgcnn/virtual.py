"""Virtual crystals: hosts whose mixing sites bear the mean of the elements on them.

Every mixing site of a host has the same mean, so atoms that the host's symmetry makes equal get
equal vectors. One formula unit of atoms therefore tells a network all that the whole cell does.
"""

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cathode.errors import SpecError
from cathode.model import Crystal
from cathode.physics.cells import MIXING
from cathode.physics.prototypes import MIXING_SITE, primitive_cell
from cathode.physics.species import VACANCY
from cathode.space import SearchSpace
from surrogates.cgcnn.batches import Batch
from surrogates.cgcnn.elements import HEAVIEST, LENGTH, element_vectors
from surrogates.cgcnn.graphs import NEIGHBOURS, Graph, graph_of

STAND_IN = "Xe"
"""Element on open sites where only their places matter; no host has it."""


@dataclass(frozen=True, eq=False)
class Host:
    """The primitive cell of a prototype.

    Attributes:
        graph: its neighbours; the elements on mixing sites mean nothing.
        sites: per atom the species of the prototype's formula that it is.
        unit: numbers of atoms that make one formula unit, or a part of it; an atom stands there as
            often as there are such atoms.
        orbits: per atom the place in ``unit`` of one that symmetry makes equal to it.
    """

    graph: Graph
    sites: tuple[str, ...]
    unit: NDArray[np.intp]
    orbits: NDArray[np.intp]

    @cached_property
    def far(self) -> Tensor:
        """Distances in Å from the unit's atoms, shape (atoms * 12,)."""
        return torch.from_numpy(self.graph.nearest[1][self.unit].ravel())

    @cached_property
    def neighbours(self) -> Tensor:
        """Places in the unit of their neighbours, shape (atoms * 12,)."""
        near = self.graph.nearest[0][self.unit]
        return torch.from_numpy(self.orbits[near.ravel()])

    def batch(self, elements: Tensor) -> Batch:
        """Crystals side by side.

        Args:
            elements: vectors of the unit's atoms, shape (crystals, atoms, 92).
        """
        n, atoms = elements.shape[:2]
        starts = atoms * torch.arange(n).repeat_interleave(atoms * NEIGHBOURS)
        return Batch(
            elements.reshape(n * atoms, LENGTH).float(),
            self.far.repeat(n),
            self.neighbours.repeat(n) + starts,
            torch.arange(n).repeat_interleave(atoms),
            torch.full((n,), float(atoms)),
        )


@lru_cache(maxsize=8)
def host_named(prototype: str) -> Host:
    """The host of a prototype."""
    from pymatgen.core import Structure
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    cell = primitive_cell(prototype)
    symbols = [STAND_IN if s.species_string == MIXING else s.species_string for s in cell]
    filled = Structure(cell.lattice, symbols, cell.frac_coords)
    equal = SpacegroupAnalyzer(filled).get_symmetrized_structure().equivalent_indices
    divisor = math.gcd(*map(len, equal))
    unit = [members[0] for members in equal for _ in range(len(members) // divisor)]
    orbits = np.empty(len(cell), dtype=np.intp)
    for members in equal:
        orbits[members] = unit.index(members[0])
    crystal = Crystal(
        np.array(cell.lattice.matrix),
        np.array(cell.frac_coords),
        np.array([site.specie.Z for site in filled], dtype=np.int16),
    )
    sites = tuple(MIXING_SITE if symbol == STAND_IN else symbol for symbol in symbols)
    return Host(graph_of(crystal), sites, np.array(unit), orbits)


@dataclass(frozen=True, eq=False)
class VirtualCrystals:
    """The virtual crystal of every recipe of a space; process variables change nothing of it.

    Attributes:
        space: the recipes.
    """

    space: SearchSpace

    @cached_property
    def columns(self) -> tuple[int, ...]:
        """Coordinates that a crystal depends on: fractions, and the choice of a host."""
        hosts = len(self.space.prototypes)
        return tuple(range(self.space.fractions_width + (hosts if hosts > 1 else 0)))

    @cached_property
    def unseen(self) -> tuple[str, ...]:
        """The coordinates that it does not depend on, by their names."""
        return self.space.coordinates[len(self.columns) :]

    @cached_property
    def _vectors(self) -> dict[str, Tensor]:
        """By site vectors of what may be on it, shape (elements, 92)."""
        return {
            s.site: torch.from_numpy(_vectors_of(s.elements)).double() for s in self.space.sites
        }

    def _hosts_of(self, X: Tensor) -> Tensor:
        """Number of the host of each row, shape (n,)."""
        if len(self.space.prototypes) == 1:
            return torch.zeros(len(X), dtype=torch.int64)
        return X[:, self.space.fractions_width : len(self.columns)].argmax(dim=1)

    def _elements(self, host: Host, atoms: NDArray[np.intp], X: Tensor) -> Tensor:
        """Vectors of some atoms of a host, shape (n, atoms, 92), differentiable in X."""
        sites = [host.sites[atom] for atom in atoms]
        found = {}
        for site in dict.fromkeys(sites):
            if site in self._vectors:
                found[site] = X[:, self.space.columns_of(site)].double() @ self._vectors[site]
            else:
                own = torch.from_numpy(_vectors_of((site,))).double()
                found[site] = own.expand(len(X), LENGTH)
        return torch.stack([found[site] for site in sites], dim=1)

    def batches(self, X: Tensor) -> list[tuple[Tensor, Batch]]:
        """Rows of X, shape (n, d), by their hosts: their numbers, and their crystals."""
        hosts = self._hosts_of(X.detach())
        found = []
        for number, prototype in enumerate(self.space.prototypes):
            rows = torch.nonzero(hosts == number).squeeze(-1)
            if len(rows):
                host = host_named(prototype.name)
                found.append((rows, host.batch(self._elements(host, host.unit, X[rows]))))
        return found

    def graphs(self, X: NDArray[np.float64]) -> list[Graph]:
        """Whole cells, to learn from: augmentations break symmetry."""
        at = torch.as_tensor(X)
        found = []
        for row, number in zip(at, self._hosts_of(at).tolist(), strict=True):
            host = host_named(self.space.prototypes[number].name)
            shared = self._elements(host, np.arange(len(host.sites)), row[None])[0].float().numpy()
            graph = host.graph
            found.append(Graph(graph.crystal, graph.neighbours, graph.images, shared))
        return found


def _vectors_of(symbols: tuple[str, ...]) -> NDArray[np.float32]:
    """Vectors of elements; a vacancy's is zero.

    Raises:
        SpecError: an element has none.
    """
    from pymatgen.core import Element

    numbers = [0 if symbol == VACANCY else Element(symbol).Z for symbol in symbols]
    if max(numbers) > HEAVIEST:
        heavy = symbols[int(np.argmax(numbers))]
        msg = f"{heavy} is too heavy for crystal graph networks: they know elements up to fermium"
        raise SpecError(msg)
    return element_vectors()[numbers]

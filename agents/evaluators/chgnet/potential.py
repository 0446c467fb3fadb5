"""Energies, forces, stresses and moments from CHGNet, about twice as fast as its own calculator."""

import contextlib
import io
import warnings
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from chgnet.model import CHGNet
from chgnet.model.model import BatchedGraph
from numpy.typing import NDArray
from pymatgen.core import Structure
from pymatgen.io.ase import AseAtomsAdaptor

from cathode.errors import EvaluationError

WEIGHTS = "0.3.0"
"""The pretrained weights used, named whatever version of the chgnet package carries them."""


@lru_cache(maxsize=1)
def load_potential() -> "Potential":
    """The potential, loaded once per process."""
    return Potential()


class Potential:
    """CHGNet on one device.

    Gaussian and Bessel features underflow to denormal numbers, which slow processors down
    manyfold; while the potential works they are flushed to zero.
    """

    def __init__(self) -> None:
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        with contextlib.redirect_stdout(io.StringIO()):
            self.model = CHGNet.load(model_name=WEIGHTS, verbose=False, use_device=self.device)
        self.model.eval().requires_grad_(requires_grad=False)
        self.model.graph_converter.set_isolated_atom_response("error")

    def energies(self, structures: Sequence[Structure]) -> NDArray[np.float64]:
        """Total energies (eV), shape (len(structures),), one structure at a time.

        Raises:
            EvaluationError: an atom has no neighbour.
        """
        with torch.no_grad(), _flushing_denormals():
            return np.array(
                [
                    float(self.model.predict_graph(self._graph(s), task="e")["e"]) * len(s)
                    for s in structures
                ]
            )

    def compute(self, structure: Structure) -> dict[str, Any]:
        """Energy (eV), forces (eV/Å), stress (eV/Å³, 3 x 3) and moments (µB) of a structure.

        CHGNet differentiates the energy twice, once for forces and once for stress, and keeps
        the graph for training; one backward pass gives both.

        Raises:
            EvaluationError: an atom has no neighbour.
        """
        with _flushing_denormals():
            return self._compute(structure, self._graph(structure))

    def _compute(self, structure: Structure, graph: Any) -> dict[str, Any]:
        with warnings.catch_warnings():
            # CHGNet makes a plain number of the strained volume, which is what it wants there.
            warnings.filterwarnings("ignore", "Converting a tensor with requires_grad", UserWarning)
            batch = BatchedGraph.from_graphs(
                [graph],
                bond_basis_expansion=self.model.bond_basis_expansion,
                angle_basis_expansion=self.model.angle_basis_expansion,
                compute_stress=True,
            )
        prediction = self.model._compute(batch, compute_magmom=True)  # noqa: SLF001
        per_atom = prediction["e"].sum()
        energy = per_atom * len(structure)
        gradient, strain = torch.autograd.grad(energy, [batch.atom_positions[0], batch.strains[0]])
        reference = self.model.composition_model([graph]).sum() * len(structure)
        return {
            "energy": float(energy.detach() + reference),
            "forces": -gradient.cpu().numpy().astype(float),
            # The structure's volume, as CHGNet's own is negative for left-handed cells.
            "stress": strain.cpu().numpy().astype(float) / structure.volume,
            "magmoms": prediction["m"][0].detach().cpu().numpy().astype(float),
        }

    def _graph(self, structure: Structure) -> Any:
        try:
            return self.model.graph_converter(structure).to(self.device)
        except ValueError as error:
            detail = "an atom has no neighbour within the potential's reach of 6 Å"
            raise EvaluationError("exploded", detail) from error


@contextlib.contextmanager
def _flushing_denormals() -> Iterator[None]:
    """The processor's mode belongs to everybody in the process: it is put back."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


class PotentialCalculator(Calculator):
    """The potential as an ASE calculator."""

    implemented_properties = ("energy", "forces", "stress", "magmoms")

    def __init__(self, potential: Potential) -> None:
        super().__init__()
        self.potential = potential

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = implemented_properties,
        system_changes: Sequence[str] = tuple(all_changes),
    ) -> None:
        """Fill ``self.results``; all properties come out of one pass."""
        super().calculate(atoms, list(properties), list(system_changes))
        self.results = self.potential.compute(AseAtomsAdaptor.get_structure(self.atoms))
        self.results["free_energy"] = self.results["energy"]

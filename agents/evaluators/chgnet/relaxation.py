"""Relax a crystal's cell and positions, and notice when that goes wrong."""

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from ase.filters import FrechetCellFilter
from ase.optimize import FIRE
from pymatgen.core import Structure
from pymatgen.io.ase import AseAtomsAdaptor

from agents.evaluators.chgnet.potential import Potential, PotentialCalculator
from cathode.errors import EvaluationError

VOLUME_GROWTH = 1.3
"""A cell that grew or shrank by more than this factor has left its prototype."""

SHORTEST_BOND = 0.7
"""Atoms nearer to each other than this (Å) have collided."""


@dataclass(frozen=True)
class Relaxed:
    """A relaxed crystal.

    Attributes:
        structure: cell and positions.
        energy: total energy (eV).
        moments: magnetic moments of the sites (µB).
        steps: optimiser steps taken.
    """

    structure: Structure
    energy: float
    moments: tuple[float, ...]
    steps: int

    def as_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        return {
            "structure": self.structure.as_dict(verbosity=0),
            "energy": self.energy,
            "moments": list(self.moments),
            "steps": self.steps,
        }

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> "Relaxed":
        """Rebuild what :meth:`as_dict` wrote."""
        return cls(
            Structure.from_dict(content["structure"]),
            content["energy"],
            tuple(content["moments"]),
            content["steps"],
        )


def relax(structure: Structure, potential: Potential, fmax: float, max_steps: int) -> Relaxed:
    """Relax cell and positions until no force exceeds ``fmax`` (eV/Å).

    FIRE goes downhill without overshooting along the soft stacking axis of delithiated layers,
    where quasi-Newton steps jump out of the basin.

    Raises:
        EvaluationError: ``unconverged`` after ``max_steps``, or ``exploded``: the cell left its
            prototype, atoms collided or the energy is no number.
    """
    atoms = AseAtomsAdaptor.get_atoms(structure)
    atoms.calc = PotentialCalculator(potential)
    cell = FrechetCellFilter(atoms)
    optimiser = FIRE(cell, logfile=None)
    converged = False
    with warnings.catch_warnings():
        # SciPy's doubt about a matrix logarithm at 1e-13, far below any force tolerance.
        warnings.filterwarnings("ignore", "logm result may be inaccurate", RuntimeWarning)
        for done in optimiser.irun(fmax=fmax, steps=max_steps):
            converged = done
            _refuse_exploded(atoms.get_potential_energy(), atoms.get_volume() / structure.volume)
    relaxed = AseAtomsAdaptor.get_structure(atoms)
    if len(relaxed) > 1:
        distances = relaxed.distance_matrix + 10 * np.eye(len(relaxed))
        if distances.min() < SHORTEST_BOND:
            detail = f"two atoms came within {distances.min():.2f} Å of each other"
            raise EvaluationError("exploded", detail)
    if not converged:
        force = float(np.linalg.norm(cell.get_forces(), axis=1).max())
        detail = f"largest force {force:.2f} eV/Å after {max_steps} steps, wanted {fmax:g}"
        raise EvaluationError("unconverged", detail)
    moments = tuple(float(m) for m in atoms.calc.results["magmoms"])
    return Relaxed(relaxed, float(atoms.get_potential_energy()), moments, optimiser.nsteps)


def _refuse_exploded(energy: float, growth: float) -> None:
    if not math.isfinite(energy):
        raise EvaluationError("exploded", f"the energy became {energy}")
    if not 1 / VOLUME_GROWTH < growth < VOLUME_GROWTH:
        detail = f"the cell's volume became {growth:.2f} times what it was"
        raise EvaluationError("exploded", detail)

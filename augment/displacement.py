"""Displaced atoms: all of them (perturbation) or a few (translation).

Sources: R. Magar et al., AugLiChem, Mach. Learn.: Sci. Technol. 3, 045015 (2022), whose
perturbation is pymatgen's ``Structure.perturb``; E. Abenza et al., Regularization strategy for
battery materials using lattice scaling (2026), section "Datasets": 0 to 0.5 Å.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cathode.model import Crystal
from cathode.spec import PerturbationSpec, TranslationSpec


@dataclass(frozen=True)
class Perturbation:
    """Displace every atom in a random direction, by 0 to so many Å, uniformly."""

    spec: PerturbationSpec

    @property
    def name(self) -> str:
        """Name in tables."""
        return self.spec.name

    def apply(self, crystal: Crystal, rng: np.random.Generator) -> Crystal:
        """A variant with every atom displaced."""
        return _displaced(crystal, _steps(len(crystal), self.spec.distance, rng))


@dataclass(frozen=True)
class Translation:
    """Displace a few atoms, each in a direction and by a distance of its own.

    The paper does not say how many "a few" are, and AugLiChem leaves them to the user. Here each
    atom is displaced with the probability ``share``, and one where none would be.
    """

    spec: TranslationSpec

    @property
    def name(self) -> str:
        """Name in tables."""
        return self.spec.name

    def apply(self, crystal: Crystal, rng: np.random.Generator) -> Crystal:
        """A variant with a few atoms displaced."""
        n = len(crystal)
        chosen = rng.random(n) < self.spec.share
        if not chosen.any():
            chosen[rng.integers(n)] = True
        steps = _steps(n, self.spec.distance, rng)
        return _displaced(crystal, np.where(chosen[:, None], steps, 0))


def _steps(n: int, distance: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Steps of 0 to ``distance`` Å in random directions, shape (n, 3)."""
    directions = rng.standard_normal((n, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return directions * rng.uniform(0, distance, (n, 1))


def _displaced(crystal: Crystal, steps: NDArray[np.float64]) -> Crystal:
    """The crystal with its atoms moved by steps in Å, shape (n, 3)."""
    positions = crystal.positions + np.linalg.solve(crystal.lattice.T, steps.T).T
    return Crystal(crystal.lattice.copy(), positions, crystal.numbers.copy())

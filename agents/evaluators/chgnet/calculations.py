"""Relaxations and energies, each done once and kept by the hash of its input."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from pymatgen.core import Structure

from agents.evaluators.cache import ContentCache
from cathode.errors import EvaluationError

if TYPE_CHECKING:
    from agents.evaluators.chgnet.potential import Potential
    from agents.evaluators.chgnet.relaxation import Relaxed


class Calculations:
    """The potential behind a cache; a killed evaluation resumes after its last relaxation."""

    def __init__(self, source: str, cache: ContentCache) -> None:
        self.source = source
        self.cache = cache

    def prepare(self) -> None:
        """Load the potential now rather than with the first calculation."""
        _ = self._potential

    def relaxed(self, structure: Structure, fmax: float, max_steps: int) -> "Relaxed":
        """Relax a crystal until no force exceeds ``fmax`` (eV/Å).

        Raises:
            EvaluationError: it exploded or did not converge; kept, and raised again next time.
        """
        from agents.evaluators.chgnet.relaxation import Relaxed, relax

        def compute() -> dict[str, Any]:
            try:
                return relax(structure, self._potential, fmax, max_steps).as_dict()
            except EvaluationError as error:
                return {"failed": [error.cause, error.detail]}

        key = {"relax": _cell_key(structure), "fmax": fmax, "max_steps": max_steps}
        result = self._kept(key, compute)
        if "failed" in result:
            raise EvaluationError(*result["failed"])
        return Relaxed.from_dict(result)

    def lowest(
        self, cells: Sequence[Structure], relaxed: int, fmax: float, max_steps: int
    ) -> tuple["Relaxed", list[str]]:
        """Relax the cells lowest in unrelaxed energy and pick the lowest of the results.

        Returns:
            The lowest relaxed cell, and why others that were tried were lost.

        Raises:
            EvaluationError: not one of the cells relaxed.
        """
        order = np.argsort(self._energies(cells), kind="stable")
        results: list[Relaxed] = []
        failures: list[EvaluationError] = []
        for index in order[:relaxed]:
            try:
                results.append(self.relaxed(cells[index], fmax, max_steps))
            except EvaluationError as error:
                failures.append(error)
        if not results:
            raise failures[0]
        lowest = min(results, key=lambda result: result.energy)
        return lowest, [str(error) for error in failures]

    def _energies(self, cells: Sequence[Structure]) -> list[float]:
        if len(cells) == 1:  # nothing to compare
            return [0.0]
        key = {"energies": [_cell_key(cell) for cell in cells]}
        return list(self._kept(key, lambda: self._potential.energies(cells).tolist()))

    def _kept(self, key: dict[str, Any], compute: Callable[[], Any]) -> Any:
        return self.cache.get({"potential": self.source, **key}, compute)

    @cached_property
    def _potential(self) -> "Potential":
        # Imports torch and chgnet, ten seconds that only a process that computes should pay.
        from agents.evaluators.chgnet.potential import load_potential

        return load_potential()


def _cell_key(structure: Structure) -> dict[str, Any]:
    """A crystal as JSON, rounded far below what a relaxation could feel."""
    return {
        "species": [site.species_string for site in structure],
        "lattice": np.round(structure.lattice.matrix, 8).tolist(),
        "positions": np.round(structure.frac_coords, 8).tolist(),
    }

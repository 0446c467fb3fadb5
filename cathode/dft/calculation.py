"""A finished calculation of one crystal, as a file of results tells it."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from cathode.lab.conditions import checked_text
from cathode.physics.formulas import reduced, written

if TYPE_CHECKING:
    from pymatgen.core import Structure

ION = "Li"
"""The working ion."""

Formula = tuple[tuple[str, int], ...]
"""The smallest whole numbers of atoms by element, as :func:`reduced` gives them."""

PBE = "PBE"

SAME: Mapping[str, str] = {"GGA": PBE, "PE": PBE, "PBE": PBE}
"""Names under which files have the functional of Perdew, Burke and Ernzerhof."""

LONGEST_WORD = 60
"""Characters of the name of a functional, a code or a pseudopotential."""


def checked_word(where: str, name: str, value: object) -> str:
    """A name that a file gives, fit for every database; empty where it gives none.

    Args:
        where: the file; begins the message.
        name: what it is the name of.
        value: what the file has there.

    Raises:
        SourceError: it is too long, or no text.
    """
    text = value if isinstance(value, str) else ""
    return checked_text(f"{where}, {name}", text, LONGEST_WORD)


def by_element(where: str, titles: Iterable[object]) -> dict[str, str]:
    """Names of pseudopotentials by element.

    Args:
        where: the file; begins messages.
        titles: such as ``PAW_PBE Ni_pv 06Sep2000``, or the name alone.

    Raises:
        SourceError: a name cannot be kept.
    """
    found = {}
    for title in titles:
        words = str(title).split()
        name = checked_word(where, "pseudopotential", "".join(words[1:2] or words[:1]))
        found[name.split("_")[0]] = name
    return found


@dataclass(frozen=True)
class Calculation:
    """What one file says of one crystal.

    Attributes:
        where: the file, seen from the folder of results; begins messages.
        digest: hash of the file.
        structure: the relaxed crystal.
        energy: total energy (eV per cell), corrections in it; None where it did not converge.
        functional: such as ``PBE+U`` or ``R2SCAN``; empty where the file does not say.
        hubbard: U (eV) by element, where it is not zero.
        potcars: names of pseudopotentials by element, as far as the file says.
        correction: the part of the energy (eV per cell) that is a correction.
        code: code and version, as far as the file says.
        failure: why it did not converge; None where it did.
    """

    where: str
    digest: str
    structure: "Structure" = field(repr=False)
    energy: float | None
    functional: str = ""
    hubbard: Mapping[str, float] = field(default_factory=dict)
    potcars: Mapping[str, str] = field(default_factory=dict)
    correction: float = 0.0
    code: str = ""
    failure: str | None = None

    @cached_property
    def atoms(self) -> dict[str, int]:
        """Number of atoms in the cell by element."""
        amounts = self.structure.composition.get_el_amt_dict()
        return {element: round(n) for element, n in amounts.items()}

    @property
    def energy_per_atom(self) -> float:
        """eV/atom; infinite where it did not converge."""
        return math.inf if self.energy is None else self.energy / len(self.structure)

    @property
    def lithium(self) -> int:
        """Lithium atoms in the cell."""
        return self.atoms.get(ION, 0)

    @cached_property
    def host(self) -> Formula:
        """What stays when all lithium leaves; empty of lithium metal."""
        return reduced({element: n for element, n in self.atoms.items() if element != ION})

    @cached_property
    def reduced(self) -> Formula:
        """The composition in smallest whole numbers."""
        return reduced(self.atoms)

    @cached_property
    def lithium_per_host(self) -> Fraction:
        """Lithium atoms per atom of the host."""
        return Fraction(self.lithium, len(self.structure) - self.lithium)

    @cached_property
    def formula(self) -> str:
        """Of the whole cell, such as Li10Ni8Mn1Co1O20."""
        return written(self.atoms)

    @property
    def exchange(self) -> str:
        """The functional without U, under one name; empty where the file does not say."""
        bare = self.functional.replace("+U", "", 1)
        return SAME.get(bare, bare)

"""Host prototypes: published crystal structures with the metal site left open.

Lattice constants are starting points for relaxations, not results.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from cathode.errors import SpecError
from cathode.physics.species import VACANCY

if TYPE_CHECKING:
    from pymatgen.core import Structure

MIXING_SITE = "M"


@dataclass(frozen=True)
class Prototype:
    """A crystal structure with lithium, a mixing site and a framework.

    Attributes:
        name: key in specs.
        description: formula and space group for people.
        space_group: Hermann-Mauguin symbol, in the setting of the coordinates.
        lattice: a, b, c (Å) and alpha, beta, gamma (degrees) of the conventional cell.
        sites: (species, fractional coordinates) of the asymmetric unit; ``M`` is the mixing site.
        formula: lithium, mixing site and the rest with their numbers in one formula unit; each
            of them is a site on which a space may mix elements.
        lithium_left: fraction of lithium left in the charged cell, by default.
        source: where the figures come from.
    """

    name: str
    description: str
    space_group: str
    lattice: tuple[float, float, float, float, float, float]
    sites: tuple[tuple[str, tuple[float, float, float]], ...]
    formula: tuple[tuple[str, int], ...]
    lithium_left: Fraction
    source: str

    @property
    def mixing_per_formula(self) -> int:
        """Mixing sites in one formula unit."""
        return dict(self.formula)[MIXING_SITE]

    def formula_of(self, sites: Mapping[str, Mapping[str, Fraction]]) -> str:
        """The chemical formula with the mixing sites filled, such as LiNi0.8Co0.2O2."""
        parts: list[str] = []
        for species, count in self.formula:
            filled = sites.get(species, {species: Fraction(1)})
            by_amount = sorted(filled.items(), key=lambda item: (-item[1], item[0]))
            parts.extend(_amount(e, x * count) for e, x in by_amount if x and e != VACANCY)
        return "".join(parts)


def _amount(species: str, count: Fraction) -> str:
    return species if count == 1 else f"{species}{float(count):.6g}"


LAYERED = Prototype(
    name="layered",
    description="LiMO2, O3 stacking, R-3m",
    space_group="R-3m",
    lattice=(2.8161, 2.8161, 14.0536, 90.0, 90.0, 120.0),
    sites=(("Li", (0, 0, 0)), ("M", (0, 0, 0.5)), ("O", (0, 0, 0.23968))),
    formula=(("Li", 1), ("M", 1), ("O", 2)),
    # Without lithium between them the MO2 sheets hold together by dispersion only, which the
    # potential (trained on PBE+U) lacks: fully charged cells drift apart without a minimum.
    # A fifth is what Ni-rich cells keep at about 4.3 V.
    lithium_left=Fraction(1, 5),
    source="LiCoO2: Akimoto, Gotoh, Oosawa, J. Solid State Chem. 141, 298 (1998)",
)

SPINEL = Prototype(
    name="spinel",
    description="LiM2O4, Fd-3m",
    space_group="Fd-3m:2",  # origin choice 2, inversion at the origin
    lattice=(8.2483, 8.2483, 8.2483, 90.0, 90.0, 90.0),
    sites=(("Li", (0.125, 0.125, 0.125)), ("M", (0.5, 0.5, 0.5)), ("O", (0.2632,) * 3)),
    formula=(("Li", 1), ("M", 2), ("O", 4)),
    lithium_left=Fraction(0),
    source="LiMn2O4: Akimoto, Takahashi, Gotoh, Mizuta, Chem. Mater. 12, 3246 (2000)",
)

OLIVINE = Prototype(
    name="olivine",
    description="LiMPO4, Pnma",
    space_group="Pnma",
    lattice=(10.332, 6.010, 4.692, 90.0, 90.0, 90.0),
    sites=(
        ("Li", (0, 0, 0)),
        ("M", (0.28222, 0.25, 0.97472)),
        ("P", (0.09486, 0.25, 0.41820)),
        ("O", (0.09678, 0.25, 0.74279)),
        ("O", (0.45710, 0.25, 0.20602)),
        ("O", (0.16558, 0.04646, 0.28480)),
    ),
    formula=(("Li", 1), ("M", 1), ("P", 1), ("O", 4)),
    lithium_left=Fraction(0),
    source="LiFePO4: Streltsov, Belokoneva, Tsirelson, Hansen, Acta Cryst. B49, 147 (1993)",
)

PROTOTYPES: dict[str, Prototype] = {known.name: known for known in (LAYERED, SPINEL, OLIVINE)}


def prototype_named(name: str) -> Prototype:
    """The prototype of that name.

    Raises:
        SpecError: there is none.
    """
    if name not in PROTOTYPES:
        msg = f"unknown prototype {name!r}: known are {', '.join(PROTOTYPES)}"
        raise SpecError(msg)
    return PROTOTYPES[name]


@lru_cache(maxsize=len(PROTOTYPES))
def primitive_cell(name: str) -> "Structure":
    """The primitive cell, its mixing sites filled with the dummy species ``X0+``.

    The structure is shared: copy it before changing it.

    Raises:
        SpecError: there is no prototype of that name.
    """
    from pymatgen.core import DummySpecies, Lattice, Structure

    prototype = prototype_named(name)
    species = [DummySpecies("X") if s == MIXING_SITE else s for s, _ in prototype.sites]
    conventional = Structure.from_spacegroup(
        prototype.space_group,
        Lattice.from_parameters(*prototype.lattice),
        species,
        [coordinates for _, coordinates in prototype.sites],
    )
    return conventional.get_primitive_structure()

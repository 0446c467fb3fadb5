"""The two cells of a candidate that are calculated: with all its lithium, and charged.

They are made as the CHGNet evaluator makes its cells, without a potential to compare orderings: the
cations are ordered by the electrostatics of point charges, the lithium that is left is put where it
repels itself least, and the lattice is the prototype's published one, which the code relaxes.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from cathode.errors import SpecError
from cathode.model import Candidate
from cathode.physics.cells import compact_supercell, mixing_indices
from cathode.physics.electrostatics import mean_charges, ordering_energies
from cathode.physics.formulas import atoms_of, formula
from cathode.physics.orderings import decorate, distinct_orderings, vacancy_orderings
from cathode.physics.prototypes import (
    MIXING_SITE,
    PROTOTYPES,
    Prototype,
    primitive_cell,
    prototype_named,
)
from cathode.physics.species import VACANCY
from cathode.rng import derived_seed
from cathode.spec import CampaignSpec, ChgnetSpec

if TYPE_CHECKING:
    from pymatgen.core import Structure

LEAST_SITES = 10
"""Mixing sites that a cell has at least, where the campaign has no evaluator that says so."""

MOST_ATOMS = 240
"""Atoms beyond which a cell is refused: a relaxation with DFT+U would take weeks."""

ORDERINGS = 20
"""Orderings compared, where the campaign has no evaluator that says so."""

DECIMALS = 8
"""Of lattices (Å) and fractional coordinates, so that files are the same on every machine."""

BY_CHARGES = "lowest electrostatic energy of point charges"
BY_DRAW = "the first one drawn, for no charges of these elements balance"
ONLY_ONE = "there is one only"


@dataclass(frozen=True)
class CellSettings:
    """How large the cells are, and how much lithium is left.

    Attributes:
        mixing_sites: mixing sites in a cell.
        lithium_left: fraction of lithium left in the charged cell.
        orderings: how many cation orderings are compared at most.
    """

    mixing_sites: int
    lithium_left: Fraction
    orderings: int


@dataclass(frozen=True)
class Cells:
    """The cells of a candidate.

    Attributes:
        lithiated: with all its lithium.
        delithiated: the same with as much lithium as is left.
        settings: how large they are.
        compared: how many cation orderings were compared.
        chosen_by: how one was chosen, in words.
    """

    lithiated: "Structure"
    delithiated: "Structure"
    settings: CellSettings
    compared: int
    chosen_by: str


def cells_of(spec: CampaignSpec, candidate: Candidate) -> Cells:
    """The cells of a candidate, the same for the same seed of the campaign.

    Raises:
        SpecError: the candidate has no such cell, or one that is too large.
    """
    if candidate.prototype not in PROTOTYPES:
        msg = f"{formula(candidate)} is a row of a pool: cells are made for compositions on a "
        raise SpecError(f"{msg}prototype ({', '.join(PROTOTYPES)})")
    prototype = prototype_named(candidate.prototype)
    _refuse_other_sites(candidate, prototype)
    settings = settings_of(spec, candidate)
    _refuse_large(candidate, settings)
    left = _lithium_left(candidate, prototype, settings)
    sites = settings.mixing_sites
    supercell = compact_supercell(prototype.name, sites)
    cell = primitive_cell(prototype.name).make_supercell(supercell, in_place=False)
    orderings = distinct_orderings(
        cell, candidate.on_site(MIXING_SITE), settings.orderings, _rng(spec, candidate, "cations")
    )
    best, chosen_by = _lowest(cell, orderings)
    lithiated = decorate(cell, orderings[best])
    draws = _rng(spec, candidate, "vacancies")
    (delithiated,) = vacancy_orderings(lithiated, "Li", left, 1, draws)
    both = (_rounded(lithiated), _rounded(delithiated))
    return Cells(*both, settings, len(orderings), chosen_by)


def settings_of(spec: CampaignSpec, candidate: Candidate) -> CellSettings:
    """Those of the campaign's CHGNet evaluator, where it has one: both then say the same thing.

    Else the smallest cell of at least :data:`LEAST_SITES` mixing sites that holds the candidate
    exactly.
    """
    own = PROTOTYPES[candidate.prototype].lithium_left
    for each in (spec.evaluator, *(cheaper.evaluator for cheaper in spec.cheaper.values())):
        if isinstance(each, ChgnetSpec):
            return CellSettings(each.mixing_sites, each.lithium_left_of(own), each.orderings)
    prototype = PROTOTYPES[candidate.prototype]
    per_site = Fraction(dict(prototype.formula)["Li"], prototype.mixing_per_formula)
    unit = math.lcm(
        len(mixing_indices(primitive_cell(prototype.name))),
        per_site.denominator,
        (own * per_site).denominator,
        *(x.denominator for x in candidate.on_site(MIXING_SITE).values()),
    )
    return CellSettings(unit * math.ceil(LEAST_SITES / unit), own, ORDERINGS)


def _refuse_other_sites(candidate: Candidate, prototype: Prototype) -> None:
    """Refuse what :func:`decorate` and the vacancies of lithium cannot tell apart."""
    others = [site for site, _ in candidate.sites if site != MIXING_SITE]
    if others:
        msg = f"{formula(candidate)} mixes elements on site {others[0]}: cells are made for those "
        raise SpecError(f"{msg}that mix on site {MIXING_SITE} alone")
    host = {species for species, _ in prototype.formula}
    for element in candidate.on_site(MIXING_SITE):
        if element == VACANCY or element in host:
            what = "vacancies" if element == VACANCY else f"{element}, which its host has too,"
            msg = f"{formula(candidate)} has {what} on site {MIXING_SITE}: no cell is made for that"
            raise SpecError(msg)


def _refuse_large(candidate: Candidate, settings: CellSettings) -> None:
    prototype = PROTOTYPES[candidate.prototype]
    per_formula = sum((atoms_of(candidate) or {}).values(), Fraction(0))
    atoms = per_formula * settings.mixing_sites / prototype.mixing_per_formula
    if atoms > MOST_ATOMS:
        msg = f"{formula(candidate)} needs a cell of {float(atoms):g} atoms to be exact, and "
        raise SpecError(f"{msg}{MOST_ATOMS} are the most: make the space's step coarser")


def _lithium_left(candidate: Candidate, prototype: Prototype, settings: CellSettings) -> int:
    """Lithium atoms in the charged cell."""
    all_of_it = Fraction(
        settings.mixing_sites * dict(prototype.formula)["Li"], prototype.mixing_per_formula
    )
    left = settings.lithium_left * all_of_it
    if left.denominator != 1:
        msg = f"{formula(candidate)}: lithium_left={settings.lithium_left} of {all_of_it} lithium "
        raise SpecError(f"{msg}atoms is no whole number: change mixing_sites of the evaluator")
    return int(left)


def _lowest(cell: "Structure", orderings: list[tuple[str, ...]]) -> tuple[int, str]:
    """Place of the ordering that is taken, and how it was chosen."""
    if len(orderings) == 1:
        return 0, ONLY_ONE
    atoms = decorate(cell, orderings[0]).composition.get_el_amt_dict()
    charges = mean_charges({element: round(n) for element, n in atoms.items()})
    if charges is None:
        return 0, BY_DRAW
    # Rounded, so that equal ones keep their order on every machine.
    energies = np.round(ordering_energies(cell, orderings, charges), 6)
    return int(np.argmin(energies)), BY_CHARGES


def _rounded(cell: "Structure") -> "Structure":
    from pymatgen.core import Lattice, Structure

    positions = np.round(cell.frac_coords, DECIMALS) % 1.0
    lattice = Lattice(np.round(cell.lattice.matrix, DECIMALS) + 0.0)
    return Structure(lattice, cell.species, positions)


def _rng(spec: CampaignSpec, candidate: Candidate, purpose: str) -> np.random.Generator:
    return np.random.default_rng(derived_seed(spec.seed, candidate.id, "dft", purpose))

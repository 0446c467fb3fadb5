"""Cation orderings: distinct ways to put elements on the mixing sites of a cell."""

import math
from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cathode.errors import SpecError
from cathode.physics.cells import mixing_indices

if TYPE_CHECKING:
    from pymatgen.core import Structure

TRIES_PER_ORDERING = 40
"""Random draws spent per wanted ordering before taking fewer: small cells have few."""

MOST_CHOICES_LISTED = 5000
"""Vacancy choices that are ranked; where a cell has more, that many are drawn."""


def counts_on(fractions: Mapping[str, Fraction], sites: int) -> dict[str, int]:
    """How many of ``sites`` each element takes.

    Raises:
        SpecError: a fraction is no whole number of sites.
    """
    counts = {}
    for element, x in fractions.items():
        if (x * sites).denominator != 1:
            msg = f"{element} {x} of {sites} mixing sites is {float(x * sites):.3g} atoms: "
            raise SpecError(msg + f"use mixing_sites that are a multiple of {x.denominator}")
        counts[element] = int(x * sites)
    return counts


def site_permutations(structure: "Structure") -> NDArray[np.intp]:
    """What the symmetry of the open cell does to its mixing sites.

    Returns:
        One row per operation, shape (operations, sites): site i goes where site row[i] was.
    """
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    positions = structure.frac_coords[mixing_indices(structure)]
    rows = []
    for operation in SpacegroupAnalyzer(structure).get_symmetry_operations():
        moved = operation.operate_multi(positions)
        apart = moved[:, None, :] - positions[None, :, :]
        apart -= np.rint(apart)
        rows.append(np.linalg.norm(apart, axis=2).argmin(axis=1))
    return np.unique(np.array(rows), axis=0)


def distinct_orderings(
    structure: "Structure",
    fractions: Mapping[str, Fraction],
    count: int,
    rng: np.random.Generator,
) -> list[tuple[str, ...]]:
    """Draw orderings no two of which are equal by symmetry.

    Args:
        structure: an open cell.
        fractions: fraction of each element on the mixing site; sums to one.
        count: how many orderings to draw; small cells may have fewer.
        rng: source of randomness.

    Returns:
        Elements in the order of the cell's mixing sites.

    Raises:
        SpecError: the cell cannot hold the fractions exactly.
    """
    sites = len(mixing_indices(structure))
    amounts = sorted(counts_on(fractions, sites).items())
    labels = np.repeat(np.arange(len(amounts)), [n for _, n in amounts]).astype(np.uint8)
    permutations = site_permutations(structure)
    found: dict[bytes, tuple[str, ...]] = {}
    for _ in range(TRIES_PER_ORDERING * count):
        rng.shuffle(labels)
        orbit = min(row.tobytes() for row in labels[permutations])
        found.setdefault(orbit, tuple(amounts[i][0] for i in labels))
        if len(found) == count:
            break
    return list(found.values())


def decorate(structure: "Structure", ordering: tuple[str, ...]) -> "Structure":
    """A copy of an open cell with its mixing sites filled in order."""
    filled = structure.copy()
    for index, element in zip(mixing_indices(structure), ordering, strict=True):
        filled.replace(index, element)
    return filled


def vacancy_orderings(
    structure: "Structure", ion: str, left: int, count: int, rng: np.random.Generator
) -> list["Structure"]:
    """Copies of a cell with only ``left`` mobile ions, on the sites where they repel least.

    Like charges spread out; crowded choices empty whole layers, which then drift apart. Choices
    are ranked by the sum of inverse distances between the ions left.

    Args:
        structure: the full cell.
        ion: symbol of the mobile ion.
        left: how many of it stay.
        count: how many choices to return at most.
        rng: source of randomness, used where there are too many choices to list.
    """
    ions = np.array([i for i, site in enumerate(structure) if site.species_string == ion])
    if math.comb(len(ions), left) <= MOST_CHOICES_LISTED:
        choices = np.array(list(combinations(range(len(ions)), left)), dtype=int)
    else:
        choices = np.argsort(rng.random((MOST_CHOICES_LISTED, len(ions))), axis=1)[:, :left]
        choices = np.unique(np.sort(choices, axis=1), axis=0)
    distances = structure.distance_matrix[np.ix_(ions, ions)] + np.diag(np.full(len(ions), np.inf))
    repulsion = (1 / distances)[choices[:, :, None], choices[:, None, :]].sum(axis=(1, 2))
    # Rounded, so that equal choices keep their order on every machine.
    best = np.argsort(np.round(repulsion, 6), kind="stable")[:count]
    cells = []
    for choice in choices[best]:
        cell = structure.copy()
        cell.remove_sites(np.delete(ions, choice).tolist())
        cells.append(cell)
    return cells

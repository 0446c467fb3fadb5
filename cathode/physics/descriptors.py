"""Descriptors of elements, from which surrogates make descriptors of compositions."""

import math

import numpy as np
from numpy.typing import NDArray

from cathode.errors import SpecError
from cathode.physics.species import VACANCY

ELEMENT_DESCRIPTORS = (
    "electronegativity (Pauling)",
    "mean ionic radius (Å)",
    "group",
    "third ionisation energy (eV)",
    "atomic mass (u)",
)
"""Columns of :func:`element_table`; values are pymatgen's."""


def element_table(elements: tuple[str, ...]) -> NDArray[np.float64]:
    """Descriptors of elements, one row each, shape (len(elements), len(ELEMENT_DESCRIPTORS)).

    Raises:
        SpecError: a descriptor of an element is not known.
    """
    from pymatgen.core import Element

    rows = []
    for symbol in elements:
        if symbol == VACANCY:
            msg = "a vacancy has no descriptors: use descriptors: fractions"
            raise SpecError(msg)
        element = Element(symbol)
        ionisation = element.ionization_energies
        row = [
            element.X,
            float(element.average_ionic_radius),
            element.group,
            ionisation[2] if len(ionisation) > 2 else math.nan,  # noqa: PLR2004 - the third
            float(element.atomic_mass),
        ]
        if not all(x is not None and math.isfinite(x) for x in row):
            msg = f"no descriptors are known of {symbol}: use descriptors: fractions"
            raise SpecError(msg)
        rows.append(row)
    return np.array(rows, dtype=float)

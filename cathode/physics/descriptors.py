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

MAGPIE_DESCRIPTORS = (
    "Number",
    "MendeleevNumber",
    "AtomicWeight",
    "MeltingT",
    "Column",
    "Row",
    "CovalentRadius",
    "Electronegativity",
    "NsValence",
    "NpValence",
    "NdValence",
    "NfValence",
    "NValence",
    "NsUnfilled",
    "NpUnfilled",
    "NdUnfilled",
    "NfUnfilled",
    "NUnfilled",
    "GSvolume_pa",
    "GSbandgap",
    "GSmagmom",
    "SpaceGroupNumber",
)
"""Columns of :func:`magpie_table`, as Magpie calls them: Ward et al., npj Comput. Mater. 2, 16028
(2016), table S1. Temperatures in K, radii in pm, volumes in Å³ per atom, gaps in eV."""


def element_table(elements: tuple[str, ...]) -> NDArray[np.float64]:
    """Descriptors of elements, one row each, shape (len(elements), len(ELEMENT_DESCRIPTORS)).

    Raises:
        SpecError: a descriptor of an element is not known.
    """
    from pymatgen.core import Element

    rows = []
    for symbol in elements:
        _refuse_vacancy(symbol)
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


def magpie_table(elements: tuple[str, ...]) -> NDArray[np.float64]:
    """Magpie's properties of elements, one row each, as matminer has them.

    Returns:
        Shape (len(elements), len(MAGPIE_DESCRIPTORS)).

    Raises:
        SpecError: a property of an element is not known.
    """
    from matminer.utils.data import MagpieData
    from pymatgen.core import Element

    known, rows = MagpieData(impute_nan=False), []
    for symbol in elements:
        _refuse_vacancy(symbol)
        element = Element(symbol)
        row = [known.get_elemental_property(element, name) for name in MAGPIE_DESCRIPTORS]
        if not all(math.isfinite(x) for x in row):
            msg = f"Magpie does not know all of {symbol}: use descriptors: elements or fractions"
            raise SpecError(msg)
        rows.append(row)
    return np.array(rows, dtype=float)


ELEMENT_TABLES = {"elements": element_table, "magpie": magpie_table}
"""By the name a spec gives to descriptors of elements."""


def _refuse_vacancy(symbol: str) -> None:
    if symbol == VACANCY:
        msg = "a vacancy has no descriptors: use descriptors: fractions"
        raise SpecError(msg)

"""Crystals with what is known of them, as networks learn from them."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cathode.errors import SourceError
from cathode.model import Crystal
from cathode.sources.crystal_pack import Runner, parsed_cifs


@dataclass(frozen=True)
class Row:
    """A crystal as a source has it.

    Attributes:
        name: its id there.
        cif: text of its CIF file.
        values: by property, in the property's unit; nan where it is not known.
        framework: crystals of one are never split between training and test; the reduced formula
            where it is None.
        ion: the working ion of an electrode.
    """

    name: str
    cif: str
    values: Mapping[str, float]
    framework: str | None = None
    ion: str | None = None


@dataclass(frozen=True, eq=False)
class CrystalTable:
    """Crystals with their properties.

    Attributes:
        source: folder they are from.
        names: their ids.
        crystals: the crystals.
        values: per property a number for each, nan where it is not known, shape (n,).
        frameworks: what is never split between training and test.
        ions: working ion of each; None of what is no electrode.
        refused: why others cannot be used, by id.
        left_out: why rows of the source are not asked for, with how many.
    """

    source: str
    names: tuple[str, ...]
    crystals: tuple[Crystal, ...]
    values: Mapping[str, NDArray[np.float64]]
    frameworks: tuple[str, ...]
    ions: tuple[str | None, ...]
    refused: Mapping[str, str]
    left_out: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        """Number of crystals."""
        return len(self.crystals)

    def take(self, rows: Iterable[int]) -> "CrystalTable":
        """The crystals at the given row numbers."""
        chosen = list(rows)
        return replace(
            self,
            names=tuple(self.names[i] for i in chosen),
            crystals=tuple(self.crystals[i] for i in chosen),
            values={name: values[chosen] for name, values in self.values.items()},
            frameworks=tuple(self.frameworks[i] for i in chosen),
            ions=tuple(self.ions[i] for i in chosen),
        )

    def refusing(self, more: Mapping[str, str]) -> "CrystalTable":
        """The same, with more that cannot be used, by id."""
        return replace(self, refused={**self.refused, **more})

    def leaving_out(self, more: Mapping[str, int]) -> "CrystalTable":
        """The same, with more rows that are not asked for: why, and how many."""
        counted = Counter(self.left_out) + Counter(more)
        return replace(self, left_out=dict(counted.most_common()))

    def of(self, wanted: str) -> NDArray[np.float64]:
        """Values of a property, shape (n,).

        Raises:
            SourceError: the table has none.
        """
        if wanted not in self.values:
            known = ", ".join(self.values) or "none"
            msg = f"{self.source} has no property {wanted!r}: it has {known}"
            raise SourceError(msg)
        return self.values[wanted]

    def known(self, wanted: str) -> "CrystalTable":
        """The crystals of which a property is known; the others are left out.

        Raises:
            SourceError: there are none.
        """
        rows = np.flatnonzero(np.isfinite(self.of(wanted)))
        if not len(rows):
            msg = f"{self.source}: {wanted} is known of no crystal that can be used"
            raise SourceError(msg)
        unknown = len(self) - len(rows)
        return self.take(rows.tolist()).leaving_out({f"{wanted} not known": unknown})


def of_ion(table: CrystalTable, ion: str) -> CrystalTable:
    """Crystals as electrodes of a working ion, which is no part of their frameworks.

    Those without it are left out.

    Raises:
        SourceError: there is no such element, or no crystal has it.
    """
    from pymatgen.core import Element

    if not Element.is_valid_symbol(ion):
        msg = f"working ion {ion!r}: give the symbol of an element, such as Li"
        raise SourceError(msg)
    z = Element(ion).Z
    rows = [row for row, crystal in enumerate(table.crystals) if z in crystal.numbers]
    if not rows:
        msg = f"{table.source}: no crystal holds {ion}"
        raise SourceError(msg)
    found = table.take(rows).leaving_out({f"without {ion}": len(table) - len(rows)})
    frameworks = tuple(reduced_formula(crystal, without=z) for crystal in found.crystals)
    return replace(found, frameworks=frameworks, ions=(ion,) * len(rows))


def without_crystal(
    wanted: Iterable[str], found: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """Which of the wanted records are missing, or have no CIF text, and what to tell of them."""
    reasons = {}
    for name in wanted:
        if name not in found:
            reasons[name] = "its structure is missing"
        elif not isinstance(found[name].get("cif"), str):
            reasons[name] = "its structure has no CIF text"
    return reasons


def table_of(
    source: Path, rows: Sequence[Row], cache: Path | None, run: Runner = map
) -> CrystalTable:
    """Parse the crystals of rows.

    Args:
        source: the folder, for messages.
        rows: what it holds.
        cache: folder where parsed crystals are kept.
        run: parses them, side by side where it can.

    Raises:
        SourceError: there is no row.
    """
    if not rows:
        msg = f"{source} has no crystal of the kind asked for"
        raise SourceError(msg)
    found = parsed_cifs([row.cif for row in rows], cache, run)
    good = [(row, each) for row, each in zip(rows, found, strict=True) if isinstance(each, Crystal)]
    known = dict.fromkeys(name for row in rows for name in row.values)
    return CrystalTable(
        str(source),
        tuple(row.name for row, _ in good),
        tuple(crystal for _, crystal in good),
        {p: np.array([row.values.get(p, math.nan) for row, _ in good], dtype=float) for p in known},
        tuple(row.framework or reduced_formula(crystal) for row, crystal in good),
        tuple(row.ion for row, _ in good),
        {row.name: each for row, each in zip(rows, found, strict=True) if isinstance(each, str)},
    )


def reduced_formula(crystal: Crystal, without: int = 0) -> str:
    """Elements in the order of their atomic numbers with their least whole amounts.

    Args:
        crystal: the crystal.
        without: atomic number of an element that is left out, unless there is no other.
    """
    from pymatgen.core import Element

    counted = Counter(crystal.numbers.tolist())
    counts = sorted((z, n) for z, n in counted.items() if z != without or len(counted) == 1)
    divisor = math.gcd(*(n for _, n in counts))
    return "".join(
        Element.from_Z(z).symbol + (str(n // divisor) if n > divisor else "") for z, n in counts
    )

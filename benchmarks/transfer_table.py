"""Two families of lithium electrodes: what was measured earlier, and what is to be learned."""

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Composition

from benchmarks.data import VARIABLE, data_folder
from cathode.errors import SourceError, SpecError
from cathode.physics.redox import FIRST
from cathode.sources.mp_electrodes import PLAUSIBLE_VOLTS, pair_coordinates

ION = "Li"

FAMILIES: dict[str, frozenset[str]] = {
    "Ni/Co": frozenset({"Ni", "Co"}),
    "Mn/Fe": frozenset({"Mn", "Fe"}),
    "V/Cr": frozenset({"V", "Cr"}),
}
"""Metals that make a family; a compound with metals of two belongs to none."""

Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Electrodes:
    """Average voltages of electrodes.

    Attributes:
        X: what is known beforehand, by :func:`cathode.sources.mp_electrodes.pair_coordinates`,
            shape (n, d).
        y: average voltages (V), shape (n,).
        frameworks: formulas without lithium, n of them.
        hosts: the same with all 3d metals that change their state as one.
        families: family of each, empty where it belongs to none.
        left_out: why others are not among them, with how many.
    """

    X: NDArray[np.float64]
    y: NDArray[np.float64]
    frameworks: tuple[str, ...]
    hosts: tuple[str, ...]
    families: tuple[str, ...]
    left_out: Mapping[str, int]

    def of(self, family: str) -> Rows:
        """Rows of a family."""
        return np.flatnonzero([each == family for each in self.families])


def electrodes() -> Electrodes:
    """The lithium pairs of Materials Project: the first of each discharged structure.

    Both end points are verified, and the voltage is plausible. Polymorphs are rows of their own,
    though their formulas, which is all that models see, are the same.

    Raises:
        SourceError: the data are not there.
    """
    path = data_folder() / "mp_electrodes" / "pairs.csv"
    if not path.exists():
        msg = f"no file {path}: set {VARIABLE} to the folder of the data"
        raise SourceError(msg)
    low, high = PLAUSIBLE_VOLTS
    left_out: Counter[str] = Counter()
    kept: list[tuple[float, ...]] = []
    y: list[float] = []
    formulas: list[str] = []
    seen: set[str] = set()
    with path.open(newline="", encoding="utf-8") as file:
        for pair in csv.DictReader(file):
            if pair["working_ion"] != ION or pair["endpoints_verified"] != "True":
                left_out["no verified lithium pair"] += 1
            elif not low <= float(pair["average_voltage"]) <= high:
                left_out[f"voltage outside {low:g} to {high:g} V"] += 1
            elif pair["material_id_discharge"] in seen:
                left_out["discharged structure of an earlier pair"] += 1
            else:
                seen.add(pair["material_id_discharge"])
                try:
                    ends = pair["formula_charge"], pair["formula_discharge"]
                    kept.append(pair_coordinates(*ends, ION))
                except SpecError:
                    left_out["an element without descriptors, which is hydrogen mostly"] += 1
                    continue
                y.append(float(pair["average_voltage"]))
                formulas.append(pair["framework"])
    return Electrodes(
        np.array(kept),
        np.array(y),
        tuple(formulas),
        tuple(_host(formula) for formula in formulas),
        tuple(_family(formula) for formula in formulas),
        left_out,
    )


def _family(formula: str) -> str:
    elements = set(Composition(formula).get_el_amt_dict())
    mine = [name for name, metals in FAMILIES.items() if elements & metals]
    # V and Cr stand beside metals of the two others often, and are theirs then.
    main = [name for name in mine if name != "V/Cr"] or mine
    return main[0] if len(main) == 1 else ""


def _host(formula: str) -> str:
    amounts = Composition(formula).get_el_amt_dict()
    merged = {e: n for e, n in amounts.items() if e not in FIRST}
    metals = sum(n for e, n in amounts.items() if e in FIRST)
    return " ".join(f"{e}{n:g}" for e, n in sorted({**merged, "M": metals}.items()) if n)

"""Computed entries of pymatgen in JSON files: one, or a list of them.

Files come from elsewhere, and monty's decoder imports whatever they name; so crystals and numbers
are taken out of them here, and nothing else is.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cathode.dft.calculation import Calculation, by_element, checked_word
from cathode.errors import SourceError

if TYPE_CHECKING:
    from pymatgen.core import Structure

ENTRY = "ComputedStructureEntry"
BARE = "ComputedEntry"

REMEDY = "write entries with json.dumps(entry.as_dict())"


def read_entries(file: Path, where: str) -> list[Calculation]:
    """The entries of a file; none of one that holds something else.

    Args:
        file: JSON.
        where: what messages call it.

    Raises:
        SourceError: it is torn, an entry lacks its crystal or its energy, or one is among things
            that are none.
    """
    try:
        content = file.read_bytes()
        told = json.loads(content)
    except (OSError, ValueError, RecursionError) as error:
        msg = f"{where} is torn or no JSON ({error}): write it again, or take it away"
        raise SourceError(msg) from error
    every = told if isinstance(told, list) else [told]
    kinds = [each.get("@class") if isinstance(each, dict) else None for each in every]
    if BARE in kinds:
        msg = f"{where} holds a {BARE}, which has no crystal: write {ENTRY} instead"
        raise SourceError(msg)
    if ENTRY not in kinds:
        return []
    if {*kinds} != {ENTRY}:
        number = next(i for i, kind in enumerate(kinds, 1) if kind != ENTRY)
        msg = f"{where}: element {number} of {len(every)} is no {ENTRY}: take it out"
        raise SourceError(msg)
    digest = hashlib.sha256(content).hexdigest()[:16]
    several = len(every) > 1
    return [
        _calculation(f"{where}, entry {i}" if several else where, digest, entry)
        for i, entry in enumerate(every, 1)
    ]


def _calculation(where: str, digest: str, entry: Mapping[str, Any]) -> Calculation:
    parameters = entry.get("parameters")
    said: Mapping[str, Any] = parameters if isinstance(parameters, dict) else {}
    titles = said.get("potcar_symbols")
    correction = _number(where, "correction", entry.get("correction", 0.0))
    energy = _number(where, "energy", entry.get("energy"))
    try:
        structure = _structure(entry["structure"])
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        msg = f"{where}: its crystal cannot be read ({reason}): {REMEDY}"
        raise SourceError(msg) from error
    return Calculation(
        where=where,
        digest=digest,
        structure=structure,
        energy=energy + correction,
        functional=checked_word(where, "run_type", said.get("run_type")),
        hubbard=_hubbard(where, said.get("hubbards")),
        potcars=by_element(where, titles if isinstance(titles, list) else ()),
        correction=correction,
        code="pymatgen entry",
    )


def _number(where: str, name: str, value: object) -> float:
    """A finite number.

    Raises:
        SourceError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        msg = f"{where}: its {name} is {value!r}, which is no finite number of eV: {REMEDY}"
        raise SourceError(msg)
    return float(value)


def _structure(told: Mapping[str, Any]) -> "Structure":
    """The crystal: lattice, elements and places, without properties of sites.

    Raises:
        ValueError, KeyError, TypeError: it is none, or a site is shared by elements.
    """
    from pymatgen.core import Element, Lattice, Structure

    elements, places = [], []
    for site in told["sites"]:
        (species,) = site["species"]
        if species["occu"] != 1:
            msg = f"a site is shared: it holds {species['occu']} of {species['element']}"
            raise ValueError(msg)
        elements.append(Element(species["element"]))
        places.append([float(x) for x in site["abc"]])
    matrix = [[float(x) for x in row] for row in told["lattice"]["matrix"]]
    if not all(math.isfinite(x) for row in [*matrix, *places] for x in row):
        raise ValueError("a coordinate is not finite")
    structure = Structure(Lattice(matrix), elements, places)
    if not structure.volume > 0 or not elements:
        raise ValueError("its cell is empty")
    return structure


def _hubbard(where: str, value: object) -> dict[str, float]:
    if not isinstance(value, dict):
        return {}
    found = {
        checked_word(where, "element of U", element): _number(where, f"U of {element}", u)
        for element, u in value.items()
    }
    return {element: u for element, u in found.items() if u}

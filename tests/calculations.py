"""Results of DFT as files: what VASP writes, as far as it is read, and pymatgen's entries."""

import gzip
import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from pymatgen.core import Lattice, Structure
from pymatgen.core.entries import ComputedStructureEntry

from cathode.physics.orderings import decorate, vacancy_orderings
from cathode.physics.prototypes import primitive_cell

U = {"Ni": 6.2, "Mn": 3.9, "Co": 3.32, "Fe": 5.3}
"""U (eV) of pymatgen's MPRelaxSet in oxides."""

POTCARS = {
    "Li": "Li_sv",
    "Ni": "Ni_pv",
    "Mn": "Mn_pv",
    "Co": "Co",
    "Fe": "Fe_pv",
    "P": "P",
    "O": "O",
}

LITHIUM = Structure(Lattice.cubic(3.44), ["Li", "Li"], [[0, 0, 0], [0.5, 0.5, 0.5]])


def vasprun(
    structure: Structure,
    energy: float | str,
    *,
    ionic: int = 2,
    electronic: int = 3,
    most_ionic: int = 99,
    most_electronic: int = 100,
    hubbard: Mapping[str, float] | None = None,
    tags: Mapping[str, str] | None = None,
    potcars: Mapping[str, str] | None = None,
) -> str:
    """A run of VASP that relaxed a crystal.

    Args:
        structure: the relaxed crystal.
        energy: eV per cell; a text stands as it is, such as what VASP writes of a number too long.
        ionic: ionic steps.
        electronic: electronic steps in each.
        most_ionic: NSW.
        most_electronic: NELM.
        hubbard: U by element; those of MPRelaxSet if None.
        tags: more of the INCAR, such as METAGGA.
        potcars: names of pseudopotentials, where they are not those of MPRelaxSet.
    """
    symbols = [site.specie.symbol for site in structure]
    kinds = [(symbol, len(list(same))) for symbol, same in groupby(symbols)]
    u = {s: (U if hubbard is None else hubbard).get(s, 0.0) for s, _ in kinds}
    with_u = any(u.values())
    said = {"GGA": "PE", "METAGGA": "--", **(tags or {})}
    incar = _string("METAGGA", said["METAGGA"]) if "METAGGA" in (tags or {}) else ""
    if with_u:
        incar += '<i type="logical" name="LDAU">T</i>'
        incar += _vector("LDAUU", [u[s] for s, _ in kinds]) + _vector("LDAUJ", [0] * len(kinds))
    step = _step(structure, energy, electronic)
    names = POTCARS | dict(potcars or {})
    return f"""<?xml version="1.0" encoding="ISO-8859-1"?>
<modeling>
 <generator>
  {_string("program", "vasp")}{_string("version", "6.4.2")}{_string("subversion", "(build)")}
  {_string("platform", "LinuxGNU")}{_string("date", "2026 01 02")}{_string("time", "03:04:05")}
 </generator>
 <incar>{incar}</incar>
 <kpoints>
  <generation param="Gamma"><v type="int" name="divisions">2 2 2</v></generation>
  <varray name="kpointlist"><v>0.0 0.0 0.0</v></varray>
  <varray name="weights"><v>1.0</v></varray>
 </kpoints>
 <parameters>
  {_number("NSW", most_ionic, "int")}{_number("IBRION", 2, "int")}
  {_number("NELM", most_electronic, "int")}{_number("EDIFFG", -0.02)}
  {_number("AEXX", 0)}{_number("HFSCREEN", 0)}<i type="logical" name="LHFCALC">F</i>
  {_string("GGA", said["GGA"])}<i type="logical" name="LDAU">{"T" if with_u else "F"}</i>
 </parameters>
 <atominfo>
  <array name="atoms"><set>{"".join(f"<rc><c>{s}</c><c>1</c></rc>" for s in symbols)}</set></array>
  <array name="atomtypes"><set>{"".join(_kind(s, n, names) for s, n in kinds)}</set></array>
 </atominfo>
 <structure name="initialpos">{_crystal(structure)}</structure>
 {step * ionic}
 <structure name="finalpos">{_crystal(structure)}</structure>
</modeling>
"""


def _step(structure: Structure, energy: float | str, electronic: int) -> str:
    text = energy if isinstance(energy, str) else f"{energy:.8f}"
    told = "".join(f'<i name="{n}">{text}</i>' for n in ("e_fr_energy", "e_wo_entrp", "e_0_energy"))
    cycles = f"<scstep><energy>{told}</energy></scstep>" * electronic
    structures = f"<structure>{_crystal(structure)}</structure>"
    return f"<calculation>{cycles}{structures}<energy>{told}</energy></calculation>"


def _crystal(structure: Structure) -> str:
    basis = "".join(f"<v>{_row(v)}</v>" for v in structure.lattice.matrix)
    places = "".join(f"<v>{_row(v)}</v>" for v in structure.frac_coords)
    return (
        f'<crystal><varray name="basis">{basis}</varray></crystal>'
        f'<varray name="positions">{places}</varray>'
    )


def _row(numbers: Any) -> str:
    return " ".join(f"{x:.10f}" for x in numbers)


def _kind(symbol: str, number: int, names: Mapping[str, str]) -> str:
    title = f"PAW_PBE {names[symbol]} 06Sep2000"
    return f"<rc><c>{number}</c><c>{symbol}</c><c>1.0</c><c>1.0</c><c>{title}</c></rc>"


def _string(name: str, text: str) -> str:
    return f'<i type="string" name="{name}">{text}</i>'


def _number(name: str, value: float, kind: str = "") -> str:
    return (
        f'<i type="{kind}" name="{name}">{value}</i>' if kind else f'<i name="{name}">{value}</i>'
    )


def _vector(name: str, values: Sequence[float]) -> str:
    return f'<v name="{name}">{_row(values)}</v>'


def write_run(file: Path, structure: Structure, energy: float | str, **fields: Any) -> Path:
    """A run in a folder that is made; packed where the name says so."""
    file.parent.mkdir(parents=True, exist_ok=True)
    text = vasprun(structure.get_sorted_structure(), energy, **fields).encode()
    file.write_bytes(gzip.compress(text, mtime=0) if file.suffix == ".gz" else text)
    return file


def entry(structure: Structure, energy: float, **fields: Any) -> dict[str, Any]:
    """An entry ready for JSON, of PBE+U unless told otherwise."""
    used = {site.specie.symbol: U.get(site.specie.symbol, 0.0) for site in structure}
    functional = "GGA+U" if any(used.values()) else "GGA"
    said = {"parameters": {"run_type": functional, "hubbards": used}} | fields
    return ComputedStructureEntry(structure, energy, **said).as_dict()


def write_entries(file: Path, *entries: dict[str, Any]) -> Path:
    """One entry as an object, several as a list."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(entries[0] if len(entries) == 1 else list(entries)))
    return file


def pair(prototype: str, metal: str, shrinks: float = 0.98) -> tuple[Structure, Structure]:
    """A pure compound with all its lithium and with none; the latter has so much of its volume."""
    cell = primitive_cell(prototype)
    full = decorate(cell, (metal,) * sum(site.species_string == "X0+" for site in cell))
    empty = full.copy()
    empty.remove_species(["Li"])
    empty.scale_lattice(empty.volume * shrinks)
    return full, empty


def charged(structure: Structure, left: int, shrinks: float = 0.98) -> Structure:
    """A cell with only so many lithium atoms left."""
    import numpy as np

    (cell,) = vacancy_orderings(structure, "Li", left, 1, np.random.default_rng(0))
    cell.scale_lattice(cell.volume * shrinks)
    return cell


def energies(
    full: Structure, empty: Structure, volts: float, lithium: float
) -> tuple[float, float]:
    """Energies (eV) of both cells of one host that give a voltage; -6 eV an atom when full."""
    discharged = -6.0 * len(full)
    ions = full.composition["Li"] - empty.composition["Li"]
    return discharged, discharged + ions * (volts - lithium)

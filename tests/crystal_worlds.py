"""Made-up crystals, folders that hold them, and the reference of the CGCNN paper's code."""

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Element, Lattice, Structure

from benchmarks.data import data_folder
from cathode.model import Crystal
from surrogates.cgcnn.graphs import graph_of
from surrogates.cgcnn.trained import Labelled

CATIONS = ("Li", "Na", "K", "Mg", "Ca", "Mn", "Fe", "Co", "Ni", "Zn")
ANIONS = ("O", "S", "F", "Cl")

PAIR_COLUMNS = [
    "working_ion",
    "material_id_discharge",
    "framework",
    "endpoints_verified",
    "average_voltage",
    "battery_max_voltage",
    "battery_min_voltage",
    "capacity_grav",
    "capacity_vol",
    "energy_grav",
    "energy_vol",
]


def reference() -> Path:
    """Folder of the reference model; skips where it is absent."""
    folder = data_folder() / "cgcnn_reference"
    if not folder.exists():
        pytest.skip(f"no {folder}")
    return folder


def cif(crystal: Crystal, occupancy: float = 1.0) -> str:
    """The crystal as CIF text in space group P1."""
    lattice = Lattice(crystal.lattice)
    names = [Element.from_Z(int(z)).symbol for z in crystal.numbers]
    head = ["data_made", "_symmetry_space_group_name_H-M 'P 1'"]
    head += [f"_cell_length_{n} {x:.8f}" for n, x in zip("abc", lattice.abc, strict=True)]
    angles = zip(("alpha", "beta", "gamma"), lattice.angles, strict=True)
    head += [f"_cell_angle_{n} {x:.8f}" for n, x in angles]
    keys = ("type_symbol", "label", "fract_x", "fract_y", "fract_z", "occupancy")
    head += ["loop_", *(f"_atom_site_{key}" for key in keys)]
    atoms = [
        f"{name} {name}{i} {x:.8f} {y:.8f} {z:.8f} {occupancy:g}"
        for i, (name, (x, y, z)) in enumerate(zip(names, crystal.positions, strict=True))
    ]
    return "\n".join([*head, *atoms]) + "\n"


def rock_salt(cation: str, anion: str, a: float) -> Crystal:
    """Two atoms in a primitive cell of a cubic one of edge a, in Å."""
    lattice = a / 2 * np.array([[0.0, 1, 1], [1, 0, 1], [1, 1, 0]])
    numbers = np.array([Element(cation).Z, Element(anion).Z], dtype=np.int16)
    return Crystal(lattice, np.array([[0.0, 0, 0], [0.5, 0.5, 0.5]]), numbers)


def alone() -> Crystal:
    """An argon atom whose next image is 30 Å away."""
    return Crystal(np.eye(3) * 30, np.zeros((1, 3)), np.array([18], dtype=np.int16))


def structure(crystal: Crystal) -> Structure:
    """The same as pymatgen has it."""
    return Structure(crystal.lattice, [int(z) for z in crystal.numbers], crystal.positions)


def toy_crystals(n: int, seed: int = 0) -> tuple[list[Crystal], np.ndarray]:
    """Rock salts with a made-up property of their cell and their elements."""
    rng = np.random.default_rng(seed)
    crystals, values = [], []
    for _ in range(n):
        cation, anion, a = rng.choice(CATIONS), rng.choice(ANIONS), rng.uniform(4, 6.5)
        crystals.append(rock_salt(cation, anion, a))
        values.append(3 + (a - 5) - 0.8 * (Element(anion).X - 3) + 0.05 * Element(cation).group)
    return crystals, np.array(values)


def toy(n: int, seed: int = 0) -> Labelled:
    """The same with graphs."""
    crystals, values = toy_crystals(n, seed)
    return Labelled([graph_of(crystal) for crystal in crystals], values)


def write_cgcnn_folder(folder: Path, n: int = 30, seed: int = 0) -> Path:
    """``id_prop.csv`` and a CIF file for each crystal."""
    folder.mkdir(parents=True, exist_ok=True)
    crystals, values = toy_crystals(n, seed)
    lines = []
    for i, (crystal, value) in enumerate(zip(crystals, values, strict=True)):
        (folder / f"c{i}.cif").write_text(cif(crystal))
        lines.append(f"c{i},{value:.6f}\n")
    (folder / "id_prop.csv").write_text("".join(lines))
    return folder


def pair(name: str, **changes: object) -> dict[str, object]:
    """A row of electrodes."""
    numbers = dict.fromkeys(PAIR_COLUMNS[4:], 3.5)
    known = {
        "working_ion": "Li",
        "material_id_discharge": name,
        "framework": f"of {name}",
        "endpoints_verified": "True",
    }
    return {**known, **numbers, **changes}


def write_electrodes(folder: Path, pairs: list[dict[str, object]], records: list[object]) -> Path:
    """``pairs.csv`` and ``structures.jsonl.gz``."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "pairs.csv").open("w", newline="") as out:
        writer = csv.DictWriter(out, PAIR_COLUMNS)
        writer.writeheader()
        writer.writerows(pairs)
    write_structures(folder, records)
    return folder


def write_structures(folder: Path, records: list[object]) -> None:
    with gzip.open(folder / "structures.jsonl.gz", "wt") as out:
        out.writelines(json.dumps(record) + "\n" for record in records)

"""Pools of small made-up crystals."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from tests.helpers import layered

ANIONS, METALS = ("O", "S", "F", "Cl"), ("Li", "Na", "Mg", "Ca", "Fe", "Ni")

CIF = """data_x
_cell_length_a {a}
_cell_length_b {a}
_cell_length_c {c}
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'P 1'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
{sites}
"""


def cif(metal: str, anion: str, a: float = 3.0, c: float = 3.2) -> str:
    """Two atoms in a cell."""
    return CIF.format(a=a, c=c, sites=f"A1 {metal} 0 0 0 1\nA2 {anion} 0.5 0.5 0.5 1")


DISORDERED = CIF.format(a=3, c=3, sites="A1 Fe 0 0 0 0.5\nA2 Ni 0 0 0 0.5\nA3 O 0.5 0.5 0.5 1")
ALONE = CIF.format(a=30, c=30, sites="A1 Fe 0 0 0 1")
BAD = {"disordered": DISORDERED, "alone": ALONE, "torn": "data_x\n_cell_length_a three"}


def write_pool(folder: Path, bad: tuple[str, ...] = (), **changes: Any) -> Path:
    """A table of 24 crystals, their CIF files in a folder, and a campaign that screens them.

    Args:
        folder: where to write.
        bad: which of :data:`BAD` stand at the end of the table; ``gone`` has no file.
        changes: of the spec.
    """
    (folder / "crystals").mkdir()
    rows = []
    for i, (metal, anion) in enumerate((m, x) for m in METALS for x in ANIONS):
        a = 2.8 + 0.05 * METALS.index(metal)
        (folder / "crystals" / f"c{i}.cif").write_text(cif(metal, anion, a))
        x = (METALS.index(metal), ANIONS.index(anion))
        rows.append([f"{metal}{anion}", f"c{i}", *x, 500 + 60 * x[0] - 80 * x[1]])
    for i, kind in enumerate(bad):
        if kind in BAD:
            (folder / "crystals" / f"{kind}.cif").write_text(BAD[kind])
        rows.append([kind, kind, 7 + i, 7 + i, 400])
    with (folder / "pool.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "crystal", "metal", "anion", "specific_energy (Wh/kg)"])
        writer.writerows(rows)
    content = layered(
        space={
            "table": "pool.csv",
            "name": "name",
            "coordinates": ["metal", "anion"],
            "structures": {"file": "crystals", "column": "crystal"},
        },
        evaluator={"kind": "table", "path": "pool.csv"},
        constraints=[],
        surrogates=[{"kind": "cgcnn", **TINY}],
    )
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump(content | changes))
    return path


TINY = {"members": 2, "epochs": 20, "atom": 16, "hidden": 32, "convolutions": 1}
"""Networks that are trained in a second."""


def some(rows: int, seed: int = 0) -> np.ndarray:
    """Numbers of distinct rows of the table."""
    return np.random.default_rng(seed).permutation(24)[:rows]

"""Tables with two answers a row: the one that is wanted, and a cheaper one."""

import gzip
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from benchmarks.data import VARIABLE, data_folder
from cathode.errors import SourceError
from cathode.settings import Settings
from cathode.sources.csv_cells import headings_and_rows, read_text

ROWS = 300
"""Rows of each table."""

MOST_ATOMS = 60
"""Largest cell whose energy is computed for the table of electrodes."""


@dataclass(frozen=True, eq=False)
class TwoFidelities:
    """Rows with a wanted answer, of which large values are good, and a cheaper one.

    Attributes:
        columns: names of the coordinates.
        X: coordinates, shape (n, d).
        own: wanted answers, shape (n,).
        quick: cheaper answers, shape (n,).
    """

    columns: tuple[str, ...]
    X: NDArray[np.float64]
    own: NDArray[np.float64]
    quick: NDArray[np.float64]

    @property
    def correlation(self) -> float:
        """Pearson's, of the two answers."""
        return float(np.corrcoef(self.own, self.quick)[0, 1])


def currin_function(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Currin's exponential function of the unit square."""
    first = np.where(y > 0, 1 - np.exp(-1 / (2 * np.maximum(y, 1e-12))), 1.0)
    return np.asarray(
        first * (2300 * x**3 + 1900 * x**2 + 2092 * x + 60) / (100 * x**3 + 500 * x**2 + 4 * x + 20)
    )


def currin() -> TwoFidelities:
    """Currin's function and its cheap form, the mean of four points around, on a Sobol sample.

    Xiong, Qian, Wu, "Sequential design and analysis of high-accuracy and low-accuracy computer
    codes", Technometrics 55, 37 (2013).
    """
    X = qmc.Sobol(2, rng=np.random.default_rng(0)).random(512)[:ROWS]
    x, y = X.T
    step, below = 0.05, np.maximum(0.0, y - 0.05)
    around = [(x + step, y + step), (x + step, below), (x - step, y + step), (x - step, below)]
    quick = np.mean([currin_function(*at) for at in around], axis=0)
    return TwoFidelities(("x", "y"), X, currin_function(x, y), quick)


def park_function(X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Park's first function of the unit cube of four, rows of shape (n, 4)."""
    a, b, c, d = X.T
    first = a / 2 * (np.sqrt(1 + (b + c**2) * d / a**2) - 1)
    return np.asarray(first + (a + 3 * d) * np.exp(1 + np.sin(c)))


def park() -> TwoFidelities:
    """Park's function and its cheap form, on a Sobol sample.

    Of the same paper.
    """
    X = qmc.Sobol(4, rng=np.random.default_rng(0)).random(512)[:ROWS]
    a, b, c, _ = X.T
    own = park_function(X)
    quick = (1 + np.sin(a) / 10) * own - 2 * a + b**2 + c**2 + 0.5
    return TwoFidelities(tuple("abcd"), X, own, quick)


def electrodes() -> TwoFidelities:
    """Voltages of lithium electrodes: GGA+U of Materials Project, and CHGNet's for the same cells.

    CHGNet learned from energies of Materials Project, so it does better here than for a new
    material. What models see are the coordinates of ``cathode pool electrodes``.

    Raises:
        SourceError: the data are not there.
    """
    folder = data_folder() / "mp_electrodes"
    if not (folder / "pairs.csv").exists():
        msg = f"no folder {folder}: set {VARIABLE} to the folder of the data"
        raise SourceError(msg)
    kept = Settings.from_environment().home / "benchmarks" / f"electrodes_{ROWS}.json"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(".part")
        part.write_text(json.dumps(_computed(folder)))
        part.replace(kept)
    found = json.loads(kept.read_text())
    arrays = (np.array(found[name], dtype=float) for name in ("X", "own", "quick"))
    return TwoFidelities(tuple(found["columns"]), *arrays)


def _computed(folder: Path) -> dict[str, Any]:
    from pymatgen.core import Structure
    from rich.console import Console
    from rich.progress import track

    from agents.evaluators.chgnet.evaluator import LITHIUM
    from agents.evaluators.chgnet.potential import load_potential
    from cathode.sources.mp_electrodes import COORDINATES, write_pool

    with tempfile.TemporaryDirectory() as place:
        pool = Path(place) / "pool.csv"
        write_pool(folder / "pairs.csv", pool, "Li")
        headings, rows = headings_and_rows(pool, read_text(pool))
        known = {cells[0]: cells for _, cells in rows}
    cells_of = _structures(folder)
    pairs_headings, pairs = headings_and_rows(folder / "pairs.csv", read_text(folder / "pairs.csv"))
    at = {name: pairs_headings.index(name) for name in pairs_headings}
    usable = {}
    for _, pair in pairs:
        name = (
            f"{pair[at['battery_id']]} {pair[at['formula_charge']]} "
            f"to {pair[at['formula_discharge']]}"
        )
        ends = [pair[at[f"material_id_{end}"]] for end in ("charge", "discharge")]
        if name in known and all(cells_of.get(end, (99, ""))[0] <= MOST_ATOMS for end in ends):
            usable[name] = ends
    names = sorted(usable)
    chosen = np.random.default_rng(0).permutation(names)[:ROWS]
    potential = load_potential()
    lithium = float(potential.energies([LITHIUM])[0]) / len(LITHIUM)
    found = {"columns": list(COORDINATES), "X": [], "own": [], "quick": []}
    console = Console(stderr=True)
    for name in track(chosen, description="voltages by CHGNet", console=console):
        charged, discharged = (
            Structure.from_str(cells_of[end][1], fmt="cif") for end in usable[name]
        )
        found["X"].append([float(known[name][headings.index(c)]) for c in COORDINATES])
        found["own"].append(float(known[name][headings.index("average_voltage (V)")]))
        energies = potential.energies([charged, discharged])
        found["quick"].append(_voltage(charged, discharged, energies, lithium))
    return found


def _structures(folder: Path) -> dict[str, tuple[int, str]]:
    """Number of atoms and CIF of each material."""
    found = {}
    with gzip.open(folder / "structures.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            material = json.loads(line)
            found[material["material_id"]] = (material["nsites"], material["cif"])
    return found


def _voltage(charged: Any, discharged: Any, energies: Any, lithium: float) -> float:
    """Average voltage (V) between two cells, per atom of their common host."""
    hosts = [sum(site.specie.symbol != "Li" for site in cell) for cell in (charged, discharged)]
    amounts = [
        cell.composition["Li"] / host
        for cell, host in zip((charged, discharged), hosts, strict=True)
    ]
    empty, full = (energy / host for energy, host in zip(energies, hosts, strict=True))
    taken = amounts[1] - amounts[0]
    return -(full - empty - taken * lithium) / taken


TABLES = {"Currin": currin, "Park": park, "electrodes": electrodes}

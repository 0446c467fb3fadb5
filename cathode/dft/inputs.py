"""The files of an order: inputs of VASP for both cells, and how to run them."""

import hashlib
import warnings
from fractions import Fraction
from typing import TYPE_CHECKING

from cathode.dft import running
from cathode.dft.cells import DECIMALS, Cells, cells_of
from cathode.dft.work_order import DELITHIATED, FILE, LITHIATED, State, WorkOrder
from cathode.loop.entering import order_name
from cathode.model import Proposal
from cathode.physics.formulas import formula, label, written
from cathode.spec import CampaignSpec

if TYPE_CHECKING:
    from pymatgen.core import Structure

INPUT_SET = "MPRelaxSet"
"""Pymatgen's settings of the Materials Project: PBE+U, Jain et al., Phys. Rev. B 84, 045115 (2011).

Magnetic moments and U are those that it sets.
"""

DIGITS = 16
"""Hexadecimal digits of a hash."""


def order_files(spec: CampaignSpec, order: Proposal) -> dict[str, str]:
    """The files of an order by their path in its folder; the same seed gives the same files.

    No file holds anything of a pseudopotential but its name.

    Raises:
        SpecError: there is no cell for the candidate.
    """
    cells = cells_of(spec, order.candidate)
    files: dict[str, str] = {}
    states: dict[str, State] = {}
    remarks: dict[str, None] = {}
    for name, cell, left in (
        (LITHIATED, cells.lithiated, Fraction(1)),
        (DELITHIATED, cells.delithiated, cells.settings.lithium_left),
    ):
        inputs, said = vasp_inputs(cell)
        files |= {f"{name}/{file}": text for file, text in inputs.items()}
        states[name] = _state(cell, left, inputs["POSCAR"])
        remarks |= dict.fromkeys(said)
    told = _work_order(spec, order, cells, states, tuple(remarks))
    files[FILE] = told.text()
    files[running.README] = running.readme(told, label(order.candidate, spec.units))
    files[running.SCRIPT] = running.script()
    return files


def vasp_inputs(cell: "Structure") -> tuple[dict[str, str], list[str]]:
    """The input files of a relaxation by their names, and what pymatgen remarks of them."""
    from pymatgen.io.vasp.sets import MPRelaxSet

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made = MPRelaxSet(cell)
        files = {
            "POSCAR": made.poscar.get_str(significant_figures=DECIMALS),
            "INCAR": str(made.incar),
            "KPOINTS": str(made.kpoints),
            "POTCAR.spec": "\n".join(made.potcar_symbols),
        }
    remarks = [
        " ".join(str(warning.message).split())
        for warning in caught
        if not issubclass(warning.category, DeprecationWarning)  # of libraries, not of the cell
    ]
    return {name: text.rstrip("\n") + "\n" for name, text in files.items()}, remarks


def _state(cell: "Structure", lithium: Fraction, poscar: str) -> State:
    atoms = {element: round(n) for element, n in cell.composition.get_el_amt_dict().items()}
    digest = hashlib.sha256(poscar.encode()).hexdigest()[:DIGITS]
    return State(written(atoms), len(cell), str(lithium), digest)


def _work_order(
    spec: CampaignSpec,
    order: Proposal,
    cells: Cells,
    states: dict[str, State],
    remarks: tuple[str, ...],
) -> WorkOrder:
    return WorkOrder(
        campaign=spec.name,
        candidate=order.candidate.id,
        evaluator=order.evaluator,
        order=order_name(order),
        formula=formula(order.candidate),
        content=order.candidate.content(),
        input_set=INPUT_SET,
        seed=spec.seed,
        orderings=cells.compared,
        chosen_by=cells.chosen_by,
        states=states,
        remarks=remarks,
    )

"""What is told to those who run the calculations of an order: a text, and a script for atomate2."""

from cathode.dft.work_order import DELITHIATED, FILE, LITHIATED, WorkOrder

README, SCRIPT = "README.txt", "run_atomate2.py"

_README = """\
{made}
Candidate {order.candidate} of campaign {order.campaign}, order {order.order}.

Two relaxations with VASP, with the settings of pymatgen's {order.input_set}:
{states}
The cation ordering: {order.chosen_by} (of {order.orderings}).
Conditions of making are not in a calculation: it knows the composition alone.
{remarks}
By hand
1. Make a POTCAR in each folder, in the order of its POTCAR.spec, of the PBE release you are
   licensed for (`pmg potcar --recursive .` does it where pymatgen knows your files).
2. Run VASP in {lithiated}/ and in {delithiated}/. Where the volume changed much, start again from
   CONTCAR in a folder inside, for the basis set was of the old cell, and take the first
   vasprun.xml away: of several calculations of one cell the lowest in energy counts.
3. Leave vasprun.xml (or vasprun.xml.gz) where VASP wrote it, and {file} where it is.

With atomate2
   python {script}

Then
   cathode dft ingest {order.campaign} FOLDER{evaluator}
FOLDER is this one, or one that holds many such. Voltages need the energy of lithium metal with the
same settings: put such a calculation anywhere in FOLDER, or give --lithium-energy in eV/atom; else
the published one of PBE is taken. A calculation that did not converge becomes a failed measurement.
"""

_SCRIPT = '''\
"""Relax both cells of this folder with atomate2, by the settings of pymatgen's MPRelaxSet.

Atomate2 must be told how to run VASP (VASP_CMD) and where pseudopotentials are (PMG_VASP_PSP_DIR).
A cell whose run is there already is left out.
"""

import os
import sys
from pathlib import Path

try:
    from atomate2.vasp.jobs.core import RelaxMaker
    from jobflow import run_locally
except ImportError:
    sys.exit("atomate2 is not installed: pip install atomate2, or run VASP by hand (README.txt)")
from pymatgen.core import Structure
from pymatgen.io.vasp.sets import MPRelaxSet

HERE = Path(__file__).resolve().parent


def main() -> None:
    for state in ("lithiated", "delithiated"):
        structure = Structure.from_file(HERE / state / "POSCAR")
        # A folder of its own: atomate2 packs inputs and outputs when it is done.
        place = HERE / state / "atomate2"
        if list(place.glob("vasprun.xml*")):
            continue
        place.mkdir(exist_ok=True)
        os.chdir(place)
        job = RelaxMaker(input_set_generator=MPRelaxSet()).make(structure)
        run_locally(job, ensure_success=True)


if __name__ == "__main__":
    main()
'''


def readme(order: WorkOrder, made: str) -> str:
    """How to run an order.

    Args:
        order: the order.
        made: formula and conditions of making.
    """
    states = "".join(
        f"  {name}/  {state.formula}, {state.atoms} atoms, lithium {state.lithium}\n"
        for name, state in order.states.items()
    )
    return _README.format(
        made=made,
        order=order,
        states=states,
        remarks="".join(f"Pymatgen remarks: {remark}\n" for remark in order.remarks),
        lithiated=LITHIATED,
        delithiated=DELITHIATED,
        file=FILE,
        script=SCRIPT,
        evaluator=f" --evaluator {order.evaluator}" if order.evaluator else "",
    )


def script() -> str:
    """A script that runs both cells with atomate2."""
    return _SCRIPT

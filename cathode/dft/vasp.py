"""Runs of VASP, read from the file vasprun.xml that it writes."""

import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from cathode.dft.calculation import Calculation, by_element, checked_word
from cathode.errors import SourceError
from cathode.files import digest_of

if TYPE_CHECKING:
    from pymatgen.io.vasp.outputs import Vasprun

SHOWN = 120
"""Characters of what a reader says of a torn file."""


def read_vasprun(file: Path, where: str) -> Calculation:
    """What a run came to; one that did not converge has no energy.

    Args:
        file: vasprun.xml, packed or not.
        where: what messages call it.

    Raises:
        SourceError: the file is torn, or its energy is no number.
    """
    run = _parsed(file, where)
    try:
        failure = _failure(run)
        energy = None if failure else float(run.final_energy)
        hubbard = {element: float(u) for element, u in run.hubbards.items() if u}
        functional, code = str(run.run_type), f"VASP {run.vasp_version}"
        structure = run.final_structure
        if not (math.isfinite(structure.volume) and structure.volume > 0):
            raise ValueError("its cell is empty")  # noqa: TRY301
    except Exception as error:
        raise _torn(where, error) from error
    if energy is not None and not math.isfinite(energy):
        msg = f"{where}: the energy is {energy}, though the run says that it converged: run it anew"
        raise SourceError(msg)
    return Calculation(
        where=where,
        digest=digest_of(file),
        structure=structure,
        energy=energy,
        functional=checked_word(where, "functional", functional),
        hubbard=hubbard,
        potcars=by_element(where, run.potcar_symbols),
        code=checked_word(where, "version", code),
        failure=failure,
    )


def _parsed(file: Path, where: str) -> "Vasprun":
    from pymatgen.io.vasp.outputs import UnconvergedVASPWarning, Vasprun

    try:
        with warnings.catch_warnings():
            # It becomes a failed measurement, with the figures.
            warnings.simplefilter("ignore", UnconvergedVASPWarning)
            return Vasprun(file, parse_dos=False, parse_eigen=False, parse_potcar_file=False)
    except Exception as error:  # whatever a torn file makes of the reader
        raise _torn(where, error) from error


def _torn(where: str, error: Exception) -> SourceError:
    reason = (" ".join(str(error).split()) or type(error).__name__)[:SHOWN]
    msg = f"{where} is torn or no vasprun.xml ({reason}): wait until VASP is done, run it again, or"
    return SourceError(f"{msg} take the file away")


def _failure(run: "Vasprun") -> str | None:
    """Why a run did not converge, with its figures; None where it did."""
    steps, most = len(run.ionic_steps), run.parameters.get("NSW", 0)
    if not run.converged_electronic:
        cycles = len(run.ionic_steps[-1]["electronic_steps"])
        return (
            f"{cycles} electronic steps of at most {run.parameters['NELM']} in the last of {steps}"
        )
    if not run.converged_ionic:
        return f"{steps} ionic steps of at most {most}"
    return None

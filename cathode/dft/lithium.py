"""The energy of lithium metal, against which voltages are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cathode.dft.calculation import PBE, Calculation
from cathode.errors import SourceError

PUBLISHED = -1.90797265
"""Energy of lithium metal (eV/atom) by PBE with the pseudopotential Li_sv.

It is the one by which voltages of the Materials Project's batteries follow from the energies of its
crystals: Jain et al., APL Mater. 1, 011002 (2013), release of December 2019.
"""

BOUNDS = (-10.0, 0.0)
"""Between which the energy of a metal atom lies (eV/atom), whatever the functional."""

REMEDY = "put a calculation of lithium metal into the folder, or give --lithium-energy in eV/atom"


@dataclass(frozen=True)
class Lithium:
    """The energy of lithium metal that voltages are counted from.

    Attributes:
        energy: eV/atom.
        origin: whether it lies in the folder, was given, or is the published one of PBE.
        words: where it comes from, for people.
        calculation: the one that lies in the folder.
    """

    energy: float
    origin: Literal["calculated", "given", "published"]
    words: str
    calculation: Calculation | None = None


def lithium_of(metals: Sequence[Calculation], given: float | None) -> Lithium:
    """The energy that is given, else that of a calculation, else the published one.

    Args:
        metals: calculations of lithium metal; the most stable one counts.
        given: eV/atom; None where nobody said.

    Raises:
        SourceError: the number given cannot be, or no calculation converged.
    """
    if given is not None:
        least, most = BOUNDS
        if not (math.isfinite(given) and least < given < most):
            msg = f"--lithium-energy {given:g}: the energy of lithium metal lies between {least:g} "
            raise SourceError(f"{msg}and {most:g} eV/atom: write one such as -1.908")
        aside = f"; {metals[0].where} is not used" if metals else ""
        return Lithium(given, "given", f"{given:.6g} eV/atom, as given{aside}")
    if not metals:
        words = f"{PUBLISHED:.6g} eV/atom, the published one of PBE (Materials Project), for the "
        return Lithium(PUBLISHED, "published", f"{words}folder has no calculation of lithium metal")
    known = [(metal.energy / metal.lithium, metal) for metal in metals if metal.energy is not None]
    if not known:
        msg = f"{metals[0].where}: lithium metal did not converge ({metals[0].failure}): run it "
        raise SourceError(f"{msg}again, or give --lithium-energy in eV/atom")
    energy, metal = min(known, key=lambda each: each[0])
    words = f"{energy:.6g} eV/atom, of {metal.where}"
    return Lithium(energy, "calculated", words, metal)


def refuse_other_functional(lithium: Lithium, calculation: Calculation) -> None:
    """Refuse energies that are not of the functional of lithium metal.

    Raises:
        SourceError: which both are, and what to do.
    """
    if lithium.origin == "given":
        return
    theirs = calculation.exchange
    if lithium.calculation is None:
        if theirs != PBE:
            said = f"is of {theirs}" if theirs else "does not say of which functional it is"
            msg = f"{calculation.where} {said}, and the published energy of lithium metal is of "
            raise SourceError(f"{msg}PBE: {REMEDY}")
        return
    metal = lithium.calculation
    if theirs != metal.exchange:
        msg = f"{calculation.where} is of {theirs or 'a functional that it does not say'}, lithium "
        msg += f"metal ({metal.where}) of {metal.exchange or 'one that it does not say'}: {REMEDY}"
        raise SourceError(msg)
    ours, used = calculation.potcars.get("Li"), metal.potcars.get("Li")
    if ours is not None and used is not None and ours != used:
        msg = f"{calculation.where} has the pseudopotential {ours}, lithium metal ({metal.where}) "
        raise SourceError(f"{msg}{used}: calculate both with one")

"""Crystals of a folder, of whichever kind it is."""

from collections.abc import Sequence
from pathlib import Path

from cathode.errors import SourceError
from cathode.sources.cgcnn_folder import LABELS, cgcnn_folder
from cathode.sources.crystal_pack import Runner
from cathode.sources.crystal_table import CrystalTable, of_ion
from cathode.sources.elastic_crystals import LOGARITHMS, MODULI, OTHERS, elastic_crystals
from cathode.sources.electrode_crystals import (
    EVERY_ION,
    OF_PAIR,
    OF_STRUCTURE,
    PAIRS,
    electrode_crystals,
)

UNNAMED = "value"
"""What the property of a CGCNN folder is called, if nobody says."""

AUTO = "auto"
"""For a working ion: lithium for electrodes, and none for crystals that need not be any."""


def read_crystals(
    folder: Path,
    wanted: str | None = None,
    ion: str = AUTO,
    cache: Path | None = None,
    run: Runner = map,
) -> CrystalTable:
    """Crystals with their properties.

    Args:
        folder: a CGCNN folder, Materials Project electrodes or Materials Project elastic moduli.
        wanted: the property, looked for before anything is parsed; a CGCNN folder does not say
            which it holds, and calls it :data:`UNNAMED` if None.
        ion: the working ion, which is no part of a framework; :data:`AUTO`; or ``all``: every ion
            of electrodes, and of other folders every crystal with its composition as framework.
        cache: folder where parsed crystals are kept.
        run: parses them, side by side where it can.

    Raises:
        SourceError: it is no such folder, it does not have the property, or something in it is
            missing or wrong.
    """
    if (folder / PAIRS).exists():
        _refuse_unknown(folder, wanted, (*OF_PAIR, *OF_STRUCTURE))
        return electrode_crystals(folder, chosen_ion(folder, ion), cache, run)
    if (folder / MODULI).exists():
        _refuse_unknown(folder, wanted, (*LOGARITHMS, *OTHERS))
        table = elastic_crystals(folder, cache, run)
    elif (folder / LABELS).exists():
        table = cgcnn_folder(folder, wanted or UNNAMED, cache, run)
    else:
        raise _no_crystals(folder)
    return table if ion in (AUTO, EVERY_ION) else of_ion(table, ion)


def chosen_ion(folder: Path, ion: str) -> str:
    """The ion that is meant by :data:`AUTO`."""
    if ion != AUTO:
        return ion
    return "Li" if (folder / PAIRS).exists() else EVERY_ION


def properties_in(folder: Path) -> tuple[str, ...] | None:
    """What is known of a folder's crystals, without reading them.

    Returns:
        None for a CGCNN folder, which does not say which property it holds.

    Raises:
        SourceError: it is no folder of crystals.
    """
    if (folder / PAIRS).exists():
        return (*OF_PAIR, *OF_STRUCTURE)
    if (folder / MODULI).exists():
        return (*LOGARITHMS, *OTHERS)
    if (folder / LABELS).exists():
        return None
    raise _no_crystals(folder)


def _no_crystals(folder: Path) -> SourceError:
    lacking = f"{str(folder)!r} holds no crystals"
    if not folder.exists():
        lacking = f"there is no folder {str(folder)!r}"
    elif not folder.is_dir():
        lacking = f"{str(folder)!r} is a file, not a folder"
    msg = (
        f"{lacking}: give a folder with {LABELS} and CIF files, with {PAIRS} and structures, or "
        f"with {MODULI} and structures"
    )
    return SourceError(msg)


def _refuse_unknown(folder: Path, wanted: str | None, known: Sequence[str]) -> None:
    if wanted is not None and wanted not in known:
        msg = f"{folder} has no property {wanted!r}: it has {', '.join(known)}"
        raise SourceError(msg)

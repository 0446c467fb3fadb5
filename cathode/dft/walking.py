"""The files of a folder of results: no hidden ones, and none outside of the folder."""

import os
from collections.abc import Iterator
from pathlib import Path

from cathode.dft.work_order import FILE, Label, read_label
from cathode.errors import SourceError
from cathode.lab.conditions import LONGEST, checked_text
from cathode.sources.gathering import Faults

VASPRUN = frozenset({"vasprun.xml", "vasprun.xml.gz"})


def result_files(folder: Path, faults: Faults) -> list[Path]:
    """Files that may hold results, sorted.

    Links are not followed to folders, nor to files outside of the folder.

    Args:
        folder: where results are.
        faults: where links that lead out, and files that cannot be read, are noted.

    Raises:
        SourceError: there is no such folder.
    """
    if not folder.is_dir():
        msg = f"there is no folder {str(folder)!r}: give the one that holds the results"
        raise SourceError(msg)
    root = folder.resolve()
    found = []
    for place, names, files in os.walk(folder, onerror=_refuse):
        names[:] = sorted(name for name in names if not name.startswith("."))
        for name in names:
            with faults.noted():
                _refuse_outside(Path(place, name), root)
        for name in sorted(files):
            if name in VASPRUN or (name.endswith(".json") and not name.startswith(".")):
                with faults.noted():
                    _refuse_outside(Path(place, name), root)
                    _refuse_no_file(Path(place, name))
                    found.append(Path(place, name))
    return [file for file in found if file.name != FILE]


def order_above(file: Path, folder: Path) -> Path | None:
    """The nearest work order above a file, up to the folder itself; None without one."""
    for place in _upwards(file.parent, folder):
        order = place / FILE
        if order.exists() or order.is_symlink():
            return order
    return None


def label_in(order: Path, folder: Path) -> Label:
    """What a work order says.

    Raises:
        SourceError: it cannot be read, or lies outside of the folder.
    """
    _refuse_outside(order, folder.resolve())
    _refuse_no_file(order)
    where = shown(order, folder)
    try:
        return read_label(where, order.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{where} cannot be read ({error}): export the order again, and put it back"
        raise SourceError(msg) from error


def shown(file: Path, folder: Path) -> str:
    """How messages and the ledger name a file.

    Raises:
        SourceError: its name is no text, or too long to keep.
    """
    return checked_text(str(folder), file.relative_to(folder).as_posix(), LONGEST)


def _upwards(place: Path, folder: Path) -> Iterator[Path]:
    yield place
    while place != folder:
        place = place.parent
        yield place


def _refuse(error: OSError) -> None:
    msg = f"{error.filename} cannot be read ({error.strerror}): give the right to read it"
    raise SourceError(msg) from error


def _refuse_outside(path: Path, root: Path) -> None:
    """Refuse a link that leads out of the folder."""
    if path.is_symlink() and not path.resolve().is_relative_to(root):
        msg = f"{path} is a link out of the folder: copy what it leads to, or take it away"
        raise SourceError(msg)


def _refuse_no_file(path: Path) -> None:
    if not path.is_file():
        msg = f"{path} is no file: take it away"
        raise SourceError(msg)

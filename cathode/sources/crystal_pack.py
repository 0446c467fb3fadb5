"""Many crystals in one file of arrays, so that they are parsed once."""

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cathode.files import whole_file
from cathode.model import Crystal
from cathode.sources.cif import crystal_or_reason

logger = logging.getLogger(__name__)

VERSION = 1
"""Raised when the same text is to be read otherwise than before."""

Runner = Callable[[Callable[[str], Crystal | str], Sequence[str]], Iterable[Crystal | str]]
"""Does the same to every text, in their order: ``map``, or one that has processes."""


def parsed_cifs(
    texts: Sequence[str], folder: Path | None = None, run: Runner = map
) -> list[Crystal | str]:
    """The crystals of CIF texts, and for each that has none the reason.

    Args:
        texts: what CIF files hold.
        folder: where the same texts, parsed once, are kept; nowhere if None.
        run: parses them, side by side where it can.
    """
    digest = hashlib.sha256(f"{VERSION}".encode())
    for text in texts:
        digest.update(hashlib.sha256(text.encode()).digest())
    file = folder / f"crystals-{digest.hexdigest()[:32]}.npz" if folder is not None else None
    if file is not None and (kept := read_arrays(file)) is not None:
        return _unpacked(kept)
    found = list(run(crystal_or_reason, texts))
    if file is not None:
        write_arrays(file, _packed(found))
    return found


def _packed(found: Sequence[Crystal | str]) -> dict[str, NDArray[Any]]:
    crystals = [each for each in found if isinstance(each, Crystal)]
    return {
        "reasons": np.array([each if isinstance(each, str) else "" for each in found]),
        "counts": np.array([len(crystal) for crystal in crystals], dtype=np.int64),
        "lattices": np.array([crystal.lattice for crystal in crystals]).reshape(-1, 3, 3),
        "positions": np.concatenate([np.empty((0, 3)), *(each.positions for each in crystals)]),
        "numbers": np.concatenate(
            [np.empty(0, dtype=np.int16), *(each.numbers for each in crystals)]
        ),
    }


def _unpacked(kept: Mapping[str, NDArray[Any]]) -> list[Crystal | str]:
    ends = np.cumsum(kept["counts"])
    crystals = iter(
        Crystal(lattice, kept["positions"][end - n : end], kept["numbers"][end - n : end])
        for lattice, n, end in zip(kept["lattices"], kept["counts"], ends, strict=True)
    )
    return [str(reason) or next(crystals) for reason in kept["reasons"]]


def read_arrays(file: Path) -> dict[str, NDArray[Any]] | None:
    """Arrays kept in a file; None where there is none, or it is damaged, which is logged."""
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as kept:
            return {name: kept[name] for name in kept.files}
    except FileNotFoundError:
        return None
    except Exception:  # noqa: BLE001 - whatever a torn file makes of the reader
        logger.warning("%s is damaged: what it held is made again", file)
        return None


def write_arrays(file: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Keep arrays in a file that appears whole or not at all."""
    with whole_file(file) as out:
        np.savez(out, allow_pickle=False, **arrays)

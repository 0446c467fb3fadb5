"""Graphs of many crystals, searched once and kept in one file of arrays."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cathode.errors import StructureError
from cathode.model import Crystal
from cathode.sources.crystal_pack import read_arrays, write_arrays
from surrogates.cgcnn.graphs import KEPT, RADIUS, Graph, graph_of

VERSION = 1
"""Raised when the same crystal is to get other neighbours than before."""


def graphs_of(crystals: Sequence[Crystal], folder: Path | None = None) -> list[Graph | str]:
    """Graphs of crystals, and for each that has none the reason.

    Args:
        crystals: what to search.
        folder: where what was searched once is kept; nowhere if None.
    """
    if folder is None:
        return [_graph_or_reason(crystal) for crystal in crystals]
    digest = hashlib.sha256(f"{VERSION} {KEPT} {RADIUS}".encode())
    for crystal in crystals:
        digest.update(crystal.digest.encode())
    file = folder / f"graphs-{digest.hexdigest()[:32]}.npz"
    if (kept := read_arrays(file)) is not None:
        reasons = [str(reason) for reason in kept["reasons"]]
        counts = [0 if reason else len(c) for c, reason in zip(crystals, reasons, strict=True)]
        ends = np.cumsum(counts)
        return [
            reason or Graph(c, kept["neighbours"][end - n : end], kept["images"][end - n : end])
            for c, reason, n, end in zip(crystals, reasons, counts, ends, strict=True)
        ]
    found = [_graph_or_reason(crystal) for crystal in crystals]
    graphs = [each for each in found if isinstance(each, Graph)]
    neighbours = [np.empty((0, KEPT), dtype=np.int16), *(each.neighbours for each in graphs)]
    images = [np.empty((0, KEPT, 3), dtype=np.int8), *(each.images for each in graphs)]
    arrays = {
        "reasons": np.array([each if isinstance(each, str) else "" for each in found]),
        "neighbours": np.concatenate(neighbours),
        "images": np.concatenate(images),
    }
    write_arrays(file, arrays)
    return found


def _graph_or_reason(crystal: Crystal) -> Graph | str:
    try:
        return graph_of(crystal)
    except StructureError as error:
        return str(error)

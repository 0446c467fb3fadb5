"""What a folder of crystals holds, and what of it cannot be used."""

from pathlib import Path
from typing import Any

import numpy as np

from cathode.settings import Settings
from flows.crystals.loading import ion_note, load
from flows.crystals.properties import described, unit_note


def check(folder: Path, wanted: str | None, ion: str, settings: Settings) -> dict[str, Any]:
    """Look at a folder.

    Args:
        folder: of crystals.
        wanted: a property to look at alone; what a CGCNN folder holds is called so.
        ion: the working ion of electrodes, or ``all``.
        settings: how many processes parse, and where what was parsed is kept.

    Returns:
        Ready for JSON.

    Raises:
        SourceError: it is no such folder, or has no such property.
    """
    loaded = load(folder, wanted, ion, settings, known=False)
    table = loaded.table
    atoms = [len(graph) for graph in loaded.graphs]
    shown = [wanted] if wanted is not None else list(table.values)
    return {
        "folder": table.source,
        "crystals": len(loaded),
        "refused": dict(table.refused),
        "left_out": dict(table.left_out),
        "atoms": {"mean": float(np.mean(atoms)), "most": max(atoms)} if atoms else None,
        "frameworks": len(set(table.frameworks)),
        "properties": [_summary(name, table.values[name]) for name in shown],
        "notes": [
            note for note in (unit_note(wanted) if wanted else None, ion_note(table)) if note
        ],
    }


def _summary(name: str, values: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, Any]:
    """Number, mean and standard deviation of what is known."""
    known = values[np.isfinite(values)]
    return {
        "property": name,
        "unit": described(name).unit,
        "known": len(known),
        "mean": float(known.mean()) if len(known) else None,
        "spread": float(known.std()) if len(known) else None,
        "least": float(known.min()) if len(known) else None,
        "greatest": float(known.max()) if len(known) else None,
    }

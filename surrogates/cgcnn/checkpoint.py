"""Training that is kept, and networks that have learned: tensors and plain values, no pickle."""

import logging
from pathlib import Path
from typing import Any

import torch

from cathode.files import whole_file

logger = logging.getLogger(__name__)


def write_checkpoint(file: Path, state: dict[str, Any]) -> None:
    """Keep tensors and plain values in a file that appears whole or not at all."""
    with whole_file(file) as out:
        torch.save(state, out)


def read_checkpoint(file: Path) -> dict[str, Any] | None:
    """What a file keeps; None where there is none, or it is damaged, which is logged."""
    try:
        kept = torch.load(file, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        return None
    except Exception:  # noqa: BLE001 - whatever a torn file makes of the reader
        logger.warning("%s is damaged: training begins anew", file)
        return None
    return kept if isinstance(kept, dict) else None

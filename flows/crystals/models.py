"""Files of models as users give them."""

import warnings
import zipfile
from pathlib import Path

from cathode.errors import SourceError
from surrogates.cgcnn.model_file import CGCNNModel, load_model

PACKED = b"PK"
"""How a file of torch begins; it is a zip archive."""


def read_model(file: Path) -> CGCNNModel:
    """Read a model of ours, or one of the paper's code; what is wrong with it is one sentence.

    Raises:
        SourceError: it is neither, or not all of it is there.
    """
    try:
        with warnings.catch_warnings():
            # Torch warns of pickles that it is about to refuse.
            warnings.simplefilter("ignore")
            return load_model(file)
    except SourceError as error:
        lacking = _lacking(file)
        if lacking is None:
            raise
        msg = f"cannot read the model {str(file)!r} ({lacking}): copy it anew, or train it anew"
        raise SourceError(msg) from error


def _lacking(file: Path) -> str | None:
    """What is not there of a file; None where that is not what is wrong with it."""
    if not file.is_file():
        return None
    with file.open("rb") as content:
        begins = content.read(len(PACKED))
    if not begins:
        return "it is empty"
    torn = begins == PACKED and not zipfile.is_zipfile(file)
    return "it is torn, its end is missing" if torn else None

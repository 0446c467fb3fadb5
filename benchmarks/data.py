"""Where real data lies that is not part of the repository."""

import os
from pathlib import Path

from cathode.settings import REPOSITORY

VARIABLE = "CATHODE_DATA"


def data_folder() -> Path:
    """The folder named by ``CATHODE_DATA``, or ``shared/data`` beside the repository."""
    return Path(os.environ.get(VARIABLE) or REPOSITORY.parent / "shared" / "data")

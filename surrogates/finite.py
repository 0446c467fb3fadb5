"""What no surrogate can learn from."""

import numpy as np

from cathode.errors import FitError
from cathode.model import TrainingData


def refuse_infinite(data: TrainingData) -> None:
    """Refuse values or coordinates that are no finite numbers.

    Raises:
        FitError: there are some, with how many.
    """
    for what, numbers in (("values", data.y), ("coordinates", data.X)):
        bad = int((~np.isfinite(numbers.reshape(len(data), -1)).all(axis=1)).sum())
        if bad:
            msg = f"{data.property_name} has {bad} {what} that are no finite numbers"
            raise FitError(msg + ": leave these measurements out")

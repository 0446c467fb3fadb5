"""What is predicted without a network: the mean, and a linear model of the composition."""

import numpy as np
from numpy.typing import NDArray

from cathode.evaluation.baselines import BASELINES
from flows.crystals.scores import baselines
from flows.studies.augmentation.data import StudyData
from flows.studies.augmentation.splits import Parts

MEAN, LINEAR = BASELINES
"""Names of the baselines beside every network."""


def baseline_predictions(
    data: StudyData, property_name: str, parts: Parts
) -> dict[str, NDArray[np.float64]]:
    """Predictions of the test part in the property's unit, learned from the training part."""
    train, test = ([data.table.crystals[i] for i in rows] for rows in (parts.train, parts.test))
    found = baselines(train, data.table.of(property_name)[parts.train], test)
    return {name: each.mean for name, each in found.items()}

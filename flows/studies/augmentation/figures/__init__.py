"""Pictures of the study."""

from flows.studies.augmentation.figures.curves import curves_figure
from flows.studies.augmentation.figures.improvement import improvement_figure
from flows.studies.augmentation.figures.parity import parity_figure

__all__ = ["curves_figure", "improvement_figure", "parity_figure"]

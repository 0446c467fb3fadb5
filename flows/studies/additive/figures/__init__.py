"""Pictures of the study, after those of the paper."""

from flows.studies.additive.figures.coupling import coupling_figure
from flows.studies.additive.figures.errors import errors_figure
from flows.studies.additive.figures.functions import functions_figure
from flows.studies.additive.figures.scan import scan_figure

__all__ = ["coupling_figure", "errors_figure", "functions_figure", "scan_figure"]

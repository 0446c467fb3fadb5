"""Figures, one concept a module, drawn with Matplotlib."""

from cathode.report.figures.champions import champions_figure
from cathode.report.figures.landscape import landscape_figure
from cathode.report.figures.pareto import pareto_figure
from cathode.report.figures.progress import progress_figure
from cathode.report.figures.trust import trust_figure

__all__ = [
    "champions_figure",
    "landscape_figure",
    "pareto_figure",
    "progress_figure",
    "trust_figure",
]

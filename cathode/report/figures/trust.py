"""Can the predictions of a property be trusted? Parity beside calibration."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from cathode.evaluation.outcomes import Outcome
from cathode.model import HeldOut, Property
from cathode.report.figures.calibration import draw_calibration
from cathode.report.figures.canvas import blank
from cathode.report.figures.parity import draw_parity


def trust_figure(prop: Property, held_out: HeldOut | None, found: Sequence[Outcome]) -> Figure:
    """Two panels for the surrogate that serves a property.

    Args:
        prop: the property.
        held_out: predictions for measurements left out of the fit, if there are any.
        found: outcomes with the predictions made when they were proposed.
    """
    figure, (left, right) = blank(2)
    draw_parity(left, prop, held_out, found)
    draw_calibration(right, held_out)
    return figure

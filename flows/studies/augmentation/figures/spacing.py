"""Space between panels."""

from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

BETWEEN = 0.06
"""In units of a panel's width and height."""


def spaced(figure: Figure) -> None:
    """Part the panels of a figure with fitted margins."""
    engine = figure.get_layout_engine()
    assert isinstance(engine, ConstrainedLayoutEngine)  # noqa: S101 - margins are fitted
    engine.set(wspace=BETWEEN, hspace=BETWEEN)

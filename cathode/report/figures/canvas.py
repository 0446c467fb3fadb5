"""A blank figure in the house's style, and its PNG."""

import io
from base64 import b64encode
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe & Ito's colours, told apart by colour-blind readers too.
BLUE, ORANGE, GREEN, RED, GREY = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#8a8f98"

DPI = 110


def blank(
    columns: int = 1,
    rows: int = 1,
    *,
    size: tuple[float, float] = (5.2, 3.8),
    fitted: bool = False,
) -> tuple[Figure, list[Axes]]:
    """A figure with rows of axes, built without pyplot, so threads do not share state.

    Args:
        columns: number of axes in a row.
        rows: number of rows; the margins of more than one are to be fitted.
        size: width and height of each of the axes with their labels, in inches.
        fitted: whether to fit the margins to what is drawn, which takes twice the time.
    """
    width, height = size
    figure = Figure(
        figsize=(width * columns, height * rows), layout="constrained" if fitted else None
    )
    axes: Any = figure.subplots(rows, columns, squeeze=False).flatten()
    if not fitted:
        figure.subplots_adjust(
            left=0.14 / columns, right=1 - 0.03 / columns, bottom=0.15, top=0.93, wspace=0.26
        )
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(alpha=0.25, linewidth=0.6)
        ax.locator_params(nbins=5)  # ticks are half of the time a picture takes
    return figure, list(axes)


def png(figure: Figure) -> bytes:
    """The figure as a PNG picture."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI)
    return buffer.getvalue()


def data_uri(picture: bytes) -> str:
    """A PNG picture as text that pages can hold."""
    return f"data:image/png;base64,{b64encode(picture).decode()}"

"""The scan over length and noise, with its optimum."""

import numpy as np
from matplotlib.figure import Figure

from cathode.report.figures.canvas import RED, blank
from flows.studies.additive.scan import LENGTHSCALES, LOG_NOISES, Surface

DEPTH = 0.5
"""How far below the best R² colours still tell settings apart."""


def scan_figure(surface: Surface) -> Figure:
    """Mean R² of the test parts and its standard deviation over splits."""
    figure, axes = blank(2, size=(5.6, 4.4), fitted=True)
    i, j = surface.best
    top, least = float(np.nanmax(surface.mean)), float(np.nanmin(surface.sd))
    panels = (
        (axes[0], surface.mean, "mean R² of the test parts", "viridis", top - DEPTH, top),
        (axes[1], surface.sd, "its standard deviation", "magma", least, least + DEPTH / 2),
    )
    for ax, values, label, colours, floor, ceiling in panels:
        low, high = max(floor, float(np.nanmin(values))), min(ceiling, float(np.nanmax(values)))
        image = ax.imshow(
            values,
            origin="lower",
            aspect="auto",
            cmap=colours,
            vmin=low,
            vmax=max(high, low + 1e-6),
        )
        beyond = (bool(np.nanmin(values) < low), bool(np.nanmax(values) > high))
        extend = {(True, True): "both", (True, False): "min", (False, True): "max"}
        figure.colorbar(image, ax=ax, label=label, extend=extend.get(beyond, "neither"))
        ax.scatter([j], [i], marker="*", s=190, color=RED, edgecolor="white", linewidth=0.9)
        ax.set_yticks(range(len(LENGTHSCALES)), [f"{x:g}" for x in LENGTHSCALES])
        steps = np.arange(0, len(LOG_NOISES), 2)
        ax.set_xticks(steps, [f"{LOG_NOISES[k]:g}" for k in steps])
        ax.set_xlabel("log10 of the noise")
        ax.set_ylabel("length l (standard deviations)")
        ax.grid(visible=False)
    figure.suptitle(
        f"Optimum (star): l = {surface.lengthscale:g}, log10 noise = {LOG_NOISES[j]:g}, "
        f"R² {surface.mean[i, j]:.3f} ± {surface.sd[i, j]:.3f}",
        fontsize="medium",
    )
    return figure

"""What a surrogate expects over a ternary cut through the space."""

from collections.abc import Sequence
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.tri import Triangulation
from numpy.typing import NDArray

from cathode.evaluation.baselines import Predictor
from cathode.evaluation.outcomes import Outcome
from cathode.model import Candidate, Property
from cathode.physics.prototypes import MIXING_SITE
from cathode.report.figures.canvas import GREY, RED, blank
from cathode.space import SearchSpace, Space

LINE = 100
"""Characters in a line of a title."""

RESOLUTION = 40
"""Points along an edge of the cut."""


def landscape_figure(
    prop: Property,
    model: Predictor,
    space: Space,
    centre: Candidate,
    found: Sequence[Outcome],
) -> Figure | None:
    """Mean and uncertainty over the three widest elements of the metal site; None with fewer.

    All other coordinates are those of ``centre``. Only compositions within the bounds of the
    space are drawn.
    """
    if not isinstance(space, SearchSpace) or len(space.elements) < 3:  # noqa: PLR2004 - a ternary
        return None
    low, high = space.bounds
    metals = space.columns_of(MIXING_SITE)
    cut = metals.start + np.sort(np.argsort(-(high - low)[metals], kind="stable")[:3])
    fixed = space.encode([centre])[0]
    fixed[cut] = 0.0
    share = 1.0 - fixed[metals].sum()
    X, corners = _grid(cut, fixed, share, low, high)
    if len(X) < 3 or np.linalg.matrix_rank(corners - corners[0], tol=1e-9) < 2:  # noqa: PLR2004
        return None
    prediction = model.predict(X)
    mesh = Triangulation(*corners.T)
    figure, axes = blank(2, fitted=True)
    panels = (
        (axes[0], prediction.mean, f"expected {prop.heading}", "viridis"),
        (axes[1], prediction.sigma, f"its sigma ({prop.unit})", "magma"),
    )
    names = [space.coordinates[i] for i in cut]
    points = _on_cut(space, found, cut, fixed)
    for ax, values, label, colours in panels:
        filled = ax.tricontourf(mesh, values, levels=14, cmap=colours)
        figure.colorbar(filled, ax=ax, label=label)
        _frame(ax, names, share)
        if len(points):
            xy = _corner(points[:, cut], share)
            ax.scatter(
                xy[:, 0], xy[:, 1], color=RED, edgecolor="white", s=36, zorder=3, clip_on=False
            )
    given = zip(space.coordinates, fixed, strict=True)
    rest = ", ".join(f"{name} {x:g}" for name, x in given if x > 0)
    title = f"{prop.label} over {'-'.join(names)}" + (f" at {rest}" if rest else "")
    figure.suptitle(fill(title, LINE), fontsize="medium")
    return figure


def _grid(
    cut: NDArray[np.intp],
    fixed: NDArray[np.float64],
    share: float,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compositions on the cut inside the bounds, with their places in the triangle."""
    steps = np.linspace(0, share, RESOLUTION + 1)
    rows = [(a, b, share - a - b) for a in steps for b in steps if a + b <= share + 1e-12]
    triples = np.clip(np.array(rows), 0, None)
    inside = ((triples >= low[cut] - 1e-9) & (triples <= high[cut] + 1e-9)).all(axis=1)
    X = np.tile(fixed, (int(inside.sum()), 1))
    X[:, cut] = triples[inside]
    return X, _corner(triples[inside], share)


def _corner(triples: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Three fractions as a point in an equilateral triangle of unit edge."""
    _, b, c = triples.T / share
    return np.column_stack([b + c / 2, c * np.sqrt(3) / 2])


def _on_cut(
    space: SearchSpace,
    found: Sequence[Outcome],
    cut: NDArray[np.intp],
    fixed: NDArray[np.float64],
) -> NDArray[np.float64]:
    X = space.encode([o.candidate for o in found if space.has_coordinates(o.candidate)])
    others = np.setdiff1d(np.arange(len(space.coordinates)), cut)
    apart = np.abs(X[:, others] - fixed[others]).max(axis=1, initial=0)
    return np.asarray(X[apart < 1e-9])  # noqa: PLR2004 - a rounding


def _frame(ax: Axes, names: Sequence[str], share: float) -> None:
    corners = np.array([[0, 0], [1, 0], [0.5, np.sqrt(3) / 2], [0, 0]])
    ax.plot(*corners.T, color=GREY, linewidth=1)
    offsets = ((-0.03, -0.06, "right"), (1.03, -0.06, "left"), (0.5, 0.9, "center"))
    for name, (x, y, side) in zip(names, offsets, strict=True):
        ax.text(x, y, f"{name} {share:g}", ha=side)
    ax.set_aspect("equal")
    ax.set_axis_off()

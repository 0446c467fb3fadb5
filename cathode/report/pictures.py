"""The pictures of a campaign by name, as PNG."""

import numpy as np
from matplotlib.figure import Figure

from cathode.evaluation.progress import reference_of
from cathode.evaluation.random_search import RandomSearch, random_search
from cathode.report.figures import (
    champions_figure,
    landscape_figure,
    pareto_figure,
    progress_figure,
    trust_figure,
)
from cathode.report.figures.canvas import png
from cathode.report.view import CampaignView, Models
from cathode.rng import derived_seed
from cathode.space import Space


def turn_pictures(view: CampaignView) -> dict[str, bytes]:
    """Progress, front, and per property parity and calibration: what every turn logs."""
    figures: dict[str, Figure | None] = {
        "progress": progress_figure(view.spec, view.progress, None) if view.progress else None,
        "pareto": pareto_figure(view.spec, view.outcomes),
    }
    for name in view.spec.modelled:
        prop, held_out = view.spec.property_named(name), view.champion_held_out(name)
        figures[f"trust-{name}"] = trust_figure(prop, held_out, view.outcomes)
    return {name: png(figure) for name, figure in figures.items() if figure is not None}


def report_pictures(view: CampaignView, space: Space, models: Models) -> dict[str, bytes]:
    """What every turn logs, random proposals beside the progress, champions, and landscapes."""
    pictures = turn_pictures(view)
    for name in view.spec.modelled:
        champions = champions_figure(view.spec.property_named(name), view.skills)
        if champions is not None:
            pictures[f"champions-{name}"] = png(champions)
    if view.progress:
        random = _random_search(view, space, models)
        pictures["progress"] = png(progress_figure(view.spec, view.progress, random))
    if not view.ranked:
        return pictures
    centre = view.ranked[0][0].candidate
    for name, model in models.items():
        prop = view.spec.property_named(name)
        figure = landscape_figure(prop, model, space, centre, view.outcomes)
        if figure is not None:
            pictures[f"landscape-{name}"] = png(figure)
    return pictures


def _random_search(view: CampaignView, space: Space, models: Models) -> RandomSearch | None:
    numbers = [state.candidates for state in view.progress]
    if set(models) != set(view.spec.modelled) or not min(numbers):
        return None
    rng = np.random.default_rng(derived_seed(view.spec.seed, "random search"))
    reference = reference_of(view.outcomes, view.spec)
    return random_search(view.spec, space, models, numbers, reference, rng)

"""What random proposals would have reached, as far as the surrogates can tell."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cathode.evaluation.baselines import Predictor
from cathode.evaluation.pareto import gains_of, hypervolume
from cathode.space import Space
from cathode.spec import CampaignSpec


@dataclass(frozen=True)
class RandomSearch:
    """Quantiles over simulated random searches, one value per number of candidates.

    With one objective they are its best gain (nan where nothing counts yet), with several the
    hypervolume.

    Attributes:
        median: half of the searches reached this.
        low: a tenth of the searches stayed below.
        high: a tenth of the searches came above.
    """

    median: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def random_search(
    spec: CampaignSpec,
    space: Space,
    models: Mapping[str, Predictor],
    numbers: Sequence[int],
    reference: Sequence[float],
    rng: np.random.Generator,
    repeats: int = 200,
) -> RandomSearch:
    """Play random searches against the surrogates' predictions.

    Every simulated candidate gets values drawn from its predictive distributions. The models
    know all measurements of the campaign, and their errors are taken as independent.

    Args:
        spec: objectives and constraints.
        space: where candidates are drawn from.
        models: per property of objectives and constraints a predictor.
        numbers: after how many candidates to look, rising.
        reference: where hypervolume is counted from.
        rng: source of randomness.
        repeats: number of searches.
    """
    shape = (repeats, max(numbers))
    X = space.coordinates_of(space.sample(shape[0] * shape[1], rng))
    drawn: dict[str, NDArray[np.float64]] = {}
    for name in spec.modelled:
        prediction = models[name].predict(X)
        drawn[name] = rng.normal(prediction.mean, prediction.sigma).reshape(shape)
    gains = np.stack([gains_of(o, drawn[o.property]) for o in spec.objectives], axis=2)
    gains[~_feasible(spec, drawn)] = -np.inf
    if len(spec.objectives) == 1:
        best = np.maximum.accumulate(gains[:, :, 0], axis=1)[:, np.asarray(numbers) - 1]
        reached = np.where(np.isfinite(best), best, np.nan)
    else:
        reached = np.array([[hypervolume(g[:n], reference) for n in numbers] for g in gains])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)  # nothing counts yet
        low, median, high = np.nanquantile(reached, [0.1, 0.5, 0.9], axis=0)
    return RandomSearch(median, low, high)


def _feasible(spec: CampaignSpec, drawn: Mapping[str, NDArray[np.float64]]) -> NDArray[np.bool_]:
    kept = np.ones_like(next(iter(drawn.values())), dtype=bool)
    for constraint in spec.constraints:
        if constraint.max is not None:
            kept &= drawn[constraint.property] <= constraint.max
        if constraint.min is not None:
            kept &= drawn[constraint.property] >= constraint.min
    return kept

"""A GP on numbers and categories beside BoTorch's MixedSingleTaskGP, and beside one-hot columns.

Three metals, two numbers and two variables of four and six categories. In the first world numbers
and categories add, but for one slope that depends on a category; in the second a category moves
and another stretches a wave. Noise of 5 % of the spread; scored at 300 other places.
"""

import argparse
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import torch
from botorch.fit import fit_gpytorch_mll
from botorch.models import MixedSingleTaskGP
from botorch.utils.sampling import manual_seed
from gpytorch.mlls import ExactMarginalLogLikelihood
from numpy.typing import NDArray
from rich.progress import track

from benchmarks.publish import publish
from cathode.evaluation.metrics import coverage, crps, rmse
from cathode.model import Prediction, TrainingData
from cathode.space import PoolSpace, SearchSpace
from cathode.spec import GPSpec, SpaceSpec
from surrogates.gp.surrogate import GPSurrogate

TESTS, NOISE = 300, 0.05
NUMBERS, ROUTES, BINDERS = slice(0, 5), slice(5, 9), slice(9, 15)
"""Columns of the coordinates."""

SPACE = {
    "prototype": "layered",
    "sites": {"M": {"step": 0.1, "fractions": {"Ni": {}, "Mn": {"max": 0.6}, "Co": {"max": 0.4}}}},
    "variables": {
        "time": {"kind": "stepped", "min": 0, "max": 1, "step": 0.001, "unit": "h"},
        "flow": {"kind": "stepped", "min": 0, "max": 1, "step": 0.001, "unit": "h"},
        "route": {"kind": "categorical", "values": ["sol-gel", "solid", "spray", "melt"]},
        "binder": {"kind": "categorical", "values": list("uvwxyz")},
    },
}

Values = NDArray[np.float64]


def adding(X: Values, rng: np.random.Generator) -> Values:
    """Main effects, and a slope that depends on the route."""
    route, binder = X[:, ROUTES], X[:, BINDERS]
    constants = route @ rng.normal(0, 0.7, 4) + binder @ rng.normal(0, 0.4, 6)
    slope = (route @ rng.normal(0, 1, 4)) * (X[:, 4] - 0.5)
    smooth = np.sin(4 * X[:, 3]) + X[:, 4] ** 2 + 2 * X[:, 2] * X[:, 3]
    return np.asarray(smooth + constants + slope)


def interacting(X: Values, rng: np.random.Generator) -> Values:
    """A wave that the route moves and the binder stretches."""
    phase, height = rng.uniform(0, 6, 4), rng.uniform(0.3, 1.5, 6)
    wave = np.sin(5 * X[:, 3] + X[:, ROUTES] @ phase) * (X[:, BINDERS] @ height)
    return np.asarray(wave + X[:, 4] ** 2)


WORLDS = {"adding": adding, "interacting": interacting}


def product(X: Values, y: Values, at: Values, space: SearchSpace) -> Prediction:
    """Categories known by the space."""
    return GPSurrogate(GPSpec(kind="gp"), space).fit(_data(X, y), 0).predict(at)


def one_hot(X: Values, y: Values, at: Values, space: SearchSpace) -> Prediction:
    """The same columns as numbers."""
    rows = np.unique(np.concatenate([X, at, space.bounds]), axis=0)
    pool = PoolSpace.of_rows(space.coordinates, rows)
    return GPSurrogate(GPSpec(kind="gp"), pool).fit(_data(X, y), 0).predict(at)


def botorch(X: Values, y: Values, at: Values, space: SearchSpace) -> Prediction:
    """BoTorch's, as it comes; categories as whole numbers."""
    low, high = space.bounds[:, NUMBERS]

    def encoded(rows: Values) -> torch.Tensor:
        numbers = (rows[:, NUMBERS] - low) / (high - low)
        names = [rows[:, columns].argmax(axis=1) for columns in (ROUTES, BINDERS)]
        return torch.as_tensor(np.column_stack([numbers, *names]))

    with manual_seed(0), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = MixedSingleTaskGP(encoded(X), torch.as_tensor(y)[:, None], cat_dims=[5, 6])
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        with torch.no_grad():
            found = model.posterior(encoded(at), observation_noise=True)
    return Prediction(
        found.mean.flatten().detach().numpy(), found.variance.flatten().detach().sqrt().numpy()
    )


METHODS: dict[str, Callable[[Values, Values, Values, SearchSpace], Prediction]] = {
    "cathode": product,
    "one-hot columns": one_hot,
    "MixedSingleTaskGP": botorch,
}


def _data(X: Values, y: Values) -> TrainingData:
    return TrainingData("y", X, y, np.full(len(y), np.nan), tuple(map(str, range(len(y)))))


def scores(world: str, n: int, seed: int, method: str, space: SearchSpace) -> list[float]:
    """RMSE and CRPS over the spread, coverage of 80 % intervals, processor time."""
    rng = np.random.default_rng([n, seed])
    X = space.coordinates_of(space.sample(n + TESTS, rng))
    y = WORLDS[world](X, rng)
    y = y + NOISE * y.std() * rng.standard_normal(len(y))
    started = process_time()
    found = METHODS[method](X[:n], y[:n], X[n:], space)
    taken, truth, spread = process_time() - started, y[n:], y.std()
    errors = [rmse(truth, found.mean) / spread, crps(truth, found) / spread]
    return [*errors, coverage(truth, found, 80), taken]


def main(sizes: Sequence[int], seeds: int, methods: Sequence[str]) -> Path:
    """Measure, print and write; returns the file written."""
    space = SearchSpace.from_spec(SpaceSpec.model_validate(SPACE))
    rows: list[dict[str, Any]] = []
    work = [(world, n, method) for world in WORLDS for n in sizes for method in methods]
    for world, n, method in track(work, "mixed"):
        found = np.array([scores(world, n, seed, method, space) for seed in range(seeds)])
        mean, error = found.mean(axis=0), found.std(axis=0) / np.sqrt(seeds)
        rows.append(
            {
                "world": world,
                "values": n,
                "method": method,
                "RMSE/spread": f"{mean[0]:.3f} ± {error[0]:.3f}",
                "CRPS/spread": float(mean[1]),
                "in 80 %": float(mean[2]),
                "fit and predict (CPU s)": float(mean[3]),
            }
        )
    title = f"Numbers and categories; seeds 0 to {seeds - 1}"
    return publish("mixed", title, rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--values", type=int, nargs="+", default=[20, 40], help="to learn from")
    parser.add_argument("--seeds", type=int, default=5, help="draws of each, seeds 0, 1, ...")
    parser.add_argument("--methods", nargs="+", choices=list(METHODS), default=list(METHODS))
    parser.add_argument("--json", action="store_true", help="print the file written instead")
    asked = parser.parse_args()
    with redirect_stdout(sys.stderr if asked.json else sys.stdout):
        file = main(asked.values, asked.seeds, asked.methods)
    if asked.json:
        print(file.read_text())

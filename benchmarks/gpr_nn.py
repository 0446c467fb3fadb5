"""GPR-NN: is the kernel the sum it should be, how fast is the explicit form, how well does it fit?

The surface is that of H2O (10,001 points, cm-1) by which the method was presented: Manzhos, Ihara,
J. Phys. Chem. A 127, 7823 (2023). Every figure is of this machine; close other work before.
"""

import argparse
import resource
import warnings
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import gpytorch
import numpy as np
import torch
from botorch.models import SingleTaskGP
from gpytorch.kernels import ScaleKernel
from rich.progress import track
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

from benchmarks.data import data_folder
from benchmarks.publish import publish
from cathode.evaluation.metrics import LEVELS, coverage, rmse
from cathode.model import Prediction, TrainingData
from cathode.space import PoolSpace
from cathode.spec import GPRNNSpec
from surrogates.gpr_nn.features import AdditiveFeatures
from surrogates.gpr_nn.kernel import AdditiveKernel
from surrogates.gpr_nn.regression import AdditiveRegression
from surrogates.gpr_nn.selection import Values
from surrogates.gpr_nn.surrogate import GPRNNSurrogate
from surrogates.gpr_nn.terms import directions, spanning

TERMS, LENGTHSCALE, NOISE = 111, 0.45, 1e-6
"""Of the comparisons of speed: eleven coordinates and a hundred terms that couple them."""

SPLITS = 5
SIZES = (1000, 5000)
MOST_FITTED = 1000
"""Points by which the exact GP's hyperparameters are fitted; a fit to 5,000 takes an hour."""

Row = dict[str, Any]


def seconds(work: Callable[[], object], times: int) -> float:
    """Median time of some runs (s)."""
    found = []
    for _ in range(times):
        started = perf_counter()
        work()
        found.append(perf_counter() - started)
    return float(np.median(found))


def task(n: int, d: int = 11, terms: int = TERMS) -> tuple[Values, Values, Values]:
    """Places, values and rows of terms of a smooth function."""
    rng = np.random.default_rng(0)
    X = rng.random((n, d))
    y = np.sin(X @ rng.normal(size=d)) + X[:, 0] * X[:, 1]
    return X, y, spanning(directions(d, terms - d), X)


def accuracy() -> list[Row]:
    """Kernel and features against the sum over terms, one by one."""
    X, _, W = task(300)
    dense = np.zeros((300, 300))
    for row in W:
        dense += np.exp(-(((X @ row)[:, None] - X @ row) ** 2) / (2 * LENGTHSCALE**2))
    kernel = AdditiveKernel(W).double()
    kernel.lengthscale = torch.tensor(LENGTHSCALE, dtype=torch.double)
    places, at = torch.as_tensor(X), X @ W.T
    with torch.no_grad():
        by_kernel = kernel(places).to_dense().numpy()
        phi = AdditiveFeatures(W, LENGTHSCALE, at.min(axis=0), at.max(axis=0))(places).numpy()
    return [
        {"what": what, "largest error relative to the dense sum": np.abs(K / dense - 1).max()}
        for what, K in (("GPyTorch kernel", by_kernel), ("explicit features", phi @ phi.T))
    ]


def speed() -> list[Row]:
    """A fit at given hyperparameters, with the prediction of one place, both ways."""
    X, y, W = task(2000)
    places, values = torch.as_tensor(X), torch.as_tensor(y - y.mean())

    def dense() -> float:
        kernel = ScaleKernel(AdditiveKernel(W))
        noise = gpytorch.likelihoods.GaussianLikelihood()
        model = SingleTaskGP(
            places, values[:, None], covar_module=kernel, likelihood=noise, outcome_transform=None
        ).double()
        kernel.base_kernel.lengthscale, kernel.outputscale, noise.noise = LENGTHSCALE, 1.0, 1e-4
        with (
            torch.no_grad(),
            gpytorch.settings.fast_computations(
                covar_root_decomposition=False, log_prob=False, solves=False
            ),
        ):
            return float(model.posterior(places[:1] + 0.01).mean)

    def explicit() -> float:
        learned = AdditiveRegression.fit(X, y, W, LENGTHSCALE, 1e-4, amplitude=1.0)
        return float(learned.predict(X[:1] + 0.01)[0] - y.mean())

    difference = abs(dense() - explicit())
    slow, quick = seconds(dense, 3), seconds(explicit, 7)
    return [
        {
            "points": 2000,
            "terms": TERMS,
            "dense GPyTorch (s)": slow,
            "explicit (s)": quick,
            "times faster": slow / quick,
            "difference of a prediction": difference,
        }
    ]


def size() -> list[Row]:
    """100,000 points and 100 terms: hyperparameters, fit, left-out check, 1,000 predictions."""
    X, y, _ = task(100_000, d=6)
    names = [f"x{i}" for i in range(6)]
    space = PoolSpace.of_rows(names, np.array([np.zeros(6), np.ones(6)]))
    groups = tuple(map(str, range(len(y))))
    data = TrainingData("y", X, y, np.full(len(y), np.nan), groups)
    started = perf_counter()
    fitted = GPRNNSurrogate(GPRNNSpec(kind="gpr_nn", coupling=94), space).fit(data, seed=0)
    trained = perf_counter() - started
    started = perf_counter()
    fitted.predict(X[:1000])
    return [
        {
            "points": len(y),
            "terms": 100,
            "whole fit (s)": trained,
            "1,000 predictions (s)": perf_counter() - started,
            "peak memory (GB)": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        }
    ]


def surface(file: Path) -> list[Row]:
    """Test errors on the H2O surface, means of splits."""
    table = np.loadtxt(file)
    X, energy = table[:, :-1], table[:, -1]
    X = (X - X.min(axis=0)) / np.ptp(X, axis=0)
    methods: dict[str, Callable[[Values, Values, Values], Prediction]] = {
        "additive (N = 0)": lambda X, y, Z: _gpr_nn(X, y, Z, 0),
        "GPR-NN (N = 100)": lambda X, y, Z: _gpr_nn(X, y, Z, 100),
        "exact GP (RBF, a length per coordinate)": _exact,
        "mean": _mean,
    }
    rows = []
    for n in SIZES:
        for name, method in methods.items():
            errors, inside, took = [], [], []
            for seed in track(range(SPLITS), f"{name}, {n} points"):
                order = np.random.default_rng(seed).permutation(len(energy))
                train, test = order[:n], order[n:]
                started = perf_counter()
                found = method(X[train], energy[train], X[test])
                took.append(perf_counter() - started)
                errors.append(rmse(energy[test], found.mean))
                inside.append([coverage(energy[test], found, level) for level in LEVELS])
            covered = "/".join(f"{share:.0f}" for share in np.mean(inside, axis=0))
            rows.append(
                {
                    "training points": n,
                    "model": name,
                    "test RMSE (cm-1)": float(np.mean(errors)),
                    "least": min(errors),
                    "greatest": max(errors),
                    "covered by 50/80/95 % (%)": covered,
                    "fit and prediction (s)": float(np.mean(took)),
                }
            )
    return rows


def _gpr_nn(X: Values, y: Values, Z: Values, coupling: int) -> Prediction:
    names = tuple(f"x{i}" for i in range(X.shape[1]))
    space = PoolSpace.of_rows(names, np.array([np.zeros(len(names)), np.ones(len(names))]))
    data = TrainingData("energy", X, y, np.full(len(y), np.nan), tuple(map(str, range(len(y)))))
    return (
        GPRNNSurrogate(GPRNNSpec(kind="gpr_nn", coupling=coupling), space).fit(data, 0).predict(Z)
    )


def _mean(_: Values, y: Values, Z: Values) -> Prediction:
    return Prediction(np.full(len(Z), y.mean()), np.full(len(Z), y.std()))


def _exact(X: Values, y: Values, Z: Values) -> Prediction:
    # scikit-learn's: BoTorch's search gives up where so little noise makes a covariance singular.
    kernel = ConstantKernel(10.0, (1e-2, 1e6)) * RBF(np.ones(X.shape[1]), (1e-2, 1e2))
    kernel += WhiteKernel(1e-5, (1e-7, 1.0))
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", ConvergenceWarning
        )  # ends of ranges are where noise is none
        few = GaussianProcessRegressor(kernel, normalize_y=True)
        few.fit(X[:MOST_FITTED], y[:MOST_FITTED])
        every = GaussianProcessRegressor(few.kernel_, optimizer=None, normalize_y=True).fit(X, y)
    parts = [every.predict(part, return_std=True) for part in np.array_split(Z, 20)]
    return Prediction(*(np.concatenate(each) for each in zip(*parts, strict=True)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = ("accuracy", "speed", "size", "surface")
    parser.add_argument("--parts", nargs="+", choices=parts, default=parts)
    asked = parser.parse_args()
    if "accuracy" in asked.parts:
        publish("gpr_nn_accuracy", f"Kernel of {TERMS} terms, 300 points", accuracy())
    if "speed" in asked.parts:
        publish("gpr_nn_speed", "A fit at given hyperparameters", speed())
    if "size" in asked.parts:
        publish("gpr_nn_size", "A surrogate of many points", size())
    if "surface" in asked.parts:
        file = data_folder() / "gprnn_benchmark" / "h2o.dat"
        if file.is_file():
            publish("gpr_nn_surface", f"H2O surface, {SPLITS} splits", surface(file))
        else:
            print(f"surface: skipped, there is no {file}; CATHODE_DATA names the folder of data")

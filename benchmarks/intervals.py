"""Whether a GP's intervals hold what they promise when it knows few values.

Known functions and functions drawn from a Matérn GP, at random places, without noise and with 5 %
of their spread; scored at 300 other places. Beside each score that of the same model at its most
probable hyperparameters, as if these were known.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from scipy.spatial.distance import cdist

from benchmarks.functions import FUNCTIONS
from benchmarks.publish import publish
from cathode.evaluation.metrics import LEVELS, coverage, crps, nlpd
from cathode.model import Prediction, TrainingData
from cathode.space import PoolSpace
from cathode.spec import GPSpec
from surrogates.gp.surrogate import GPSurrogate

SIZES = (5, 10, 20, 40, 80)
NOISES = (0.0, 0.05)
"""Standard deviations of the noise over the spread of the function."""

TESTS = 300
DRAWN = {2: 0.3, 4: 0.35, 8: 0.4}
"""Length scale of drawn functions over the root of their number of dimensions, by that number."""

Values = NDArray[np.float64]


def drawn(X: Values, rng: np.random.Generator) -> Values:
    """One function of a Matérn GP, each dimension with a length scale of its own."""
    d = X.shape[1]
    scales = DRAWN[d] * np.sqrt(d) * np.exp(0.6 * rng.standard_normal(d))
    r = np.sqrt(5) * cdist(X / scales, X / scales)
    K = np.exp(-r) * (1 + r + r**2 / 3)
    values: Values = np.linalg.cholesky(K + 1e-9 * np.eye(len(X))) @ rng.standard_normal(len(X))
    return values


def cases() -> Iterator[tuple[str, str, int, Callable[[Values, np.random.Generator], Values]]]:
    """Kind, name, dimensions and values of each function."""
    for name, (d, function) in FUNCTIONS.items():
        yield "known", name, d, lambda X, _, function=function: function(X)
    for d in DRAWN:
        yield "drawn", f"drawn{d}", d, drawn


def scores(X: Values, y: Values, n: int) -> Values:
    """Coverages, CRPS over the spread and NLPD, as predicted and at the mode, shape (2, 5)."""
    space = PoolSpace.of_rows([f"x{i}" for i in range(X.shape[1])], X)
    data = TrainingData("y", X[:n], y[:n], np.full(n, np.nan), tuple(map(str, range(n))))
    fitted = GPSurrogate(GPSpec(kind="gp"), space).fit(data, 0)
    found, truth, spread = fitted.predict(X[n:]), y[n:], y.std()
    mode = Prediction(found.mean, found.sigma / np.sqrt(fitted.widening))
    return np.array(
        [
            [
                *(coverage(truth, each, level) for level in LEVELS),
                crps(truth, each) / spread,
                nlpd(truth, each) - np.log(spread),
            ]
            for each in (found, mode)
        ]
    )


def main(seeds: int) -> Path:
    """Measure, print and write; returns the file written."""
    work = [(n, noise, *case) for n in SIZES for noise in NOISES for case in cases()]
    found: dict[tuple[int, str], list[Values]] = {}
    for n, noise, kind, name, d, function in track(work, "intervals"):
        for seed in range(seeds):
            rng = np.random.default_rng([seed, n, *name.encode()])
            X = rng.random((n + TESTS, d))
            y = function(X, rng)
            y = y + noise * y.std() * rng.standard_normal(len(y))
            found.setdefault((n, kind), []).append(scores(X, y, n))
    rows: list[dict[str, Any]] = []
    for (n, kind), each in found.items():
        predicted, mode = np.mean(each, axis=0)
        row: dict[str, Any] = {"values": n, "functions": kind, "fits": len(each)}
        for i, level in enumerate(LEVELS):
            row[f"in {level} %"] = f"{predicted[i]:.1f} (mode {mode[i]:.1f})"
        row["CRPS/spread"] = f"{predicted[3]:.3f} (mode {mode[3]:.3f})"
        row["NLPD"] = f"{predicted[4]:.2f} (mode {mode[4]:.2f})"
        rows.append(row)
    title = f"Share (%) of {TESTS} new values inside intervals; seeds 0 to {seeds - 1}"
    return publish("intervals", title, rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=12, help="draws of each, seeds 0, 1, ...")
    parser.add_argument("--json", action="store_true", help="print the file written instead")
    asked = parser.parse_args()
    with redirect_stdout(sys.stderr if asked.json else sys.stdout):
        file = main(asked.seeds)
    if asked.json:
        print(file.read_text())

"""Plain BoTorch: a batch of log noisy expected improvement.

``listed``: the list of all candidates is a discrete set. ``wide``: no list is possible; the space
is relaxed to continuous fractions that sum to one, with conditions in [0, 1], as the guide to
constrained optimisation does, and the optimum is not on the grid.
"""

import itertools
import sys

import numpy as np
import torch
from botorch.acquisition.logei import qLogNoisyExpectedImprovement
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.optim import optimize_acqf, optimize_acqf_discrete
from gpytorch.mlls import ExactMarginalLogLikelihood
from numpy.typing import NDArray

from benchmarks.peers.mixtures import BATCH, HOURS, TEMPERATURES, Mixture, measure

Campaign = tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]


def listed(mixture: Mixture) -> NDArray[np.float64]:
    """All candidates: every choice of bars among stars, with every condition."""
    places = mixture.steps + mixture.parts - 1
    bars = np.array(list(itertools.combinations(range(places), mixture.parts - 1)))
    ends = np.full((len(bars), 1), -1), np.full((len(bars), 1), places)
    counts = np.diff(np.hstack([ends[0], bars, ends[1]])) - 1
    conditions = np.array(list(itertools.product(TEMPERATURES, HOURS)))
    repeated = np.repeat(counts, len(conditions), axis=0)
    return np.hstack([repeated, np.tile(conditions, (len(counts), 1))]).astype(float)


def build(mixture: Mixture) -> Campaign:
    """Observations and, where it can be, the list."""
    torch.manual_seed(0)
    rows, y = mixture.observations()
    choices = torch.tensor(mixture.scaled(listed(mixture))) if mixture.size < 1e6 else None
    return torch.tensor(mixture.scaled(rows)), torch.tensor(y).unsqueeze(-1), choices


def suggest(mixture: Mixture, campaign: Campaign) -> NDArray[np.float64]:
    """A batch as steps and conditions."""
    X, y, choices = campaign
    model = SingleTaskGP(X, y)
    fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
    gain = qLogNoisyExpectedImprovement(model, X, prune_baseline=True)
    if choices is not None:
        found, _ = optimize_acqf_discrete(gain, q=BATCH, choices=choices, X_avoid=X)
    else:
        fractions = torch.arange(mixture.parts)
        found, _ = optimize_acqf(
            gain,
            bounds=torch.stack([torch.zeros(X.shape[1]), torch.ones(X.shape[1])]).double(),
            q=BATCH,
            num_restarts=10,
            raw_samples=256,
            sequential=True,
            equality_constraints=[(fractions, torch.ones(mixture.parts).double(), 1.0)],
        )
    low = np.array([0] * mixture.parts + [TEMPERATURES[0], HOURS[0]])
    high = np.array([mixture.steps] * mixture.parts + [TEMPERATURES[-1], HOURS[-1]])
    return low + found.numpy() * (high - low)


if __name__ == "__main__":
    measure(sys.argv[1], build, suggest)

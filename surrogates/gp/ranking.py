"""How much GPs of earlier campaigns weigh, by how well they rank the results."""

from collections.abc import Sequence

import numpy as np
import torch
from botorch.models import SingleTaskGP
from numpy.typing import NDArray
from torch import Tensor

DRAWS = 256
"""Posterior draws by which members are compared."""

WORSE = 0.95
"""A member whose middling draw ranks worse than this share of the target's own draws is left out.

Many members of little use would otherwise weigh much together.
"""


def ranking_weights(
    earlier: Sequence[SingleTaskGP],
    target: SingleTaskGP,
    X: Tensor,
    y: NDArray[np.float64],
    rows: NDArray[np.intp],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """The chance of each member to rank the results best; the target's comes last.

    Members are compared by the pairs that draws of their posterior bring into the wrong order: of
    earlier GPs at the places of the results, of the target at each place by a fit that leaves it
    out. Sec. 4 of Feurer, Letham, Bakshy, "Scalable meta-learning for Bayesian optimization using
    ranking-weighted Gaussian process ensembles", AutoML workshop at ICML 2018.

    Args:
        earlier: GPs of earlier campaigns.
        target: the GP of the results.
        X: places the target has learned from, in order, shape (n, d).
        y: what it has read there, shape (n,), in the unit of the GPs.
        rows: those of them that are exact; bounds are in no order.
        rng: draws.

    Returns:
        Weights, shape (len(earlier) + 1,), sum one.
    """
    mean, sigma = (each[rows] for each in left_out(target))
    own = mean + sigma * rng.standard_normal((DRAWS, len(rows)))
    losses = [misranked(_drawn(model, X[rows], rng), y[rows]) for model in earlier]
    losses.append(misranked(own, y[rows], held_out=True))
    return weights_of(np.array(losses))


def weights_of(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of draws in which each member has the least loss, ties shared.

    Args:
        losses: shape (members, draws), those of the target last.

    Returns:
        Shape (members,).
    """
    losses = losses.astype(float)
    bar = np.quantile(losses[-1], WORSE)
    losses[:-1][np.median(losses[:-1], axis=1) > bar] = np.inf
    best = losses == losses.min(axis=0)
    return np.asarray((best / best.sum(axis=0)).mean(axis=1), dtype=np.float64)


def misranked(
    draws: NDArray[np.float64], y: NDArray[np.float64], *, held_out: bool = False
) -> NDArray[np.int64]:
    """Ordered pairs that each draw ranks otherwise than the results.

    Args:
        draws: values drawn at the places of the results, shape (m, n).
        y: the results, shape (n,).
        held_out: whether each value was drawn without the result at its own place; it is then
            held against the other results themselves.

    Returns:
        Shape (m,).
    """
    wrong = np.zeros(len(draws), dtype=np.int64)
    for j in range(len(y)):
        others = y if held_out else draws
        wrong += ((draws[:, j : j + 1] < others) ^ (y[j] < y)).sum(axis=1)
    return wrong


def left_out(model: SingleTaskGP) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and sigma of the function at each training place, told by all other places.

    In closed form: Rasmussen, Williams, "Gaussian Processes for Machine Learning", MIT Press 2006,
    eq. 5.12, with hyperparameters as they are.

    Returns:
        Two of shape (n,), in the unit of the values.
    """
    model.eval()
    with torch.no_grad():
        function = model.forward(*model.train_inputs)  # of an evaluating model: descriptors
        read = model.likelihood(function, *model.train_inputs)
        noise = (read.variance - function.variance).clamp_min(0)
        inverse = torch.linalg.inv(read.covariance_matrix)
        variance = 1 / inverse.diagonal()
        off = model.train_targets - function.mean
        mean = model.train_targets - (inverse @ off) * variance
        variance = (variance - noise).clamp_min(1e-9)
        posterior = model.outcome_transform.untransform(mean[:, None], variance[:, None])
    return posterior[0].squeeze(-1).numpy(), posterior[1].squeeze(-1).sqrt().numpy()


def _drawn(model: SingleTaskGP, X: Tensor, rng: np.random.Generator) -> NDArray[np.float64]:
    """Joint draws of a GP's function, shape (DRAWS, n)."""
    with torch.no_grad():
        posterior = model.posterior(X).distribution
        values, vectors = torch.linalg.eigh(posterior.covariance_matrix)
        root = (vectors * values.clamp_min(0).sqrt()).numpy()
    return posterior.mean.numpy() + rng.standard_normal((DRAWS, len(X))) @ root.T

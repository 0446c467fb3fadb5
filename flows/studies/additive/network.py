"""A network of one hidden layer, trained as MATLAB's ``trainlm`` trains it.

Units are tansig, which is tanh; the output is linear. Levenberg-Marquardt after Hagan & Menhaj,
IEEE Trans. Neural Netw. 5, 989 (1994), with trainlm's rule for mu; initial weights after Nguyen &
Widrow, Proc. IJCNN 3, 21 (1990), as ``initnw`` draws them. Nothing stops it early, so a large
network overfits, as in the paper.
"""

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve

Matrix = NDArray[np.float64]

EPOCHS = 1000
"""Steps at most; trainlm's default, like the figures below."""

MU, MU_DOWN, MU_UP, MU_LEAST, MU_MOST = 1e-3, 0.1, 10.0, 1e-20, 1e10

LEAST_GRADIENT = 1e-7

ACTIVE = 2.0
"""tansig is steep enough to learn where its input lies between minus this and this."""

Stop = Literal["epochs", "gradient", "mu"]


@dataclass(frozen=True, eq=False)
class Network:
    """y(x) = v·tanh(W x + b) + c.

    Attributes:
        weights: W, b, v and c in a row, shape (nodes x (d + 2) + 1,).
        nodes: units in the hidden layer.
        epochs: steps it took to train.
        stop: why it stopped: the number of epochs, a gradient of nearly zero, or a mu at which no
            step is an improvement.
    """

    weights: Matrix
    nodes: int
    epochs: int
    stop: Stop

    @classmethod
    def fit(cls, X: Matrix, y: Matrix, nodes: int, rng: np.random.Generator) -> Self:
        """Train on all that is given.

        Args:
            X: features of mean 0 and standard deviation 1, shape (n, d).
            y: the target, standardised too, shape (n,).
            nodes: units in the hidden layer.
            rng: draws the initial weights.
        """
        weights, epochs, stop = _trained(initial_weights(X, nodes, rng), X, y, nodes)
        return cls(weights, nodes, epochs, stop)

    def predict(self, X: Matrix) -> Matrix:
        """The output, shape (n,)."""
        return output(self.weights, X, self.nodes)


def output(weights: Matrix, X: Matrix, nodes: int) -> Matrix:
    """The network's output, shape (n,)."""
    W, b, v, c = _parts(weights, X.shape[1], nodes)
    return np.asarray(np.tanh(X @ W.T + b) @ v + c)


def jacobian(weights: Matrix, X: Matrix, nodes: int) -> Matrix:
    """Derivatives of the output with respect to the weights, shape (n, weights)."""
    W, b, v, _ = _parts(weights, X.shape[1], nodes)
    hidden = np.tanh(X @ W.T + b)
    slope = (1 - hidden**2) * v
    to_W = (slope[:, :, None] * X[:, None, :]).reshape(len(X), -1)
    return np.hstack([to_W, slope, hidden, np.ones((len(X), 1))])


def initial_weights(X: Matrix, nodes: int, rng: np.random.Generator) -> Matrix:
    """Weights that spread the units' active regions over the range of the data.

    Units get random directions of one length, and thresholds evenly spread along them. The output
    layer is drawn uniformly between -1 and 1. Features that do not vary get no weight.
    """
    low, high = X.min(axis=0), X.max(axis=0)
    varies = high > low
    d = int(varies.sum())
    W, b = np.zeros((nodes, X.shape[1])), np.zeros(nodes)
    if d:
        length = 0.7 * nodes ** (1 / d)
        direction = rng.standard_normal((nodes, d))
        direction *= ACTIVE * length / np.linalg.norm(direction, axis=1, keepdims=True)
        if nodes > 1:
            b = ACTIVE * length * np.linspace(-1, 1, nodes) * np.sign(direction[:, 0])
        scale = 2 / (high - low)[varies]
        b = b + direction @ (1 - high[varies] * scale)
        W[:, varies] = direction * scale
    return np.concatenate([W.ravel(), b, rng.uniform(-1, 1, nodes + 1)])


def _parts(weights: Matrix, d: int, nodes: int) -> tuple[Matrix, Matrix, Matrix, float]:
    W, rest = weights[: nodes * d].reshape(nodes, d), weights[nodes * d :]
    return W, rest[:nodes], rest[nodes : 2 * nodes], float(rest[-1])


def _trained(weights: Matrix, X: Matrix, y: Matrix, nodes: int) -> tuple[Matrix, int, Stop]:
    """The weights at the end, the steps taken, and why there were no more."""
    n, mu = len(y), MU
    error = output(weights, X, nodes) - y
    for epoch in range(EPOCHS):
        J = jacobian(weights, X, nodes)
        gradient, curvature = J.T @ error / n, J.T @ J / n
        if 2 * np.linalg.norm(gradient) < LEAST_GRADIENT:
            return weights, epoch, "gradient"
        while mu <= MU_MOST:
            step = _step(curvature, gradient, mu)
            if step is not None:
                ahead = output(weights - step, X, nodes) - y
                if ahead @ ahead < error @ error:
                    weights, error = weights - step, ahead
                    break
            mu *= MU_UP
        else:
            return weights, epoch, "mu"
        mu = max(mu * MU_DOWN, MU_LEAST)
    return weights, EPOCHS, "epochs"


def _step(curvature: Matrix, gradient: Matrix, mu: float) -> Matrix | None:
    """The step at this mu; None where the damped curvature is singular to rounding."""
    damped = curvature.copy()
    damped.flat[:: len(damped) + 1] += mu
    try:
        return np.asarray(cho_solve(cho_factor(damped, check_finite=False), gradient))
    except LinAlgError:
        return None

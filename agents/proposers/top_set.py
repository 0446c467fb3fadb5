"""Expected improvement over the value that the best share of a space is expected to reach."""

import torch
from botorch.acquisition import AcquisitionFunction
from botorch.acquisition.analytic import LogExpectedImprovement
from botorch.models.model import Model
from torch import Tensor

from agents.proposers.believing import believing


class TopSetImprovement(AcquisitionFunction):
    """Log expected improvement over the k-th best value so far, for who wants many good ones.

    Improvement over the single best leads a search away from a good region as soon as its top is
    found, before the rest of what is good there was looked at. With k as large as the set that
    is wanted, the search takes what is good first and explores as far as it must to fill the
    set; with k = 1 this is log expected improvement (Ament et al., NeurIPS 2023).

    Args:
        model: a model with one output.
        values: measured gains, larger is better, shape (n,).
        k: size of the wanted set; while fewer were measured, the worst of them is the threshold.
        sign: 1 where the model's output is the gain, -1 where its negative is.
    """

    def __init__(self, model: Model, values: Tensor, k: int, sign: int) -> None:
        super().__init__(model)
        self.values, self.k, self.sign = values, k, sign
        self._take_up(model, values)

    def _take_up(self, model: Model, values: Tensor) -> None:
        kth = min(self.k, len(values)) - 1
        self.threshold = float(values.sort(descending=True).values[kth])
        best = self.sign * self.threshold
        self._improvement = LogExpectedImprovement(model, best_f=best, maximize=self.sign > 0)

    def set_X_pending(self, X_pending: Tensor | None = None) -> None:  # noqa: N802 - BoTorch's
        """Believe that pending points will read what is expected, so that a batch spreads."""
        model, values = self.model, self.values
        if X_pending is not None and len(X_pending):
            model, believed = believing(model, X_pending)
            values = torch.cat([values, self.sign * believed])
        self._take_up(model, values)

    def forward(self, X: Tensor) -> Tensor:
        """Values ``b`` of points ``b x 1 x d``."""
        value: Tensor = self._improvement(X)
        return value

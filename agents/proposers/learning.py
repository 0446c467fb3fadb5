"""Acquisitions that look at the posterior itself: where least is known, or one draw from it."""

from collections.abc import Callable, Mapping, Sequence

import torch
from botorch.acquisition import AcquisitionFunction
from botorch.models.model import Model
from botorch.sampling.pathwise import draw_matheron_paths
from torch import Tensor

from agents.proposers.believing import believing
from cathode.errors import SpecError


class MaximumVariance(AcquisitionFunction):
    """Sum of the logarithms of the posterior variances: what would be learned most from.

    A variance does not depend on the values, so pending points are taken as known.

    Args:
        models: models with one output each.
    """

    def __init__(self, models: Sequence[Model]) -> None:
        super().__init__(models[0])
        self.own = list(models)
        self.models = self.own

    def set_X_pending(self, X_pending: Tensor | None = None) -> None:  # noqa: N802 - BoTorch's
        """Take pending points as measured."""
        pending = X_pending is not None and len(X_pending)
        self.models = [believing(m, X_pending)[0] if pending else m for m in self.own]

    def forward(self, X: Tensor) -> Tensor:
        """Values ``b`` of points ``b x 1 x d``."""
        logs = [m.posterior(X).variance.clamp_min(1e-30).log() for m in self.models]
        return 0.5 * torch.stack(logs).sum(dim=(0, -1, -2))


class ThompsonSampling(AcquisitionFunction):
    """One function drawn from the posterior; another one for each place of a batch.

    Source: Wilson et al., "Efficiently sampling functions from Gaussian process posteriors", ICML
    2020 (the pathwise draws).

    Args:
        models: model of each property, one output each.
        gain: turns draws of the properties, ``... x properties``, into the gain.
    """

    def __init__(self, models: Mapping[str, Model], gain: Callable[[Tensor], Tensor]) -> None:
        super().__init__(next(iter(models.values())))
        self.parts, self.gain = list(models.values()), gain
        self._draw()

    def _draw(self) -> None:
        try:
            self.paths = [draw_matheron_paths(part, torch.Size([])) for part in self.parts]
        except NotImplementedError as error:
            msg = f"acquisition 'thompson' cannot draw from this surrogate ({error}): use a gp "
            raise SpecError(msg + "with kernel: matern") from error

    def set_X_pending(self, X_pending: Tensor | None = None) -> None:  # noqa: N802, ARG002
        """Draw anew: what is pending was best for another function."""
        self._draw()

    def forward(self, X: Tensor) -> Tensor:
        """Values ``b`` of points ``b x 1 x d``."""
        drawn = torch.cat([path(X).reshape(*X.shape[:-1], 1) for path in self.paths], dim=-1)
        return self.gain(drawn).squeeze(-1)

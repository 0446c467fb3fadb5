"""Models that believe in results not known yet."""

import torch
from botorch.models.model import Model
from gpytorch.likelihoods import FixedNoiseGaussianLikelihood
from torch import Tensor


def believing(model: Model, X: Tensor) -> tuple[Model, Tensor]:
    """The model as if X, shape (n, d), had read what it expects, and these values, shape (n,).

    Source: the "kriging believer" of Ginsbourger, Le Riche, Carraro, in "Computational
    Intelligence in Expensive Optimization Problems", Springer 2010.
    """
    with torch.no_grad():
        expected = model.posterior(X)
        believed, noise = expected.mean, {}
        # An ensemble has no likelihood of its own, but its members have.
        if isinstance(getattr(model, "likelihood", None), FixedNoiseGaussianLikelihood):
            # Where every measurement stated its sigma: theirs, on average.
            read = model.posterior(X, observation_noise=True)
            # BoTorch standardises the values, and takes the noise as standardised already.
            _, scaled = model.outcome_transform(believed, read.variance - expected.variance)
            noise = {"noise": scaled}
        return model.condition_on_observations(X, believed, **noise), believed.squeeze(-1)

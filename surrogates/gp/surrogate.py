"""An exact Gaussian process for one property."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from gpytorch.settings import min_variance
from linear_operator.utils.errors import NanError, NotPSDError
from numpy.typing import NDArray
from scipy.linalg import LinAlgError
from torch import Tensor

from cathode.errors import FitError, SpaceError
from cathode.model import Prediction, TrainingData
from cathode.space import Space
from cathode.spec import GPSpec
from surrogates.cgcnn.descriptors import CrystalAxes, CrystalVectors, crystal_axes
from surrogates.finite import refuse_infinite
from surrogates.gp.correlations import Correlation, Linear, Matern, Mixed
from surrogates.gp.descriptors import Descriptors, descriptors
from surrogates.gp.exact import KnownNoiseGP, Scaled, kernel_of
from surrogates.gp.learning import learn
from surrogates.gp.origins import OriginGP, OriginKernel, WithOrigin, aligned, at_origin, numbered
from surrogates.gp.transfer import learned_from


@dataclass(frozen=True)
class FittedGP:
    """A Gaussian process that has learned one property.

    Attributes:
        name: name of the surrogate.
        model: the BoTorch model, one output over the coordinates of the space.
        widening: what its variances were multiplied with, as hyperparameters are not known.
        notes: what is remarkable of the fit, in words.
        origins: other evaluators it has learned from, by their numbers from 1.
    """

    name: str
    model: KnownNoiseGP
    widening: float
    notes: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()

    def predict(self, X: NDArray[np.float64]) -> Prediction:
        """What new measurements at X, shape (n, d), would read, noise included."""
        with torch.no_grad(), self.floored():
            # Each row by itself: together they would have a covariance matrix.
            posterior = self.model.posterior(torch.as_tensor(X)[:, None], observation_noise=True)
            mean, sigma = posterior.mean.flatten(), posterior.variance.sqrt().flatten()
        return Prediction(mean.numpy(), sigma.numpy())

    def told(self, X: Tensor, origin: str, draws: NDArray[np.float64]) -> list["FittedGP"] | None:
        """What would be known after answers of origin at X, shape (1, d), one for each draw."""
        if origin not in self.origins:
            return None
        number = 1 + self.origins.index(origin)
        at = at_origin(X, number)
        with torch.no_grad(), self.floored():
            read = self.model.posterior(at, observation_noise=True)
            # BoTorch standardises the values, and takes the noise as standardised already.
            noise = self.model.noises[number].expand(1, 1)
            answers = [read.mean + float(draw) * read.variance.sqrt() for draw in draws]
            models = [self.model.condition_on_observations(at, y, noise=noise) for y in answers]
        return [replace(self, model=model) for model in models]

    def floored(self) -> min_variance:
        """A context in which variances have a floor that goes with the property's unit."""
        # Not below a millionth of the data's spread; GPyTorch's own floor is absolute, which is
        # nonsense for properties whose unit makes their values small.
        return min_variance(double_value=1e-12 * float(self.model.outcome_transform.stdvs.square()))


class GPSurrogate:
    """An exact GP with dimension-scaled priors and an output scale.

    Length-scale and noise priors: Hvarfner, Hellsten, Nardi, "Vanilla Bayesian optimization
    performs great in high dimensions", ICML 2024. A stated sigma is the noise of its measurement;
    one noise level is learned for all of an evaluator that state none. Four things are not
    BoTorch's:

    - The density to maximise is that of logarithms. Their prior's own density is greatest at a
      twentieth of the median length scale, where few data are far from everything else.
    - The output scale is learned: a search measures mostly what is good, so the spread of what
      was measured is not the spread of what was not.
    - The mean is that of the values, for few clustered ones say little of any other.
    - Variances are widened by what is not known of the hyperparameters.

    With the Matérn kernel it learns from cheaper evaluators and from the history, too, unless
    ``transfer`` is none; with the linear one it does not. Before there are two results, a history
    is enough: what it says, widened by how far other families may differ.
    """

    def __init__(self, spec: GPSpec, space: Space) -> None:
        self.spec = spec
        self.space = space
        self.name = spec.name

    def fit(self, data: TrainingData, seed: int, widening: float = 1.0) -> FittedGP:  # noqa: ARG002 - nothing is drawn
        """Fit kernel and noise by maximum a posteriori likelihood.

        Raises:
            FitError: too few values, or no starting point led to a fit.
        """
        data = learned_from(data, self.spec)
        refuse_infinite(data)
        try:
            return self._fitted(data, widening)
        except (LinAlgError, NanError, NotPSDError) as error:
            what = f"{len(data)} values of {data.property_name}"
            msg = f"{self.name} could not be fitted to {what} ({error})"
            raise FitError(msg) from error
        except SpaceError as error:  # a crystal is missing
            raise FitError(f"{data.property_name}: {error}") from error

    @cached_property
    def _crystal_axes(self) -> CrystalAxes:
        """What a network makes of the crystals of the space; read once."""
        return crystal_axes(self.spec.pretrained, self.space)

    def _columns(self, also: NDArray[np.float64] | None) -> Descriptors:
        if self.spec.descriptors == "cgcnn":
            return CrystalVectors(self._crystal_axes, self.space, also)
        return descriptors(self.spec.descriptors, self.space, also)

    def _fitted(self, data: TrainingData, widening: float) -> FittedGP:
        plane, data = self.spec.kernel == "linear", aligned(data)
        # A history may lie outside the bounds of the space; all are scaled alike.
        also = data.X if data.history else None
        columns = self._columns(also)
        X, transform = torch.as_tensor(data.X), columns
        places = columns.transform(X).numpy()
        correlation: Correlation = Linear(places) if plane else Matern(places)
        if not plane and len(columns.categories):
            correlation = Mixed(places, columns.scales, columns.categories)
        learned = learn(data, correlation, widening)
        kernel = kernel_of(learned.found, columns, learned.widening)
        kind: type[KnownNoiseGP] = KnownNoiseGP
        names, numbers = numbered(data)
        if names:
            relation = torch.as_tensor(learned.found.relation)
            kernel = OriginKernel(kernel, relation, learned.widening * learned.found.local)
            transform = WithOrigin(transform, X.shape[-1])
            X = torch.cat([X, torch.as_tensor(numbers, dtype=X.dtype).unsqueeze(-1)], dim=-1)
            kind = OriginGP
        model = kind(
            X,
            torch.as_tensor(learned.y),
            torch.as_tensor(learned.variance),
            Scaled(learned.mean, learned.spread),
            kernel,
            transform,
            torch.as_tensor(learned.noises),
        )
        return FittedGP(self.name, model, learned.widening, learned.notes, names)

"""CGCNN for one property: crystals are all it sees of candidates."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from pymatgen.core import Element
from torch import Tensor

from cathode.errors import FitError, SpaceError, SpecError
from cathode.evaluation.cross_validation import grouped_folds
from cathode.model import Prediction, TrainingData
from cathode.protocols import Augmentation
from cathode.rng import derived_seed
from cathode.space import Space
from cathode.spec import CGCNNSpec
from surrogates.cgcnn.batches import Batch
from surrogates.cgcnn.ensemble import Ensemble, Lesson, train_ensemble
from surrogates.cgcnn.model import EnsembleModel
from surrogates.cgcnn.model_file import CGCNNModel, load_model
from surrogates.cgcnn.network import Sizes
from surrogates.cgcnn.places import Places, Reading, places_of
from surrogates.cgcnn.trained import LOG_SCALES, Labelled
from surrogates.cgcnn.training import TrainingSettings
from surrogates.finite import refuse_infinite

FEWEST = 2
"""Values from which a fit is tried."""

VALIDATED = 50
"""Candidates from which each member leaves some out that tell it when to stop."""

FOLDS = 10
"""Parts of the candidates, of which each member leaves out another."""

LEAST = 1e-6
"""Standard deviation that a crystal has to itself at least, over the spread of the values."""


@dataclass(frozen=True)
class Chosen:
    """The augmentation to learn a property with.

    Attributes:
        augmentation: makes variants; None for crystals as they are.
        caution: what speaks against it, in words; empty where nothing does.
    """

    augmentation: Augmentation | None = None
    caution: str = ""


AugmentationOf = Callable[[str, str], Chosen]
"""What a spec's word for an augmentation means for a property of that name."""


def without_augmentation(wanted: str, property_name: str) -> Chosen:
    """For spaces and tests that do without.

    Raises:
        SpecError: one is wanted.
    """
    if wanted != "none":
        msg = f"augmentation={wanted!r} of {property_name}: none can be made here; use 'none'"
        raise SpecError(msg)
    return Chosen()


@dataclass(frozen=True)
class FittedCGCNN:
    """An ensemble that has learned one property.

    Attributes:
        name: name of the surrogate.
        model: the BoTorch model, one output over the coordinates of the space.
        notes: what is worth knowing of the fit.
    """

    name: str
    model: EnsembleModel
    notes: tuple[str, ...] = ()

    @property
    def origins(self) -> tuple[str, ...]:
        """It learns from the campaign's own evaluator alone."""
        return ()

    def predict(self, X: NDArray[np.float64]) -> Prediction:
        """What new measurements at X, shape (n, d), would read, noise included."""
        with torch.no_grad():
            # GPyTorch's floor under variances is absolute, which is nonsense for small units.
            prior = self.model.prior(torch.as_tensor(X))
        return Prediction(prior.mean.numpy(), (prior.variance + prior.noise).sqrt().numpy())

    def told(self, X: Tensor, origin: str, draws: NDArray[np.float64]) -> None:
        """It learns nothing from other evaluators."""


class CGCNNSurrogate:
    """An ensemble of crystal graph networks over the crystals of a space.

    Sources: see :mod:`surrogates.cgcnn` and :mod:`surrogates.cgcnn.ensemble`. In a pool the
    crystals are those of its rows, among recipes they are virtual: a site that elements share has
    the mean of their vectors.
    """

    def __init__(
        self,
        spec: CGCNNSpec,
        space: Space,
        augmentation_of: AugmentationOf = without_augmentation,
    ) -> None:
        self.spec, self.space, self.augmentation_of = spec, space, augmentation_of
        self.name = spec.name

    @cached_property
    def places(self) -> Places:
        """The crystals of the space, found when first asked for."""
        return places_of(self.space)

    @cached_property
    def pretrained(self) -> CGCNNModel | None:
        """Networks to go on from."""
        return None if self.spec.pretrained is None else load_model(self.spec.pretrained)

    def fit(self, data: TrainingData, seed: int, widening: float = 1.0) -> FittedCGCNN:
        """Train the members.

        Raises:
            FitError: too few values or crystals, all values are equal or some are no finite
                numbers, or a crystal cannot be used.
        """
        own = data.own.exact
        if len(own) < FEWEST:
            msg = f"{data.property_name} has {len(own)} values: CGCNN needs {FEWEST}"
            raise FitError(msg)
        refuse_infinite(own)
        crystals = len(np.unique(own.X[:, list(self.places.columns)], axis=0))
        if crystals < FEWEST or np.ptp(own.y) == 0:
            few = "crystals" if crystals < FEWEST else "values"
            msg = f"the {few} of {len(own)} measurements of {data.property_name} are all equal: "
            raise FitError(msg + "CGCNN learns nothing from them")
        chosen = self.augmentation_of(self.spec.augmentation, data.property_name)
        ensemble = self._trained(own, seed, chosen.augmentation)
        model = EnsembleModel(
            self.places.reader(reading(ensemble)),
            self.places.columns,
            self.spec.members,
            widening,
            (LEAST * ensemble.members[0].spread) ** 2,
        )
        notes = self._notes(len(data.own) - len(own), own, chosen.caution)
        return FittedCGCNN(self.name, model.eval(), notes)

    def _trained(self, own: TrainingData, seed: int, augmentation: Augmentation | None) -> Ensemble:
        spec = self.spec
        focus = 0 if spec.focus is None else Element(spec.focus).Z
        start, sizes = (), Sizes(spec.atom, spec.hidden, spec.convolutions, 1, 2, focus)
        if self.pretrained is not None:
            start = tuple(each.network for each in self.pretrained.ensemble.members)
            sizes = replace(start[0].sizes, outputs=2)
        try:
            labelled = Labelled(self.places.graphs(own.X), own.y)
        except SpaceError as error:
            raise FitError(f"{own.property_name}: {error}") from error
        lessons: list[Lesson] = [(labelled, None)]
        if own.n_candidates >= VALIDATED:
            rng = np.random.default_rng(derived_seed(seed, "validation"))
            lessons = [
                (labelled.take(learn), labelled.take(check))
                for learn, check in grouped_folds(own.groups, FOLDS, rng)
            ]
        settings = TrainingSettings(epochs=self.spec.epochs, lower=self.spec.lower)
        return train_ensemble(lessons, sizes, settings, seed, spec.members, augmentation, start)

    def _notes(self, bounds: int, own: TrainingData, caution: str) -> tuple[str, ...]:
        notes = [caution] if caution else []
        if bounds:
            notes.append(f"{bounds} bounds left out: CGCNN reads none")
        if np.isfinite(own.sigma).any():
            notes.append("stated uncertainties are not read: the networks predict the noise")
        if self.places.unseen:
            notes.append(blind_to(self.places.unseen))
        if self.spec.members == 1:
            notes.append("one member says nothing of what is not known: use several")
        if self.pretrained is not None:
            notes.append(f"goes on from networks that learned {self.pretrained.property_name}")
        return tuple(notes)


def blind_to(names: tuple[str, ...]) -> str:
    """What networks do not see of candidates, and who does."""
    return (
        f"CGCNN does not see {', '.join(names)}, crystals are all it looks at: a gp with "
        "descriptors: cgcnn sees both"
    )


def reading(ensemble: Ensemble) -> Reading:
    """Values of the members and the mean variance of their noise, shape (crystals, members + 1)."""
    for member in ensemble.members:
        member.network.requires_grad_(False)

    def read(batch: Batch) -> Tensor:
        values, noises = [], []
        for member in ensemble.members:
            out = member.network(batch).double()
            values.append(member.mean + member.spread * out[:, 0])
            # Of a Laplace density.
            noises.append(2 * (member.spread * out[:, 1].clamp(*LOG_SCALES).exp()).square())
        return torch.stack([*values, torch.stack(noises).mean(dim=0)], dim=-1)

    return read

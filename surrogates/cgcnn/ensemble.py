"""Networks that learn the same from other first weights, and what they say together.

Source: B. Lakshminarayanan, A. Pritzel, C. Blundell, "Simple and scalable predictive uncertainty
estimation using deep ensembles", NeurIPS 2017: the variance of a prediction is that of the
members' values and the mean of the noise they predict.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cathode.evaluation.recalibration import widening
from cathode.model import Prediction
from cathode.protocols import Augmentation
from cathode.rng import derived_seed
from surrogates.cgcnn.graphs import Graph
from surrogates.cgcnn.network import CrystalGraphNetwork, Sizes
from surrogates.cgcnn.trained import Labelled, Trained
from surrogates.cgcnn.training import TrainingSettings, train

Values = NDArray[np.float64]

MEMBERS = 5
"""Networks of an ensemble."""

Lesson = tuple[Labelled, Labelled | None]
"""What a member learns from, and what tells its best epoch, if anything does."""


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Networks that have learned one property.

    Attributes:
        members: at least one.
        widening: what variances are multiplied with.
    """

    members: tuple[Trained, ...]
    widening: float = 1.0

    def members_predict(self, graphs: Sequence[Graph]) -> tuple[Values, Values]:
        """Each member's values and the standard deviations of noise, of shape (members, n)."""
        found = [member.predict(graphs) for member in self.members]
        return np.array([mean for mean, _ in found]), np.array([noise for _, noise in found])

    def predict(self, graphs: Sequence[Graph]) -> Prediction:
        """Values and standard deviations, noise included, each of shape (n,)."""
        found = together(*self.members_predict(graphs))
        # One network without noise claims to be sure; a millionth of the spread keeps that finite.
        least = (1e-6 * self.members[0].spread) ** 2
        return Prediction(found.mean, np.sqrt(self.widening * found.sigma**2 + least))

    def recalibrated(
        self, held_out: Sequence[Labelled], groups: Sequence[tuple[str, ...]]
    ) -> "Ensemble":
        """The same, as wide as values ask for that no weight of the member asked was fitted to.

        The variance that members share is that of one of them drawn by chance, so that each can be
        asked of what it has not seen, though others have.

        Args:
            held_out: crystals with values, which the members in turn have not learned from.
            groups: of equal ones, such as polymorphs, each counts once.
        """
        z, owners = list[Values](), list[str]()
        for number, member in enumerate(self.members):
            held = held_out[number % len(held_out)]
            sigma = replace(self, widening=1.0).predict(held.graphs).sigma
            z.append((held.y - member.predict(held.graphs)[0]) / sigma)
            owners += groups[number % len(held_out)]
        return replace(self, widening=widening(np.concatenate(z), tuple(owners)))


def together(means: Values, noises: Values) -> Prediction:
    """What members say together.

    Args:
        means: their values, shape (members, n).
        noises: standard deviations of the noise they predict, shape (members, n).
    """
    variance = (noises**2).mean(axis=0)
    if len(means) > 1:
        variance = variance + means.var(axis=0, ddof=1)
    return Prediction(means.mean(axis=0), np.sqrt(variance))


def train_ensemble(
    lessons: Sequence[Lesson],
    sizes: Sizes,
    settings: TrainingSettings,
    seed: int,
    members: int = MEMBERS,
    augmentation: Augmentation | None = None,
    start: Sequence[CrystalGraphNetwork] = (),
) -> Ensemble:
    """Train the members one after another; arguments as of :func:`surrogates.cgcnn.training.train`.

    Args:
        lessons: what members learn, in turn; where each leaves out others to be validated by,
            together they learn from all.
        sizes: of the networks; two outputs, if noise is to be predicted.
        settings: how they are trained.
        seed: each member has one of its own, derived from it.
        members: how many.
        augmentation: makes every crystal a variant of itself, a new one each epoch.
        start: networks to go on from, in turn.
    """

    def member(number: int) -> Trained:
        return train(
            *lessons[number % len(lessons)],
            sizes,
            settings,
            derived_seed(seed, "member", number),
            augmentation,
            start[number % len(start)] if start else None,
        )

    return Ensemble(tuple(member(number) for number in range(members)))

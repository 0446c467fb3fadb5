"""Where surrogates and agents meet the loop: what each must do, and nothing of how.

The suites in ``tests/contracts/`` hold every implementation to these protocols.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cathode.model import (
    Candidate,
    Crystal,
    Measurement,
    Prediction,
    Property,
    Suggestion,
    TrainingData,
)
from cathode.space import Space
from cathode.spec import Constraint, Objective


class FittedSurrogate(Protocol):
    """A surrogate that has learned one property."""

    @property
    def name(self) -> str:
        """Name of the surrogate."""

    @property
    def model(self) -> Any:
        """A ``botorch.models.model.Model`` with one output over the space's coordinates."""

    @property
    def origins(self) -> tuple[str, ...]:
        """Cheaper evaluators from whose answers it has learned, too."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What is remarkable of the fit, in words."""

    def predict(self, X: NDArray[np.float64]) -> Prediction:
        """What new measurements at coordinates X, shape (n, d), would read."""

    def told(
        self, X: Any, origin: str, draws: NDArray[np.float64]
    ) -> "Sequence[FittedSurrogate] | None":
        """What would be known after a cheaper evaluator's answer at one place.

        Args:
            X: coordinates, a tensor of shape (1, d).
            origin: name of the cheaper evaluator.
            draws: standard normal numbers, shape (n,).

        Returns:
            A surrogate for each draw, which has read what is expected and so many standard
            deviations more; None where nothing was learned of the evaluator.
        """


class Surrogate(Protocol):
    """Learns a property from measurements."""

    @property
    def name(self) -> str:
        """Name in tables and in the ledger, unique in a campaign."""

    def fit(self, data: TrainingData, seed: int, widening: float = 1.0) -> FittedSurrogate:
        """Learn from measurements; the same arguments give the same predictions.

        Args:
            data: measurements.
            seed: of whatever draws.
            widening: what variances are multiplied with beyond what the fit itself asks for; means
                stay, and so does the noise that is stated.

        Raises:
            FitError: nothing can be learned from them, with the reason.
        """


@dataclass(frozen=True)
class Cheaper:
    """A cheaper evaluator that may be asked.

    Attributes:
        name: its name in the spec.
        cost: of an answer.
        excluded: candidates it is not to be asked about, again or in vain.
    """

    name: str
    cost: float
    excluded: tuple[Candidate, ...] = ()


@dataclass(frozen=True)
class ProposalRequest:
    """All a proposer may look at.

    Attributes:
        space: what may be proposed.
        n: how many candidates are wanted.
        seed: source of all randomness.
        objectives: what is wanted.
        constraints: what must hold.
        models: per property of objectives and constraints the surrogate that serves it.
        observed: per such property its measurements by the campaign's own evaluator.
        success: learned from failures and successes, which read 0 and 1; None where none failed.
        reference: per objective the gain from which hypervolume is counted.
        pending: candidates asked for and not answered yet.
        excluded: candidates not to propose again to the campaign's own evaluator.
        proposed: how many candidates the campaign has proposed so far.
        cheaper: evaluators that may be asked instead of the campaign's own.
        final: whether no answer comes in time to serve another decision, but for a result.
    """

    space: Space
    n: int
    seed: int
    objectives: tuple[Objective, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    models: Mapping[str, FittedSurrogate] | None = None
    observed: Mapping[str, TrainingData] | None = None
    success: FittedSurrogate | None = None
    reference: tuple[float, ...] = ()
    pending: tuple[Candidate, ...] = ()
    excluded: tuple[Candidate, ...] = ()
    proposed: int = 0
    cheaper: tuple[Cheaper, ...] = ()
    final: bool = False


class Proposer(Protocol):
    """Decides what to try next."""

    @property
    def name(self) -> str:
        """Name in tables and in the ledger."""

    def propose(self, request: ProposalRequest) -> list[Suggestion]:
        """At most ``request.n`` distinct candidates of the space, none of them excluded.

        Fewer come back only when the space holds no more.
        """


class Evaluator(Protocol):
    """Answers candidates with measurements."""

    @property
    def name(self) -> str:
        """Name of the evaluator."""

    @property
    def properties(self) -> tuple[Property, ...]:
        """The properties it reports, each with the unit it reports them in."""

    @property
    def isolated(self) -> bool:
        """Whether it is heavy enough to run in worker processes of its own."""

    @property
    def deferred(self) -> bool:
        """Whether answers come later and from elsewhere, so that nothing is evaluated here."""

    def check(self, space: Space) -> str:
        """Refuse a space it cannot answer for.

        Returns:
            What is worth knowing of how they fit, in words; empty where nothing is.

        Raises:
            SpecError: what does not fit, and what would.
        """

    def prepare(self) -> None:
        """Load what is heavy, so that the first candidate does not wait for it."""

    def evaluate(self, candidate: Candidate) -> tuple[Measurement, ...]:
        """One measurement of each of its properties, failed ones with their cause."""


class Augmentation(Protocol):
    """Makes a variant of a crystal that is taken to have the same property."""

    @property
    def name(self) -> str:
        """Name in tables, such as ``anisotropic-5``."""

    def apply(self, crystal: Crystal, rng: np.random.Generator) -> Crystal:
        """A variant with the same atoms in the same order; the crystal itself stays as it is.

        Args:
            crystal: what is varied.
            rng: all that is drawn comes from it.
        """

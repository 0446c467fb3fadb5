"""Choose the volume of a lattice scaling by the validation error."""

from typing import Any

from cathode.rng import derived_seed
from flows.studies.augmentation.settings import SplitKind, StudySettings

VOLUMES = (0.5, 40.0)
"""Least and greatest change of the volume that is tried, in %."""

PUBLISHED = (5.0, 30.0)
"""Are tried first."""

BLIND = 4
"""Trials before the sampler learns from them."""


class Tuning:
    """Trials of one property on one split, by a seeded tree-structured Parzen estimator.

    It asks the same if it is told the same, so that a killed series of trials goes on where it
    was: what is kept is told once more.
    """

    def __init__(
        self, settings: StudySettings, property_name: str, split: SplitKind, replicate: int
    ) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        seed = derived_seed(settings.seed, "tuning", property_name, split, replicate)
        sampler = optuna.samplers.TPESampler(n_startup_trials=BLIND, seed=seed % 2**32)
        self._study = optuna.create_study(sampler=sampler)
        for volume in PUBLISHED:
            self._study.enqueue_trial({"volume": volume})
        self._asked: Any = None
        self.tried: list[tuple[float, float]] = []
        """Volumes in % with their validation errors."""

    def ask(self) -> float:
        """The next volume to try, in %."""
        self._asked = self._study.ask()
        return round(float(self._asked.suggest_float("volume", *VOLUMES, log=True)), 2)

    def tell(self, volume: float, error: float) -> None:
        """The validation error of what was asked for."""
        self._study.tell(self._asked, error)
        self.tried.append((volume, error))

    @property
    def best(self) -> float:
        """The volume of the least validation error, in %."""
        return min(self.tried, key=lambda each: each[1])[0]

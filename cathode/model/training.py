"""What a surrogate learns from."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cathode.model.measurement import Limit


@dataclass(frozen=True)
class TrainingData:
    """The usable measurements of one property.

    Attributes:
        property_name: name of the property.
        X: coordinates in the search space, shape (n, d); row i belongs to measurement i.
        y: measured values in the property's unit, bounds among them, shape (n,).
        sigma: stated standard uncertainties, nan where none is known, shape (n,).
        groups: candidate ids, shape (n,); replicates share one, and folds never split one.
        origins: names of the cheaper evaluators that answered, or of the history a value comes
            from, None for the campaign's own, shape (n,); empty where all answers are its own.
        limits: ``<`` or ``>`` where a value is a bound, None where it is exact, shape (n,); empty
            where all are exact.
        history: those names that are of the history: measured earlier of other candidates, as the
            campaign itself measures.
    """

    property_name: str
    X: NDArray[np.float64]
    y: NDArray[np.float64]
    sigma: NDArray[np.float64]
    groups: tuple[str, ...]
    origins: tuple[str | None, ...] = ()
    limits: tuple[Limit | None, ...] = ()
    history: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Number of measurements."""
        return len(self.y)

    @property
    def n_candidates(self) -> int:
        """Number of distinct candidates."""
        return len(set(self.groups))

    def take(self, rows: NDArray[np.intp]) -> "TrainingData":
        """The measurements at the given row numbers."""
        return replace(
            self,
            X=self.X[rows],
            y=self.y[rows],
            sigma=self.sigma[rows],
            groups=tuple(self.groups[i] for i in rows),
            origins=tuple(self.origins[i] for i in rows) if self.origins else (),
            limits=tuple(self.limits[i] for i in rows) if self.limits else (),
        )

    @property
    def own(self) -> "TrainingData":
        """The answers of the campaign's own evaluator."""
        return self.of(None) if self.origins else self

    def of(self, origin: str | None) -> "TrainingData":
        """The values of one origin, as if they were the campaign's own."""
        rows = np.flatnonzero([each == origin for each in self.origins])
        return replace(self.take(rows), origins=(), history=())

    def beside(self, histories: Sequence["TrainingData"]) -> "TrainingData":
        """These values and those of histories, each of which has origins of its own."""
        known = [history for history in histories if len(history)]
        if not known:
            return self
        parts = [replace(self, origins=self.origins or (None,) * len(self)), *known]
        limits = tuple(each for part in parts for each in part.limits or (None,) * len(part))
        return TrainingData(
            self.property_name,
            np.concatenate([part.X for part in parts]),
            np.concatenate([part.y for part in parts]),
            np.concatenate([part.sigma for part in parts]),
            tuple(group for part in parts for group in part.groups),
            tuple(origin for part in parts for origin in part.origins),
            limits if any(limits) else (),
            tuple(name for part in known for name in part.history),
        )

    @property
    def sides(self) -> NDArray[np.int64]:
        """1 where a value is known to lie above what is written, -1 below, 0 if exact; (n,)."""
        side = {"<": -1, ">": 1, None: 0}
        return np.array([side[limit] for limit in self.limits or (None,) * len(self)], dtype=int)

    @property
    def exact(self) -> "TrainingData":
        """The values that are no bounds."""
        if not self.limits:
            return self
        return replace(self.take(np.flatnonzero(self.sides == 0)), limits=())

    @property
    def bounds(self) -> "TrainingData":
        """The bounds."""
        return self.take(np.flatnonzero(self.sides != 0))

    def digest(self) -> str:
        """A hash of the content, independent of the order the measurements came in."""
        origins = self.origins or (None,) * len(self)
        limits = self.limits or (None,) * len(self)
        rows = sorted(
            f"{group} {limit or ''}{value!r} {sigma!r}" + (f" {origin}" if origin else "")
            for group, value, sigma, origin, limit in zip(
                self.groups, self.y.tolist(), self.sigma.tolist(), origins, limits, strict=True
            )
        )
        return hashlib.sha256("\n".join([self.property_name, *rows]).encode()).hexdigest()

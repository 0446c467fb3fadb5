"""What a surrogate learns from."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TrainingData:
    """The usable measurements of one property.

    Attributes:
        property_name: name of the property.
        X: coordinates in the search space, shape (n, d); row i belongs to measurement i.
        y: measured values in the property's unit, shape (n,).
        sigma: stated standard uncertainties, nan where none is known, shape (n,).
        groups: candidate ids, shape (n,); replicates share one, and folds never split one.
        origins: names of the cheaper evaluators that answered, None for the campaign's own, shape
            (n,); empty where all answers are its own.
    """

    property_name: str
    X: NDArray[np.float64]
    y: NDArray[np.float64]
    sigma: NDArray[np.float64]
    groups: tuple[str, ...]
    origins: tuple[str | None, ...] = ()

    def __len__(self) -> int:
        """Number of measurements."""
        return len(self.y)

    @property
    def n_candidates(self) -> int:
        """Number of distinct candidates."""
        return len(set(self.groups))

    def take(self, rows: NDArray[np.intp]) -> "TrainingData":
        """The measurements at the given row numbers."""
        return TrainingData(
            self.property_name,
            self.X[rows],
            self.y[rows],
            self.sigma[rows],
            tuple(self.groups[i] for i in rows),
            tuple(self.origins[i] for i in rows) if self.origins else (),
        )

    @property
    def own(self) -> "TrainingData":
        """The answers of the campaign's own evaluator."""
        if not self.origins:
            return self
        rows = np.flatnonzero([origin is None for origin in self.origins])
        return replace(self.take(rows), origins=())

    def digest(self) -> str:
        """A hash of the content, independent of the order the measurements came in."""
        origins = self.origins or (None,) * len(self)
        rows = sorted(
            f"{group} {value!r} {sigma!r}" + (f" {origin}" if origin is not None else "")
            for group, value, sigma, origin in zip(
                self.groups, self.y.tolist(), self.sigma.tolist(), origins, strict=True
            )
        )
        return hashlib.sha256("\n".join([self.property_name, *rows]).encode()).hexdigest()

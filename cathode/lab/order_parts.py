"""What a work order consists of beside its recipe."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

from cathode.evaluation.trust import LEVEL
from cathode.lab.conditions import in_words

HALF = NormalDist().inv_cdf(0.5 + LEVEL / 200)
"""Standard deviations from the mean to the end of an 80 % interval."""


@dataclass(frozen=True)
class Setting:
    """A process variable of a candidate: name, value, and the unit of the space."""

    name: str
    value: float | str
    unit: str

    @property
    def words(self) -> str:
        """Such as ``calcination temperature 750 °C``."""
        shown = f"{self.value:g}" if isinstance(self.value, float) else self.value
        name, unit = self.name.replace("_", " "), self.unit.replace("degC", "°C")
        return " ".join(filter(None, (name, shown, unit)))


@dataclass(frozen=True)
class Expected:
    """What a surrogate expected of a measurement when the candidate was proposed.

    Attributes:
        mean: in the property's unit.
        sigma: standard deviation of a new measurement.
        surrogate: name of the one that said so.
    """

    mean: float
    sigma: float
    surrogate: str

    @property
    def low(self) -> float:
        """Lower end of the 80 % interval."""
        return self.mean - HALF * self.sigma

    @property
    def high(self) -> float:
        """Upper end of the 80 % interval."""
        return self.mean + HALF * self.sigma

    def as_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        return asdict(self) | {"low": self.low, "high": self.high}


@dataclass(frozen=True)
class ToMeasure:
    """A property to measure.

    Attributes:
        name: of the property.
        label: what people call it.
        unit: of its values.
        conditions: those at which it counts.
        expected: what a surrogate expects; None where none could serve.
        known: what has come in of this order already, in words; empty where it is owed.
    """

    name: str
    label: str
    unit: str
    conditions: Mapping[str, float]
    expected: Expected | None
    known: str

    @property
    def at(self) -> str:
        """The conditions in words; empty where there are none."""
        return in_words(self.conditions)

    def as_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        own = asdict(self) | {"at": self.at}
        expected = None if self.expected is None else self.expected.as_dict()
        return {"property": own.pop("name"), **own, "expected": expected}


@dataclass(frozen=True)
class Neighbour:
    """The measured candidate nearest to another.

    Attributes:
        candidate: id.
        formula: its formula.
        values: per property of the campaign what was measured of it, with its unit, or why it
            failed; in words.
    """

    candidate: str
    formula: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class Place:
    """Where a candidate lies beside all that was measured.

    Attributes:
        words: such as ``1.8 times as far from all data as they are from each other``.
        ratio: distance to the nearest measured candidate over the typical one of a measured
            candidate from the next; None where it is not known.
        outside: whether that is farther than nearly all data are from each other; None where it
            is not known.
        nearest: the nearest measured candidate.
    """

    words: str
    ratio: float | None = None
    outside: bool | None = None
    nearest: Neighbour | None = None

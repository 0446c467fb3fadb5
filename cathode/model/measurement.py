"""A measurement: one property value of one candidate, with all that is known of its origin."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal

from cathode.errors import MeasurementError

Limit = Literal["<", ">"]
"""On which side of a bound the value lies."""


class Status(StrEnum):
    """What became of a measurement."""

    OK = "ok"
    FAILED = "failed"
    BOUND = "bound"
    RETRACTED = "retracted"


@dataclass(frozen=True)
class Measurement:
    """One property value of one candidate, or the reason why there is none.

    Attributes:
        candidate_id: the candidate measured.
        property: name of the property.
        unit: unit of value and sigma.
        value: the number; of a ``bound`` measurement the bound; None if ``failed`` or
            ``retracted``.
        sigma: standard uncertainty in the same unit, None if not known.
        status: ``ok``, ``failed``, ``bound``, or ``retracted``: it takes back the one it supersedes
            and says why in ``detail``; neither of them counts.
        bound: ``<`` or ``>`` of a ``bound`` measurement.
        cause: one word by which failures are grouped.
        detail: a failure's figures in one sentence.
        source: who or what answered, with its version.
        fidelity: class of the source, such as ``potential``, ``dft`` or ``lab``.
        conditions: how it was measured, ready for JSON.
        evaluator: name of the campaign's cheaper evaluator that answered; None its own.
    """

    candidate_id: str
    property: str
    unit: str
    value: float | None
    sigma: float | None = None
    status: Status = Status.OK
    bound: Limit | None = None
    cause: str | None = None
    detail: str | None = None
    source: str = ""
    fidelity: str = ""
    conditions: Mapping[str, Any] = field(default_factory=dict)
    evaluator: str | None = None

    def __post_init__(self) -> None:
        """Refuse a measurement that contradicts itself."""
        where = f"{self.property} of {self.candidate_id}"
        if self.status is Status.FAILED:
            if self.value is not None or not self.cause:
                msg = f"{where} is failed with value={self.value!r}, cause={self.cause!r}: "
                raise MeasurementError(msg + "give a cause and no value")
            return
        if self.status is Status.RETRACTED:
            if self.value is not None or not self.detail:
                msg = f"{where} is retracted with value={self.value!r}, detail={self.detail!r}: "
                raise MeasurementError(msg + "give a reason and no value")
            return
        if self.value is None or not math.isfinite(self.value):
            msg = f"{where} is {self.status} with value={self.value!r}: give a finite number"
            raise MeasurementError(msg)
        if self.sigma is not None and not (math.isfinite(self.sigma) and self.sigma >= 0):
            msg = f"{where} has sigma={self.sigma!r}: give a finite number of at least 0, or none"
            raise MeasurementError(msg)
        if (self.status is Status.BOUND) != (self.bound is not None):
            msg = f"{where} is {self.status} with bound={self.bound!r}: only a bound has < or >"
            raise MeasurementError(msg)

    def retraction(self, reason: str) -> "Measurement":
        """What takes this one back."""
        return replace(
            self,
            value=None,
            sigma=None,
            status=Status.RETRACTED,
            bound=None,
            cause=None,
            detail=reason,
        )

    @classmethod
    def failure(
        cls, candidate_id: str, name: str, unit: str, cause: str, detail: str, **origin: Any
    ) -> "Measurement":
        """A failed measurement with its cause."""
        return cls(
            candidate_id,
            name,
            unit,
            None,
            status=Status.FAILED,
            cause=cause,
            detail=detail,
            **origin,
        )

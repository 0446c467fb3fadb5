"""The form in which a lab engineer enters what was measured of one candidate.

Every field but three may stay empty: X-ray diffraction comes today, capacity next week, retention
in a month. The same model is the form of Prefect's pages and what other programs send.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cathode.lab.conditions import CONDITIONS, LONGEST, SHORT
from cathode.model import PROPERTIES

Cause = Literal["", "impurity", "synthesis", "assembly", "cycler", "other"]
"""Why a candidate or its cell failed; the last three say nothing of the candidate."""

MEASURED: Mapping[str, tuple[float, float]] = {
    "phase_purity": (0, 100),
    "discharge_capacity": (0, 1500),
    "average_voltage": (0, 6),
    "first_cycle_efficiency": (0, 120),
    "capacity_retention": (0, 150),
}
"""Properties of the form with their least and greatest values, in the ledger's units."""


def flat_form(schema: dict[str, Any]) -> None:
    """Make a page of it that people can fill in: plain boxes, in the order they are declared.

    A page shows "a number or nothing" as a choice between two kinds of box, and takes nothing as a
    default for no number; PostgreSQL keeps JSON in an order of its own.
    """
    for place, field in enumerate(schema.get("properties", {}).values()):
        field["position"] = place
        for kind in field.pop("anyOf", []):
            if kind != {"type": "null"}:
                field.update(kind)
        if field.get("default", ...) is None:
            del field["default"]


class Form(BaseModel):
    """What people fill in on a page; a box with nothing but blanks in it is an empty one."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, json_schema_extra=flat_form
    )

    @model_validator(mode="before")
    @classmethod
    def _empty_boxes(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {
            name: value
            for name, value in data.items()
            if value is not None and not (isinstance(value, str) and not value.strip())
        }


def text_box(title: str, meaning: str = "", longest: int = SHORT, *, owed: bool = False) -> Any:
    """A box for a text, which may stay empty unless it is owed."""
    return Field(... if owed else "", title=title, description=meaning, max_length=longest)


def number_box(title: str, meaning: str, least: float, greatest: float) -> Any:
    """A box for a number, which may stay empty."""
    return Field(None, title=title, description=meaning, ge=least, le=greatest)


def _measured(name: str) -> Any:
    known = PROPERTIES[name]
    return number_box(_capital(known.heading), known.meaning, *MEASURED[name])


def _condition(name: str) -> Any:
    known = CONDITIONS[name]
    title = _capital(known.heading)
    if known.least is None or known.greatest is None:
        return text_box(title, known.meaning, LONGEST if name == "note" else SHORT)
    return number_box(title, known.meaning, known.least, known.greatest)


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


class ResultForm(Form):
    """What was measured of one candidate; leave empty what is not known yet."""

    campaign: str = text_box("Campaign", owed=True)
    candidate: str = text_box(
        "Candidate", "Its id on the work order, such as c-k3v5qzt2ma.", owed=True
    )
    operator: str = text_box("Operator", "Your name; it is kept beside the result.", owed=True)
    status: Literal["ok", "failed"] = Field(
        "ok", title="Status", description="Failed: what is still owed will not come."
    )
    cause: Cause = Field("", title="Cause of the failure", description="If the status is failed.")
    phase_purity: float | None = _measured("phase_purity")
    discharge_capacity: float | None = _measured("discharge_capacity")
    average_voltage: float | None = _measured("average_voltage")
    first_cycle_efficiency: float | None = _measured("first_cycle_efficiency")
    capacity_retention: float | None = _measured("capacity_retention")
    cycles: int | None = _condition("cycles")
    c_rate: float | None = _condition("c_rate")
    voltage_low: float | None = _condition("voltage_low")
    voltage_high: float | None = _condition("voltage_high")
    loading: float | None = _condition("loading")
    formation: str = _condition("formation")
    cell: str = _condition("cell")
    note: str = _condition("note")
    order: str = text_box("Work order", "Turn/place, if the candidate has several.")
    correction: bool = Field(
        False, title="Correction", description="It replaces an earlier value, which is kept, too."
    )

    @property
    def values(self) -> dict[str, float]:
        """What was measured, by property."""
        found = {name: getattr(self, name) for name in MEASURED}
        return {name: float(value) for name, value in found.items() if value is not None}

    @property
    def conditions(self) -> dict[str, float | str]:
        """How it was measured; what was left empty is not among it."""
        found = {name: getattr(self, name) for name in CONDITIONS}
        return {
            name: value if isinstance(value, str) else float(value)
            for name, value in found.items()
            if value not in (None, "")
        }

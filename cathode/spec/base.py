"""What every spec has in common: frozen, no unknown keys, exact fractions."""

from difflib import get_close_matches
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, model_validator
from pydantic.json_schema import WithJsonSchema


def to_fraction(value: object) -> Fraction:
    """Read ``0.05``, ``"0.05"`` or ``"1/12"`` as an exact fraction.

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str | Fraction):
        msg = f"{value!r} is not a number: write it as 0.05 or '1/12'"
        raise ValueError(msg)  # noqa: TRY004 - pydantic turns only ValueError into a message
    try:
        # str() first, for 0.1 means one tenth here and not the nearest binary number.
        return Fraction(str(value))
    except (ValueError, ZeroDivisionError) as error:
        msg = f"{value!r} is not a number: write it as 0.05 or '1/12'"
        raise ValueError(msg) from error


def to_text(value: Fraction) -> str:
    """Write a fraction as a decimal where it has one, else as ``1/12``."""
    decimal = f"{float(value):.12g}"
    return decimal if Fraction(decimal) == value else str(value)


Exact = Annotated[
    Fraction,
    BeforeValidator(to_fraction),
    PlainSerializer(to_text, return_type=str),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string"}]}),
]
"""A number kept as an exact fraction."""


class Spec(BaseModel):
    """Base of all specs."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_keys(cls, data: Any) -> Any:
        """Name the unknown key, the nearest known one and all that are allowed."""
        if not isinstance(data, dict):
            return data
        for key in data:
            if key not in cls.model_fields:
                near = get_close_matches(str(key), cls.model_fields, n=1)
                hint = f"did you mean {near[0]!r}? " if near else ""
                msg = f"unknown key {key!r}: {hint}allowed are {', '.join(cls.model_fields)}"
                raise ValueError(msg)
        return data

"""What is wrong with a form, in words of the lab."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from cathode.errors import SourceError

F = TypeVar("F", bound=BaseModel)

SHOWN = 80
"""Characters of a wrong value that are repeated."""

NO_NUMBER = "{shown!r} is no number. Write one such as 3.7, without the unit."


def read_form(form: type[F], content: Any) -> F:
    """Read what somebody filled in.

    Raises:
        SourceError: something cannot be; one line for each field, with what can.
    """
    try:
        return form.model_validate(content)
    except ValidationError as error:
        lines = [_line(form, each) for each in error.errors(include_url=False)]
        raise SourceError("\n".join(lines)) from error


WORDS = {
    "missing": "it is empty, and must be filled in.",
    "greater_than_equal": "{shown} is too small: {ge:g} is the least. Is the unit right?",
    "less_than_equal": "{shown} is too large: {le:g} is the most. Is the unit right?",
    "string_too_long": "{length} characters are too many: {max_length} are the most.",
    "string_unicode": "it holds characters that are no text: leave them out.",
    "float_parsing": NO_NUMBER,
    "float_type": NO_NUMBER,
    "finite_number": NO_NUMBER,
    "int_parsing": "{shown!r} is no whole number.",
    "int_type": "{shown!r} is no whole number.",
    "int_from_float": "{shown!r} is no whole number.",
    "literal_error": "{shown!r} is none of {expected}.",
    "extra_forbidden": "the form has no such field.",
}
"""By the kind of error."""


def _line(form: type[BaseModel], error: Any) -> str:
    where = str(error["loc"][0]) if error["loc"] else ""
    field = form.model_fields.get(where)
    title = (field.title if field is not None else None) or where or "The form"
    text = str(error.get("input"))
    shown = text[:SHOWN] + ("…" if len(text) > SHOWN else "")
    words = WORDS.get(error["type"], "{msg}: {shown}")
    told = {"shown": shown, "length": len(text), "msg": error["msg"], **error.get("ctx", {})}
    return f"{title}: {words.format(**told)}"

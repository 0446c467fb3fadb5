"""Commands that are written down wrongly, in one sentence."""

from typing import Any

from typer.exceptions import TyperException

UNKNOWN = " is not one of "
"""What Typer says between a value and those that are allowed."""


def sentence(error: TyperException) -> str:
    """What was wrong with the value, what is allowed, and where to read more."""
    found = _of_value(error) or " ".join(error.format_message().split())
    words = f"{found[0].lower()}{found[1:]}".rstrip(".").replace(". Did you", "; did you")
    context = getattr(error, "ctx", None)
    return words if context is None else f"{words} (`{context.command_path} --help` tells more)"


def shows_help(error: TyperException) -> bool:
    """Whether it stands for the help of a group of commands, which is on the screen already."""
    return type(error).__name__ == "NoArgsIsHelpError"


def _of_value(error: TyperException) -> str | None:
    """What was wrong with the value of an option; None where it was something else."""
    problems: Any = getattr(error.__cause__, "errors", None)
    option = getattr(error, "param", None)
    if problems is None or option is None:
        return None
    (problem, *_) = problems()
    given, message = problem["input"], problem["msg"].removeprefix("Value error, ").rstrip(".")
    if UNKNOWN in message:
        message = "known are " + message.split(UNKNOWN)[1].replace("'", "")
    name = option.get_error_hint().strip("'")
    return f"{name} {given!r}: {message[0].lower()}{message[1:]}"

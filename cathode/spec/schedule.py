"""When a campaign's turns are taken by themselves: a line of cron and its timezone."""

import zoneinfo
from dataclasses import dataclass

from pydantic import Field, field_validator

from cathode.spec.base import Spec

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""Days of each month, in a leap year."""


@dataclass(frozen=True)
class CronField:
    """A field of a line of cron.

    Attributes:
        name: what messages call it.
        least: its least value.
        most: its greatest value.
        names: words for its values, the least one first.
    """

    name: str
    least: int
    most: int
    names: tuple[str, ...] = ()


FIELDS = (
    CronField("minute", 0, 59),
    CronField("hour", 0, 23),
    CronField("day of the month", 1, 31),
    CronField("month", 1, 12, MONTHS),
    CronField("day of the week", 0, 7, DAYS),
)


class ScheduleSpec(Spec):
    """When turns are taken by themselves."""

    cron: str = Field(
        description="minute, hour, day of the month, month, day of the week, as in '0 6 * * 1-5'"
    )
    timezone: str = Field("UTC", description="such as Europe/Berlin; cron counts in its time")

    @field_validator("cron")
    @classmethod
    def _cron_is_one(cls, text: str) -> str:
        parts = text.lower().split()
        if len(parts) != len(FIELDS):
            names = ", ".join(each.name for each in FIELDS)
            msg = f"{text!r} has {len(parts)} fields, and cron has five: {names}"
            raise ValueError(msg)
        found = [values(part, each) for part, each in zip(parts, FIELDS, strict=True)]
        _, _, days, months, _ = found
        if parts[4] == "*" and min(days) > max(LONGEST[month - 1] for month in months):
            msg = f"{text!r} never comes: no such month has a day {min(days)}"
            raise ValueError(msg)
        return " ".join(parts)

    @field_validator("timezone")
    @classmethod
    def _timezone_is_one(cls, name: str) -> str:
        if name != "UTC" and name not in zoneinfo.available_timezones():
            msg = f"{name!r} is no timezone: write UTC or a name such as Europe/Berlin"
            raise ValueError(msg)
        return name


def values(part: str, of: CronField) -> set[int]:
    """The values that a field of a line of cron stands for.

    Raises:
        ValueError: it stands for none.
    """
    found: set[int] = set()
    for each in part.split(","):
        span, slash, step = each.partition("/")
        if slash and (not step.isdecimal() or not 1 <= int(step) <= of.most):
            msg = f"{of.name} {part!r}: a step is a number from 1 to {of.most}"
            raise ValueError(msg)
        first, dash, last = span.partition("-")
        if span == "*":
            low, high = of.least, of.most
        else:
            low = _value(first, part, of)
            high = _value(last, part, of) if dash else of.most if slash else low
        if low > high:
            msg = f"{of.name} {part!r}: {first} comes after {last}: write the lesser one first"
            raise ValueError(msg)
        found |= set(range(low, high + 1, int(step) if slash else 1))
    return found


def _value(text: str, part: str, of: CronField) -> int:
    if text in of.names:
        return of.least + of.names.index(text)
    if text.isdecimal() and of.least <= int(text) <= of.most:
        return int(text)
    words = f", or {of.names[0]} to {of.names[-1]}" if of.names else ""
    msg = f"{of.name} {part!r}: write *, a number from {of.least} to {of.most}{words}, a span such "
    raise ValueError(msg + "as 1-5, a step such as */2, or several with commas between")

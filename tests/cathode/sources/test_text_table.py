import numpy as np
import pytest

from cathode.errors import SourceError
from cathode.sources.text_table import read_text_table


def table_of(folder, text):
    file = folder / "table.txt"
    file.write_text(text)
    return read_text_table(file)


def test_a_csv_has_headings_and_any_cells(tmp_path):
    table = table_of(tmp_path, "formula, a\nLiCoO2 , 1.5\n\nLiNiO2,2\n")
    assert table.headings == ("formula", "a")
    assert table.column("formula") == ["LiCoO2", "LiNiO2"]
    np.testing.assert_array_equal(table.numbers("a", ""), [1.5, 2.0])
    assert len(table) == 2


def test_numbers_parted_by_blanks_have_none(tmp_path):
    table = table_of(tmp_path, "\n  1.0\t-2e3  3\n 4 5   6\n")
    assert table.headings == ("column_1", "column_2", "column_3")
    np.testing.assert_array_equal(table.numbers("column_2", ""), [-2000.0, 5.0])


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("a,b\n1,2\n", "c", "has no column 'c': it has a, b"),
        ("speed,b\n1,2\n", "sped", "did you mean 'speed'"),
        ("a,b\n1,x\n", "b", "line 2, column 'b': 'x' is no number.*; leave it out"),
        ("1 2\n3\n", "column_1", "line 2: 1 numbers where the first line has 2"),
        ("1 2\n3 x\n", "column_2", "line 2, column 'column_2': 'x' is no number"),
        ("", "a", "the table is empty"),
        ("a,b\n", "a", "no rows below its heading"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path, text, column, message):
    with pytest.raises(SourceError, match=message):
        table_of(tmp_path, text).numbers(column, "leave it out")

import pytest

from cathode.errors import SourceError
from cathode.sources.numeric_table import read_numeric_table


def read(tmp_path, text, target="y"):
    path = tmp_path / "own.csv"
    path.write_text(text)
    return read_numeric_table(path, target)


def test_columns_target_and_repeats(tmp_path):
    table = read(tmp_path, "a,y,b\n1,10,2\n3,20,4\n\n1,14,2\n")
    assert (table.columns, table.target, len(table)) == (("a", "b"), "y", 2)
    assert table.X.tolist() == [[1, 2], [3, 4]]
    assert table.y.tolist() == [12, 20]
    assert table.repeats.tolist() == [2, 1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", ["the table is empty"], id="empty"),
        pytest.param("a,Y\n1,2\n", ["no column 'y'", "it has a, Y"], id="target"),
        pytest.param("y\n1\n", ["only the column 'y'"], id="nothing varied"),
        pytest.param("a,a,y\n1,2,3\n", ["column 'a' stands in the table twice"], id="twice"),
        pytest.param("a,y\n", ["no rows"], id="no rows"),
        pytest.param("a,y\n1,2\n3\n", ["line 3", "1 cells under 2"], id="short row"),
        pytest.param("a,y\n1,2\n,4\n", ["line 3, column 'a'", "'' is no number"], id="missing"),
        pytest.param("a,y\nred,2\n", ["line 2, column 'a'", "'red' is no number"], id="text"),
        pytest.param("a,y\n1,nan\n", ["line 2, column 'y'", "not finite"], id="nan"),
        pytest.param("a,y\n\n\nx,1\n", ["line 4, column 'a'"], id="after blank lines"),
    ],
)
def test_a_wrong_table_names_row_and_column(tmp_path, text, words):
    with pytest.raises(SourceError) as caught:
        read(tmp_path, text)
    for word in ["own.csv", *words]:
        assert word in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"none\.csv"):
        read_numeric_table(tmp_path / "none.csv", "y")

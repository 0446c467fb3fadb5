import numpy as np
import pytest

from cathode.errors import CathodeError
from flows.studies.additive.data import read_study_data

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(12, 4)).round(4)


def written(folder, headings, rows, name="table.csv"):
    file = folder / name
    lines = [",".join(headings), *(",".join(map(str, row)) for row in rows)]
    file.write_text("\n".join(lines) + "\n")
    return file


@pytest.fixture
def table(tmp_path):
    return written(tmp_path, ["a", "b", "c", "y"], ROWS.tolist())


def test_all_other_columns_are_features(table):
    data = read_study_data(table, "y")
    assert data.features == ("a", "b", "c")
    np.testing.assert_array_equal(data.X, ROWS[:, :3])
    np.testing.assert_array_equal(data.y, ROWS[:, 3])
    assert data.n_groups == 12


def test_numbers_parted_by_blanks_need_no_headings(tmp_path):
    file = tmp_path / "surface.dat"
    file.write_text("\n".join("  ".join(f"{x: .4f}" for x in row) for row in ROWS) + "\n\n")
    data = read_study_data(file, "column_4", ["column_3", "column_1"])
    assert data.features == ("column_3", "column_1")
    np.testing.assert_array_equal(data.X, ROWS[:, [2, 0]])


def test_groups_are_text_and_no_feature(tmp_path):
    rows = [[f"LiM{i % 4}O2", *row] for i, row in enumerate(ROWS.tolist())]
    file = written(tmp_path, ["formula", "a", "b", "c", "y"], rows)
    data = read_study_data(file, "y", group="formula")
    assert data.features == ("a", "b", "c")
    assert data.n_groups == 4
    np.testing.assert_array_equal(data.groups, np.arange(12) % 4)


def test_rows_of_equal_features_belong_together(tmp_path):
    rows = np.vstack([ROWS, [*ROWS[3, :3], 9.0]])
    data = read_study_data(written(tmp_path, ["a", "b", "c", "y"], rows.tolist()), "y")
    assert data.groups[12] == data.groups[3]
    assert data.n_groups == 12


def test_drawn_rows_depend_on_the_seed(table):
    one, again, other = (read_study_data(table, "y", rows=10, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.y, again.y)
    assert len(one) == 10
    assert set(one.y) <= set(ROWS[:, 3])
    assert one.y.tolist() != other.y.tolist()


def test_what_does_not_vary_is_left_out_and_told(tmp_path):
    rows = np.column_stack([ROWS, np.full(12, 6.0)])
    data = read_study_data(written(tmp_path, ["a", "b", "c", "y", "n"], rows.tolist()), "y")
    assert data.features == ("a", "b", "c")
    assert data.constant == ("n",)


def with_cell(row, column, cell):
    rows = [[str(x) for x in line] for line in ROWS]
    rows[row][column] = cell
    return rows


BAD = {
    "another target": ((ROWS.tolist(), "voltage", {}), "has no column 'voltage'"),
    "a near miss": ((ROWS.tolist(), "y ", {}), "did you mean 'y'"),
    "another feature": ((ROWS.tolist(), "y", {"features": ["a", "q"]}), "has no column 'q'"),
    "another group": ((ROWS.tolist(), "y", {"group": "q"}), "has no column 'q'"),
    "text": ((with_cell(4, 1, "high"), "y", {}), "line 6, column 'b': 'high' is no number"),
    "a hole": ((with_cell(0, 3, ""), "y", {}), "line 2, column 'y': '' is no number"),
    "no end": ((with_cell(0, 3, "inf"), "y", {}), "line 2, column 'y': 'inf' is not finite"),
    "few rows": ((ROWS[:9].tolist(), "y", {}), "has 9 rows: a study needs at least 10"),
    "more rows": ((ROWS.tolist(), "y", {"rows": 13}), "draw 10 to 12 of them"),
    "too few rows drawn": ((ROWS.tolist(), "y", {"rows": 9}), "draw 10 to 12 of them"),
    "the same target": (
        (np.column_stack([ROWS[:, :3], np.ones(12)]).tolist(), "y", {}),
        "the target 'y' is 1 in all 12 rows",
    ),
    "the same features": (
        (np.column_stack([np.ones((12, 3)), ROWS[:, 3]]).tolist(), "y", {}),
        "no feature varies",
    ),
    "equal columns": (
        (np.column_stack([ROWS[:, :2], 3 - 2 * ROWS[:, 0], ROWS[:, 3]]).tolist(), "y", {}),
        "columns 'a' and 'c' hold the same",
    ),
    "a feature twice": ((ROWS.tolist(), "y", {"features": ["a", "a"]}), "'a' is named twice"),
    "the target as feature": ((ROWS.tolist(), "y", {"features": ["a", "y"]}), "'y' is the target"),
    "an unnamed group": (
        (with_cell(7, 2, " "), "y", {"group": "c"}),
        "line 9, column 'c': the cell is empty",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_tables_are_told_in_one_sentence(tmp_path, case):
    (rows, target, options), message = BAD[case]
    with pytest.raises(CathodeError, match=message):
        read_study_data(written(tmp_path, ["a", "b", "c", "y"], rows), target, **options)


def test_bad_files_are_told_too(tmp_path):
    with pytest.raises(CathodeError, match="cannot read the table"):
        read_study_data(tmp_path / "none.csv", "y")
    with pytest.raises(CathodeError, match="column 'a' stands in the table twice"):
        read_study_data(written(tmp_path, ["a", "a", "b", "y"], ROWS.tolist()), "y")
    with pytest.raises(CathodeError, match="column 1 has no heading"):
        read_study_data(written(tmp_path, ["", "a", "b", "y"], ROWS.tolist()), "y")
    ragged = tmp_path / "ragged.dat"
    ragged.write_text("1 2 3\n" * 11 + "1 2\n")
    with pytest.raises(CathodeError, match="line 12: 2 numbers where the first line has 3"):
        read_study_data(ragged, "column_3")

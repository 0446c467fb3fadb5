import numpy as np
import pytest

from cathode.errors import SourceError
from cathode.sources.cgcnn_folder import cgcnn_folder
from tests.crystal_worlds import cif, rock_salt

GOOD = cif(rock_salt("Li", "F", 4.0))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "good.cif").write_text(GOOD)
    return tmp_path


def labelled(folder, text):
    (folder / "id_prop.csv").write_bytes(text.encode())
    return cgcnn_folder(folder, "hardness")


def test_ids_and_values(folder):
    (folder / "other.cif").write_text("\ufeff" + cif(rock_salt("Na", "Cl", 5.6)))
    table = labelled(folder, "\ufeffgood , 1.5\r\n\r\nother,-2e-1\r\n")
    assert table.names == ("good", "other")
    np.testing.assert_array_equal(table.of("hardness"), [1.5, -0.2])
    assert table.frameworks == ("LiF", "NaCl")
    assert not table.refused


def test_every_bad_crystal_is_named_with_its_reason(folder):
    (folder / "garbage.cif").write_text("no CIF")
    (folder / "empty.cif").write_text("")
    (folder / "disordered.cif").write_text(cif(rock_salt("Li", "F", 4.0), 0.5))
    (folder / "latin.cif").write_bytes("# Röntgen\n".encode("latin-1"))
    (folder / "folder.cif").mkdir()
    names = ("garbage", "empty", "disordered", "latin", "folder", "missing")
    table = labelled(folder, "good,1\n" + "".join(f"{name},2\n" for name in names))
    assert table.names == ("good",)
    assert set(table.refused) == set(names)
    assert "cannot be read as CIF" in table.refused["garbage"]
    assert "cannot be read as CIF" in table.refused["empty"]
    assert "is shared" in table.refused["disordered"]
    assert table.refused["latin"] == "latin.cif cannot be read (it is no UTF-8 text)"
    assert table.refused["folder"] == "folder.cif cannot be read (Is a directory)"
    assert table.refused["missing"] == "missing.cif cannot be read (No such file or directory)"


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/secret", "..\\secret", ".secret", "a/b", "a\x00b", ""]
)
def test_ids_never_lead_out_of_the_folder(folder, name):
    (folder.parent / "secret.cif").write_text(GOOD)
    (folder / ".secret.cif").write_text(GOOD)
    table = labelled(folder, f"good,1\n{name},2\n")
    assert table.names == ("good",)
    assert table.refused == {name: "its id is no plain name of a file"}


def test_where_all_are_missing_each_is_named(folder):
    table = labelled(folder, "a,1\nb,2\n")
    assert len(table) == 0
    assert set(table.refused) == {"a", "b"}
    with pytest.raises(SourceError, match="hardness is known of no crystal"):
        table.known("hardness")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("good,1\ngood,2\n", "line 2: 'good' stands there twice"),
        ("good,much\n", "line 1: 'much' is no number"),
        ("good,nan\n", "'nan' is not finite"),
        ("good,inf\n", "'inf' is not finite"),
        ("good\n", "1 cells: each line holds an id and a value"),
        ("good,1,2\n", "3 cells"),
        ("", "id_prop.csv is empty: give each crystal a line with its id and its value"),
        ("\n , \n", "id_prop.csv is empty"),
        ("good," + "9" * 140_000 + "\n", "line 1: it cannot be read as CSV"),
    ],
    ids=["twice", "text", "nan", "inf", "short", "long", "empty", "blank", "endless"],
)
def test_a_wrong_table_is_refused_with_the_line(folder, text, words):
    with pytest.raises(SourceError, match=words):
        labelled(folder, text)


def test_no_table_and_no_text(folder):
    with pytest.raises(SourceError, match="cannot read the table"):
        cgcnn_folder(folder, "x")
    (folder / "id_prop.csv").write_bytes(b"\xff\xfe\x00good")
    with pytest.raises(SourceError, match="is no UTF-8 text"):
        cgcnn_folder(folder, "x")

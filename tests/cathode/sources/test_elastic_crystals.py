import math

import pytest

from benchmarks.data import data_folder
from cathode.errors import SourceError
from cathode.sources.csv_cells import headings_and_rows, read_text
from cathode.sources.elastic_crystals import elastic_crystals
from tests.crystal_worlds import cif, rock_salt, write_structures

HEAD = (
    "material_id,usable,bulk_vrh,shear_vrh,homogeneous_poisson,formation_energy_per_atom,band_gap\n"
)


def read(tmp_path, text, names=("a", "b")):
    (tmp_path / "elastic.csv").write_text(text)
    known = cif(rock_salt("Na", "Cl", 5.6))
    write_structures(tmp_path, [{"material_id": name, "cif": known} for name in names])
    return elastic_crystals(tmp_path)


def test_logarithms_of_usable_rows(tmp_path):
    text = HEAD + "b,True,100,10,0.3,-2,\nx,False,-1e13,0,,,\na,1,1000,1,,,0.5\n"
    table = read(tmp_path, text)
    assert table.names == ("b", "a")
    assert table.of("log10_bulk_modulus").tolist() == [2, 3]
    assert table.of("log10_shear_modulus").tolist() == [1, 0]
    assert table.of("poisson_ratio")[0] == 0.3
    assert math.isnan(table.of("band_gap")[0])
    assert table.left_out == {"moduli not usable": 1}


def test_rows_that_are_not_taken_are_counted_by_reason(tmp_path):
    text = HEAD + "a,True,100,10,,,\na,True,10,10,,,\nx,False,,,,,\ny,False,,,,,\n"
    table = read(tmp_path, text)
    assert table.of("log10_bulk_modulus").tolist() == [2]
    assert table.left_out == {"moduli not usable": 2, "a later row of the same material": 1}


def test_structures_that_are_missing_are_named(tmp_path):
    table = read(tmp_path, HEAD + "a,True,100,10,,,\nlost,True,100,10,,,\n")
    assert table.names == ("a",)
    assert table.refused == {"lost": "its structure is missing"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD.replace("shear_vrh", "shear"), "no column 'shear_vrh'"),
        (HEAD + "a,True,-5,10,,,\n", "line 2: bulk_vrh -5 has no logarithm"),
        (HEAD + "a,True,soft,10,,,\n", "'soft' is no number"),
        (HEAD + "a,False,1,10,,,\n", "has no crystal"),
        (HEAD + "a,True,1\n", "3 cells under 7 headings"),
    ],
)
def test_wrong_tables_are_named(tmp_path, text, words):
    with pytest.raises(SourceError, match=words):
        read(tmp_path, text)


def test_the_real_table_has_as_many_usable_rows_as_its_source_says():
    file = data_folder() / "mp_elastic" / "elastic.csv"
    if not file.exists():
        pytest.skip(f"no {file}")
    headings, lines = headings_and_rows(file, read_text(file))
    usable = [cells[headings.index("usable")] for _, cells in lines]
    assert sum(cell == "True" for cell in usable) == 2818

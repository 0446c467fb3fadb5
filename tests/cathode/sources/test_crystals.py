import numpy as np
import pytest

from cathode.errors import SourceError
from cathode.model import Crystal
from cathode.sources.crystals import UNNAMED, read_crystals
from tests.crystal_worlds import (
    cif,
    pair,
    rock_salt,
    write_cgcnn_folder,
    write_electrodes,
    write_structures,
)

CIF = cif(rock_salt("Li", "F", 4.0))


def electrodes(tmp_path):
    return write_electrodes(tmp_path, [pair("a")], [{"material_id": "a", "cif": CIF}])


def moduli(tmp_path):
    head = "material_id,usable,bulk_vrh,shear_vrh,homogeneous_poisson,"
    head += "formation_energy_per_atom,band_gap\n"
    (tmp_path / "elastic.csv").write_text(head + "a,True,100,10,,,\n")
    write_structures(tmp_path, [{"material_id": "a", "cif": CIF}])
    return tmp_path


def test_each_kind_of_folder_is_told_by_its_files(tmp_path):
    assert "average_voltage" in read_crystals(electrodes(tmp_path / "e")).values
    (tmp_path / "m").mkdir()
    assert "log10_bulk_modulus" in read_crystals(moduli(tmp_path / "m")).values
    folder = write_cgcnn_folder(tmp_path / "c", 3)
    assert list(read_crystals(folder).values) == [UNNAMED]
    assert list(read_crystals(folder, "hardness").values) == ["hardness"]


@pytest.mark.parametrize(("make", "known"), [(electrodes, "average_voltage"), (moduli, "log10")])
def test_an_unknown_property_is_refused_before_anything_is_parsed(tmp_path, make, known):
    def refuse(work, texts):
        raise AssertionError("parsed")

    with pytest.raises(SourceError, match=f"no property 'hardness': it has .*{known}"):
        read_crystals(make(tmp_path), "hardness", run=refuse)


def test_other_folders_are_refused(tmp_path):
    (tmp_path / "file").write_text("")
    for folder, lacking in (
        (tmp_path, "holds no crystals"),
        (tmp_path / "none", "there is no folder '.*none'"),
        (tmp_path / "file", "file' is a file, not a folder"),
    ):
        with pytest.raises(SourceError, match=f"{lacking}: give a folder with id_prop.csv"):
            read_crystals(folder, "x")


def with_more_lithium(crystal):
    """The same with another lithium atom in a tetrahedral place."""
    positions = np.vstack([crystal.positions, [[0.25, 0.25, 0.25]]])
    return Crystal(crystal.lattice, positions, np.append(crystal.numbers, np.int16(3)))


def with_and_without_lithium(tmp_path):
    """One host with lithium and with twice as much, another host, and one without lithium."""
    folder = tmp_path / "c"
    folder.mkdir()
    crystals = {
        "some": cif(rock_salt("Li", "F", 4.0)),
        "more": cif(with_more_lithium(rock_salt("Li", "F", 4.0))),
        "other": cif(rock_salt("Li", "Cl", 5.0)),
        "none": cif(rock_salt("Na", "F", 4.6)),
    }
    for name, text in crystals.items():
        (folder / f"{name}.cif").write_text(text)
    (folder / "id_prop.csv").write_text("".join(f"{name},1.0\n" for name in crystals))
    return folder


def test_a_working_ion_is_no_part_of_frameworks(tmp_path):
    folder = with_and_without_lithium(tmp_path)
    plain = read_crystals(folder)
    assert set(plain.frameworks) == {"LiF", "Li2F", "LiCl", "FNa"}
    assert plain.ions == (None,) * 4
    found = read_crystals(folder, ion="Li")
    frameworks = dict(zip(found.names, found.frameworks, strict=True))
    assert frameworks == {"some": "F", "more": "F", "other": "Cl"}
    assert found.ions == ("Li",) * 3
    assert found.left_out == {"without Li": 1}


@pytest.mark.parametrize(
    ("ion", "words"), [("Xx", "give the symbol of an element"), ("Ca", "no crystal holds Ca")]
)
def test_ions_that_are_none_are_refused(tmp_path, ion, words):
    with pytest.raises(SourceError, match=words):
        read_crystals(with_and_without_lithium(tmp_path), ion=ion)

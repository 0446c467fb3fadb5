"""Runs of VASP: converged ones with their energy, others with the reason, torn files refused."""

import gzip

import pytest

from cathode.dft.vasp import read_vasprun
from cathode.errors import SourceError
from tests.calculations import LITHIUM, pair, vasprun, write_run

FULL, EMPTY = pair("olivine", "Fe")


def read(tmp_path, structure=FULL, energy=-190.5, **fields):
    return read_vasprun(write_run(tmp_path / "vasprun.xml", structure, energy, **fields), "run")


def test_a_run_says_what_it_computed(tmp_path):
    found = read(tmp_path)
    assert (found.energy, found.failure, found.code) == (-190.5, None, "VASP 6.4.2")
    assert (found.functional, found.exchange) == ("PBE+U", "PBE")
    assert found.hubbard == {"Fe": 5.3}
    assert found.potcars == {"Li": "Li_sv", "Fe": "Fe_pv", "P": "P", "O": "O"}
    assert found.atoms == {"Li": 4, "Fe": 4, "P": 4, "O": 16}
    assert found.formula == "Li4Fe4P4O16"
    assert found.structure.volume == pytest.approx(FULL.volume)


def test_a_packed_run_says_the_same(tmp_path):
    plain = read(tmp_path)
    packed = read_vasprun(write_run(tmp_path / "vasprun.xml.gz", FULL, -190.5), "run")
    assert (packed.energy, packed.atoms) == (plain.energy, plain.atoms)
    assert packed.digest != plain.digest


@pytest.mark.parametrize(
    ("fields", "functional"),
    [
        ({"hubbard": {}}, "PBE"),
        ({"hubbard": {}, "tags": {"GGA": "PS"}}, "PBEsol"),
        ({"hubbard": {}, "tags": {"METAGGA": "R2SCAN"}}, "R2SCAN"),
    ],
)
def test_functionals_are_told_apart(tmp_path, fields, functional):
    found = read(tmp_path, **fields)
    assert (found.functional, found.exchange, found.hubbard) == (functional, functional, {})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"ionic": 99}, "99 ionic steps of at most 99"),
        ({"electronic": 100}, "100 electronic steps of at most 100 in the last of 2"),
    ],
)
def test_a_run_that_did_not_converge_has_no_energy(tmp_path, fields, words):
    found = read(tmp_path, **fields)
    assert (found.energy, found.failure) == (None, words)
    assert found.atoms["Fe"] == 4


def test_energies_too_long_for_their_field_are_no_reason_where_it_did_not_converge(tmp_path):
    with pytest.warns(UserWarning, match="Float overflow"):
        found = read(tmp_path, energy="*********", electronic=100)
    assert found.energy is None


@pytest.mark.parametrize("energy", ["NaN", "inf"])
def test_an_energy_that_is_no_number_is_refused(tmp_path, energy):
    with pytest.raises(SourceError, match=f"run: the energy is {energy.lower()}, though the run"):
        read(tmp_path, energy=energy)


@pytest.mark.parametrize("share", [0.2, 0.6, 0.98])
def test_a_torn_file_is_refused_with_its_name(tmp_path, share):
    text = vasprun(FULL.get_sorted_structure(), -190.5)
    file = tmp_path / "vasprun.xml"
    file.write_text(text[: int(len(text) * share)])
    with pytest.raises(SourceError, match=r"sub/vasprun.xml is torn or no vasprun.xml \("):
        read_vasprun(file, "sub/vasprun.xml")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<modeling></modeling>",
        b"not XML",
        gzip.compress(b"<modeling>")[:-6],
        b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><modeling>&e;</modeling>',
        vasprun(LITHIUM, -3.8, ionic=0).encode(),
    ],
    ids=["empty", "bare", "text", "gz", "entity", "no step"],
)
def test_what_is_no_run_is_refused(tmp_path, content):
    file = tmp_path / ("vasprun.xml.gz" if content[:2] == b"\x1f\x8b" else "vasprun.xml")
    file.write_bytes(content)
    with pytest.raises(SourceError, match="run is torn or no vasprun.xml"):
        read_vasprun(file, "run")

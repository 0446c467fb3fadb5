import numpy as np
import pytest
from hypothesis import given, settings
from pymatgen.core import Structure

from cathode.errors import StructureError
from cathode.sources.cif import crystal_of, crystal_of_cif, crystal_or_reason
from tests.crystal_worlds import cif, reference, rock_salt, structure
from tests.strategies import crystals

LITHIUM = rock_salt("Li", "F", 4.0)


def edited(**changes: str) -> str:
    """A CIF with other values of some keys."""
    lines = cif(LITHIUM).splitlines()
    for key, value in changes.items():
        lines = [f"_{key} {value}" if line.startswith(f"_{key} ") else line for line in lines]
    return "\n".join(lines) + "\n"


@pytest.mark.filterwarnings("ignore:Issues encountered")
def test_the_reference_structures_are_those_of_pymatgen():
    for file in sorted(reference().glob("*.cif")):
        found, expected = crystal_of_cif(file.read_text()), Structure.from_file(file)
        assert found.numbers.tolist() == [site.specie.Z for site in expected]
        np.testing.assert_allclose(found.lattice, expected.lattice.matrix)
        np.testing.assert_allclose(found.positions, expected.frac_coords)


def test_lengths_angles_and_places_are_kept():
    found = crystal_of_cif(cif(LITHIUM))
    assert found.numbers.tolist() == [3, 9]
    assert found.volume == pytest.approx(LITHIUM.volume)
    np.testing.assert_allclose(found.positions, LITHIUM.positions, atol=1e-8)
    assert found.lattice.dtype == found.positions.dtype == np.float64
    assert found.numbers.dtype == np.int16


@given(crystals())
@settings(deadline=None, max_examples=50)
def test_structures_are_taken_as_they_are(crystal):
    found = crystal_of(structure(crystal))
    assert found.digest == crystal.digest


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "cannot be read as CIF", id="empty"),
        pytest.param("\x00\x01 no CIF at all {", "cannot be read as CIF", id="garbage"),
        pytest.param(cif(LITHIUM)[:150], "cannot be read as CIF", id="torn"),
        pytest.param(cif(LITHIUM, 0.5), "site 0 is shared", id="vacancies"),
        pytest.param(
            cif(LITHIUM, 0.5) + "Na Na1 0.0 0.0 0.0 0.5\n", "site 0 is shared", id="disordered"
        ),
        pytest.param(cif(LITHIUM).replace("Li ", "X "), "is of no element", id="dummy"),
        pytest.param(edited(cell_length_a="0"), "cannot be read as CIF", id="flat"),
        pytest.param(edited(cell_length_a="nan"), "is not finite", id="nan"),
        pytest.param(edited(cell_angle_alpha="0"), "", id="angle"),
    ],
)
def test_what_is_no_ordered_crystal_is_told_in_a_sentence(text, words, recwarn):
    reason = crystal_or_reason(text)
    assert isinstance(reason, str)
    assert words in reason
    assert "\n" not in reason
    with pytest.raises(StructureError):
        crystal_of_cif(text)
    assert not recwarn.list

import numpy as np
import pytest

from cathode.model import Crystal
from tests.crystal_worlds import rock_salt


def test_length_and_volume():
    crystal = rock_salt("Li", "F", 4.0)
    assert len(crystal) == 2
    assert crystal.volume == pytest.approx(4.0**3 / 4)
    left_handed = Crystal(crystal.lattice[::-1], crystal.positions, crystal.numbers)
    assert left_handed.volume == pytest.approx(crystal.volume)


def test_digest_tells_content_and_not_how_it_lies_in_memory():
    one = rock_salt("Li", "F", 4.0)
    same = Crystal(
        np.asfortranarray(one.lattice), one.positions.copy(), one.numbers.astype(np.int64)
    )
    assert one.digest == same.digest
    moved = one.positions + np.array([0, 0, 1e-12])
    others = [
        Crystal(one.lattice * (1 + 1e-15), one.positions, one.numbers),
        Crystal(one.lattice, moved, one.numbers),
        Crystal(one.lattice, one.positions, one.numbers[::-1]),
    ]
    assert len({one.digest, *(each.digest for each in others)}) == 4

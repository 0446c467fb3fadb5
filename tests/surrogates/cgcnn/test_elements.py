import json

import numpy as np
from pymatgen.core import Element

from surrogates.cgcnn.elements import HEAVIEST, LENGTH, PROPERTIES, element_vectors
from tests.crystal_worlds import reference


def test_vectors_are_those_of_the_papers_code():
    known = json.loads((reference() / "atom_init.json").read_text())
    vectors = element_vectors()
    assert {int(number) for number in known} == set(range(1, HEAVIEST + 1))
    for number, expected in known.items():
        np.testing.assert_array_equal(vectors[int(number)], expected)


def test_each_property_has_one_class_or_none():
    vectors = element_vectors()
    assert vectors.shape == (101, 92)
    assert vectors.dtype == np.float32
    assert sum(PROPERTIES.values()) == LENGTH == 92
    assert not vectors[0].any()
    ends = np.cumsum([*PROPERTIES.values()])
    for part in np.split(vectors[1:], ends[:-1], axis=1):
        assert set(part.sum(axis=1)) <= {0, 1}


def test_periods_are_those_of_the_periodic_table():
    period = element_vectors()[1:, 19:26].argmax(axis=1) + 1
    # Groups and periods need no table of ours to be checked.
    expected = [Element.from_Z(z).row for z in range(1, HEAVIEST + 1)]
    assert [p + (p > 5 and 0) for p in period] == expected


def test_nobody_can_change_them():
    assert not element_vectors().flags.writeable

import numpy as np
import pytest
import torch

from cathode.physics.descriptors import ELEMENT_TABLES
from surrogates.gp.descriptors import descriptors


def test_fractions_fill_the_unit_cube(small_space):
    X = torch.as_tensor(small_space.encode(list(small_space)))
    scaled = descriptors("fractions", small_space).transform(X)
    torch.testing.assert_close(scaled.amin(0), torch.zeros(3, dtype=torch.double))
    torch.testing.assert_close(scaled.amax(0), torch.ones(3, dtype=torch.double))


@pytest.mark.parametrize("kind", ELEMENT_TABLES)
def test_statistics_agree_with_a_weighted_mean_and_variance(small_space, kind):
    X = small_space.encode(list(small_space))
    table = ELEMENT_TABLES[kind](small_space.elements)
    table = table[:, np.ptp(table, axis=0) > 0]
    table = (table - table.min(0)) / np.ptp(table, axis=0)
    found = descriptors(kind, small_space).transform(torch.as_tensor(X)).numpy()
    for row, statistics in zip(X, found, strict=True):
        mean = np.average(table, axis=0, weights=row)
        variance = np.average((table - mean) ** 2, axis=0, weights=row)
        np.testing.assert_allclose(statistics, [*mean, *(4 * variance)], atol=1e-12)
    assert found.min() >= -1e-12
    assert found.max() <= 1 + 1e-12

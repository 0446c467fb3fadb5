from dataclasses import dataclass

import numpy as np
import pytest
import torch

from augment.registry import build_augmentation
from cathode.model import Crystal
from cathode.spec import parse_augmentation
from surrogates.cgcnn.batches import ahead, batch_of, gaussians, in_order, shuffled
from surrogates.cgcnn.graphs import BEYOND, graph_of
from tests.crystal_worlds import rock_salt, toy

GRAPHS = toy(7).graphs


def test_atoms_are_numbered_through():
    batch = batch_of(GRAPHS[:3])
    assert len(batch) == 3
    assert batch.elements.shape == (6, 92)
    assert batch.edges.shape == (72, 41)
    assert batch.counts.tolist() == [2, 2, 2]
    assert batch.owners.tolist() == [0, 0, 1, 1, 2, 2]
    for i, graph in enumerate(GRAPHS[:3]):
        rows = slice(24 * i, 24 * (i + 1))
        numbers, far = graph.nearest
        assert (batch.neighbours[rows] - 2 * i).tolist() == numbers.ravel().tolist()
        assert batch.far[rows].tolist() == far.ravel().tolist()
        # No atom hears of another crystal.
        owners = batch.owners[batch.neighbours[rows]]
        assert (owners == i).all()


def test_gaussians_are_those_of_the_papers_code():
    far = torch.cat([torch.linspace(0.5, 8, 200), torch.tensor([BEYOND])])
    centres = np.arange(0, 8 + 0.2, 0.2)
    expected = np.exp(-((far[:, None].double().numpy() - centres) ** 2) / 0.2**2)
    found = gaussians(far).numpy()
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=2e-6)
    # Numbers as small as floats get would make every product many times slower.
    assert (found[found > 0] > 0.99e-12).all()
    assert (found[expected < 0.9e-12] == 0).all()
    precise = gaussians(far.double()).numpy()
    np.testing.assert_allclose(precise, expected, atol=1e-12)


def test_every_graph_comes_once_in_an_order_of_the_seed():
    def rows(seed):
        found = shuffled(GRAPHS, 3, np.random.default_rng(seed))
        return [row for part, _ in found for row in part]

    assert len(rows(0)) == 6  # a batch of one is left out
    assert set(rows(0)) < set(range(7))
    assert rows(0) == rows(0) != rows(1)
    assert sorted(row for p, _ in shuffled(GRAPHS, 4, np.random.default_rng(0)) for row in p) == [
        *range(7)
    ]


def test_rows_and_batches_belong_together():
    for rows, batch in shuffled(GRAPHS, 3, np.random.default_rng(1)):
        expected = batch_of([GRAPHS[row] for row in rows])
        assert torch.equal(batch.elements, expected.elements)
        assert torch.equal(batch.edges, expected.edges)


def test_variants_are_new_each_time():
    augmentation = build_augmentation(parse_augmentation("isotropic-5"))
    rng = np.random.default_rng(0)
    one, other = (next(iter(shuffled(GRAPHS, 7, rng, augmentation)))[1] for _ in "ab")
    assert not torch.equal(one.edges.sum(0), other.edges.sum(0))
    assert not torch.equal(one.edges.sum(0), batch_of(GRAPHS).edges.sum(0))


@dataclass(frozen=True)
class Inflated:
    """Cells so wide that nobody has a neighbour."""

    name = "inflated"

    def apply(self, crystal, rng):
        return Crystal(crystal.lattice * 10, crystal.positions, crystal.numbers)


def test_a_variant_whose_atoms_are_alone_is_not_taken():
    (_, batch), *_ = shuffled(GRAPHS, 7, np.random.default_rng(0), Inflated())
    assert batch.edges.sum() == pytest.approx(float(batch_of(GRAPHS).edges.sum()))


def test_in_order():
    found = list(in_order(GRAPHS, 3))
    assert [len(batch) for batch in found] == [3, 3, 1]
    assert torch.equal(torch.cat([b.elements for b in found]), batch_of(GRAPHS).elements)


def test_a_device_gets_all_parts():
    moved = batch_of([graph_of(rock_salt("Li", "F", 4.0))]).to(torch.device("meta"))
    assert {part.device.type for part in vars(moved).values()} == {"meta"}
    assert moved.edges.device.type == "meta"


def test_double_precision():
    batch = batch_of(GRAPHS).double()
    assert batch.edges.dtype == batch.elements.dtype == batch.counts.dtype == torch.float64
    assert torch.equal(batch.neighbours, batch_of(GRAPHS).neighbours)


def test_batches_made_ahead_are_the_same():
    plain = shuffled(GRAPHS, 3, np.random.default_rng(5))
    early = ahead(shuffled(GRAPHS, 3, np.random.default_rng(5)))
    for (rows, batch), (same, also) in zip(plain, early, strict=True):
        assert rows.tolist() == same.tolist()
        assert torch.equal(batch.far, also.far)


def test_what_goes_wrong_ahead_is_told():
    def broken():
        yield 1
        raise ValueError("torn")

    found = ahead(broken())
    assert next(found) == 1
    with pytest.raises(ValueError, match="torn"):
        next(found)

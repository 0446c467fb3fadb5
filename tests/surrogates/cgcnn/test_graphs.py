import dataclasses
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pymatgen.core import Structure

from augment.registry import build_augmentation
from cathode.errors import StructureError
from cathode.model import Crystal
from cathode.sources.cif import crystal_of, crystal_of_cif
from cathode.spec import parse_augmentation
from surrogates.cgcnn.batches import batch_of, gaussians
from surrogates.cgcnn.graphs import (
    BEYOND,
    KEPT,
    NEIGHBOURS,
    RADIUS,
    ROUNDING,
    graph_of,
    nearest_in,
)
from tests.crystal_worlds import alone, cif, reference, rock_salt, structure
from tests.strategies import crystals

LIGDAU2 = """\
Li 0 0 0; Li 0 .5 .5; Li .5 0 .5; Li .5 .5 0; Gd .5 0 0; Gd .5 .5 .5; Gd 0 0 .5; Gd 0 .5 0;
Au .25 .75 .75; Au .25 .25 .75; Au .25 .25 .25; Au .25 .75 .25; Au .75 .75 .25; Au .75 .25 .25;
Au .75 .25 .75; Au .75 .75 .75"""
"""The worked example of mp-867244, a = 6.916008 Å."""


def ligdau2() -> Crystal:
    atoms = [atom.split() for atom in LIGDAU2.replace("\n", " ").split(";")]
    names, places = [atom[0] for atom in atoms], [[float(x) for x in a[1:]] for a in atoms]
    return crystal_of(Structure(np.eye(3) * 6.916008, names, places))


def of_the_papers_code(crystal: Crystal) -> tuple[np.ndarray, np.ndarray]:
    """Numbers and distances as its ``CIFData`` finds them."""
    found = structure(crystal).get_all_neighbors(8, include_index=True)
    numbers, far = [], []
    for near in found:
        near = sorted(near, key=lambda each: each[1])[:12]  # noqa: PLW2901
        missing = 12 - len(near)
        numbers.append([each[2] for each in near] + [0] * missing)
        far.append([each[1] for each in near] + [9.0] * missing)
    return np.array(numbers), np.array(far)


def by_brute_force(crystal: Crystal) -> list[np.ndarray]:
    """All distances up to 8 Å from each atom, sorted, without any library's search."""
    inside = crystal.positions - np.floor(crystal.positions)
    heights = crystal.volume / np.linalg.norm(
        np.cross(crystal.lattice[[1, 2, 0]], crystal.lattice[[2, 0, 1]]), axis=1
    )
    steps = [np.arange(-n, n + 1) for n in np.ceil(RADIUS / heights).astype(int) + 1]
    cells = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, 3)
    apart = inside[None, None] - inside[:, None, None] + cells[None, :, None]
    far = np.linalg.norm(apart @ crystal.lattice, axis=-1).reshape(len(crystal), -1)
    return [np.sort(row[(row > 1e-8) & (row <= RADIUS)]) for row in far]


def off_the_edge(crystal: Crystal) -> bool:
    """Whether no distance is so near to the radius, or to nothing, that rounding decides."""
    wide = by_brute_force(Crystal(crystal.lattice, crystal.positions, crystal.numbers))
    far = np.concatenate(wide)
    return not ((np.abs(far - RADIUS) < 1e-6).any() or (far < 1e-6).any())


def together(crystal: Crystal) -> bool:
    """Whether atoms are in one place, or so near to it that rounding decides."""
    apart = crystal.positions[:, None] - crystal.positions
    near = np.linalg.norm((apart - np.rint(apart)) @ crystal.lattice, axis=-1) < 1e-6
    return int(near.sum()) > len(crystal)


def test_the_worked_example_has_the_published_shapes():
    graph = graph_of(ligdau2())
    numbers, far = graph.nearest
    assert len(graph) == 16
    assert graph.vectors.shape == (16, 92)
    assert batch_of([graph]).edges.shape == (16 * 12, 41)
    assert numbers.shape == (16, 12)
    # Each atom of this cubic crystal has 8 neighbours at a√3/4 and then 6 at a/2.
    a = 6.916008
    np.testing.assert_allclose(far[:, :8], a * 3**0.5 / 4, rtol=1e-6)
    np.testing.assert_allclose(far[:, 8:], a / 2, rtol=1e-6)


def test_neighbours_are_those_of_the_papers_code():
    files = sorted(reference().glob("*.cif"))
    for crystal in [ligdau2(), *(crystal_of_cif(file.read_text()) for file in files)]:
        graph, (expected, distances) = graph_of(crystal), of_the_papers_code(crystal)
        numbers, far = graph.nearest
        np.testing.assert_allclose(far, distances, atol=1e-5)
        for row in range(len(crystal)):
            # Which of several at the distance of the twelfth are taken is a matter of order.
            sure = distances[row] < distances[row, -1] - 1e-4
            assert sorted(numbers[row, sure]) == sorted(expected[row, sure])


@given(crystals())
@settings(deadline=None, max_examples=60)
def test_distances_are_those_of_a_search_by_brute_force(crystal):
    assume(off_the_edge(crystal))
    assume(not together(crystal))
    expected = by_brute_force(crystal)
    if not all(map(len, expected)):
        with pytest.raises(StructureError, match="no neighbour within 8 Å"):
            graph_of(crystal)
        return
    graph = graph_of(crystal)
    _, far = graph.nearest
    for row, known in zip(far, expected, strict=True):
        filled = np.concatenate([known, np.full(NEIGHBOURS, BEYOND)])[:NEIGHBOURS]
        np.testing.assert_allclose(row, filled, atol=1e-5)
    kept = graph._distances
    assert kept.shape == (len(crystal), KEPT)
    assert (np.diff(np.where(np.isfinite(kept), kept, 99)) > -1e-5).all()


@given(
    crystals(),
    st.sampled_from(
        ["isotropic-5", "anisotropic-30", "perturbation", "translation", "swap-axes", "rotation"]
    ),
    st.integers(0, 2**32),
)
@settings(deadline=None, max_examples=50)
def test_neighbours_in_a_variant_are_those_of_its_own_graph(crystal, name, seed):
    try:
        graph = graph_of(crystal)
    except StructureError:
        assume(False)
    augmentation = build_augmentation(parse_augmentation(name))
    moved = augmentation.apply(crystal, np.random.default_rng(seed))
    assume(off_the_edge(moved))
    # It stands among others, as in a batch; nothing of it is to reach them, nor of them it.
    others = [graph_of(rock_salt("Li", "F", 4.0)), graph_of(ligdau2())]
    before, (numbers, far), after = nearest_in(
        [others[0], graph, others[1]], [others[0].crystal, moved, others[1].crystal]
    )
    for (_, found), other in zip((before, after), others, strict=True):
        np.testing.assert_allclose(np.sort(found, axis=1), other.nearest[1], atol=ROUNDING)
    try:
        wanted, expected = graph_of(moved).nearest
    except StructureError:  # an atom has lost its last neighbour
        wanted, expected = graph.nearest
    np.testing.assert_allclose(np.sort(far, axis=1), np.sort(expected, axis=1), atol=ROUNDING)
    for row in range(len(moved)):
        assert _who(numbers[row], far[row]) == _who(wanted[row], expected[row])


def _who(numbers, far):
    """How often each atom is a neighbour; of those about as far as the last, any may be it."""
    return Counter(numbers[far < far.max() - 10 * ROUNDING].tolist())


def test_in_itself_a_crystal_has_the_neighbours_it_has():
    graph = graph_of(ligdau2())
    ((_, far),) = nearest_in([graph], [graph.crystal])
    np.testing.assert_allclose(np.sort(far, axis=1), graph.nearest[1], atol=1e-5)


def test_small_strains_need_no_search(monkeypatch):
    graph = graph_of(ligdau2())
    monkeypatch.setattr("surrogates.cgcnn.graphs.graph_of", None)
    strained = Crystal(
        graph.crystal.lattice * np.array([[1.01], [0.98], [1.0]]),
        graph.crystal.positions,
        graph.crystal.numbers,
    )
    ((_, far),) = nearest_in([graph], [strained])
    expected = [row[:NEIGHBOURS] for row in by_brute_force(strained)]
    np.testing.assert_allclose(np.sort(far, axis=1), expected, atol=1e-5)


def test_where_atoms_are_written_does_not_matter():
    crystal = ligdau2()
    away = np.random.default_rng(0).integers(-3, 4, crystal.positions.shape)
    elsewhere = Crystal(crystal.lattice, crystal.positions + away, crystal.numbers)
    np.testing.assert_allclose(
        graph_of(elsewhere).nearest[1], graph_of(crystal).nearest[1], atol=1e-5
    )
    ((_, far),) = nearest_in([graph_of(elsewhere)], [elsewhere])
    np.testing.assert_allclose(np.sort(far, axis=1), graph_of(crystal).nearest[1], atol=1e-5)


def test_an_atom_without_twelve_neighbours_is_filled_up():
    # Two atoms in a wide cell see each other alone.
    crystal = Crystal(
        np.eye(3) * 20, np.array([[0, 0, 0], [0.1, 0, 0]]), np.array([3, 9], dtype=np.int16)
    )
    numbers, far = graph_of(crystal).nearest
    np.testing.assert_allclose(far, [[2.0, *[BEYOND] * 11]] * 2)
    assert numbers.tolist() == [[1, *[0] * 11], [0, *[0] * 11]]
    assert gaussians(torch.from_numpy(far))[0, 1:].max() < 1e-10


@pytest.mark.parametrize(
    ("crystal", "words"),
    [
        pytest.param(alone(), "atom 0 has no neighbour within 8 Å", id="alone"),
        pytest.param(
            Crystal(np.eye(3) * 3, np.zeros((0, 3)), np.zeros(0, dtype=np.int16)),
            "it has 0 atoms",
            id="empty",
        ),
        pytest.param(
            dataclasses.replace(alone(), numbers=np.array([101], dtype=np.int16)),
            "atomic number 101: elements are known from 1 to 100",
            id="heavy",
        ),
        pytest.param(
            Crystal(np.eye(3) * 0.01, np.zeros((1, 3)), np.array([3], dtype=np.int16)),
            "1e-06 Å³ an atom",
            id="tiny",
        ),
        pytest.param(
            Crystal(np.eye(3) * 3, np.array([[0, 0, 0], [1, 0, 0]]), np.array([3, 9], np.int16)),
            "atoms [01] and [01] are in one place",
            id="twice",
        ),
        pytest.param(
            Crystal(np.ones((3, 3)), np.zeros((1, 3)), np.array([3], dtype=np.int16)),
            "0 Å³ an atom",
            id="flat",
        ),
        pytest.param(
            Crystal(
                np.eye(3) * 3, np.array([[0, 0, 0], [200.5, 0, 0]]), np.array([3, 9], np.int16)
            ),
            "more than 127 cells away",
            id="far",
        ),
    ],
)
def test_what_has_no_graph_is_told(crystal, words):
    with pytest.raises(StructureError, match=words):
        graph_of(crystal)


def test_a_cif_and_its_structure_have_the_same_graph():
    crystal = rock_salt("Na", "Cl", 5.6)
    np.testing.assert_allclose(
        graph_of(crystal_of_cif(cif(crystal))).nearest[1], graph_of(crystal).nearest[1], atol=1e-5
    )

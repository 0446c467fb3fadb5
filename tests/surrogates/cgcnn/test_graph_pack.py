import numpy as np
import pytest

from surrogates.cgcnn import graph_pack
from surrogates.cgcnn.graph_pack import graphs_of
from surrogates.cgcnn.graphs import Graph
from tests.crystal_worlds import alone, toy_crystals

CRYSTALS = [*toy_crystals(4)[0], alone(), *toy_crystals(2, 9)[0]]


def shown(found):
    return [
        (each.neighbours.tolist(), each.images.tolist(), each.crystal.digest)
        if isinstance(each, Graph)
        else each
        for each in found
    ]


def test_searched_once_they_are_found_again(tmp_path, monkeypatch):
    first = graphs_of(CRYSTALS, tmp_path)
    monkeypatch.setattr(graph_pack, "graph_of", None)
    again = graphs_of(CRYSTALS, tmp_path)
    monkeypatch.undo()
    assert shown(again) == shown(first) == shown(graphs_of(CRYSTALS))
    assert again[4] == "atom 0 has no neighbour within 8 Å"
    np.testing.assert_array_equal(again[0].nearest[1], first[0].nearest[1])


@pytest.mark.parametrize("crystals", [[], [alone()], CRYSTALS[:1]], ids=["none", "bad", "good"])
def test_extremes_are_kept_too(tmp_path, monkeypatch, crystals):
    first = shown(graphs_of(crystals, tmp_path))
    monkeypatch.setattr(graph_pack, "graph_of", None)
    assert shown(graphs_of(crystals, tmp_path)) == first


def test_other_crystals_are_searched_anew(tmp_path):
    graphs_of(CRYSTALS, tmp_path)
    assert shown(graphs_of(CRYSTALS[::-1], tmp_path)) == shown(graphs_of(CRYSTALS[::-1]))
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("keep", [0, 40, 400])
def test_a_damaged_file_is_told_and_made_again(tmp_path, caplog, keep):
    first = shown(graphs_of(CRYSTALS, tmp_path))
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:keep])
    assert shown(graphs_of(CRYSTALS, tmp_path)) == first
    assert "is damaged" in caplog.text
    assert shown(graphs_of(CRYSTALS, tmp_path)) == first

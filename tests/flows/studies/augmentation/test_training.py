"""What a training learns from, and what it never varies."""

import numpy as np
import pytest

from augment.lattice_scaling import LatticeScaling
from augment.registry import build_augmentation
from cathode.spec import parse_augmentation
from flows.studies.augmentation.settings import StudySettings
from flows.studies.augmentation.splits import parts_of
from flows.studies.augmentation.training import Task, trained, with_copies
from surrogates.cgcnn.graphs import graph_of
from tests.flows.studies.augmentation.conftest import TINY

WANTED = "average_voltage"


@pytest.fixture
def parts(data):
    return parts_of("framework", data.table.frameworks, 0, 0)


@pytest.mark.parametrize("mode", ["copies", "on_the_fly"])
def test_only_training_crystals_are_varied(data, parts, mode, tmp_path, monkeypatch):
    varied = set()
    plain = LatticeScaling.apply

    def seen(self, crystal, rng):
        varied.add(crystal.digest)
        return plain(self, crystal, rng)

    monkeypatch.setattr(LatticeScaling, "apply", seen)
    asked = StudySettings(("anisotropic-5",), mode=mode, epochs=1, network=TINY)
    task = Task(WANTED, "framework", "anisotropic-5", 0)
    found = trained(data, asked, task, parts, tmp_path)
    assert varied == {data.table.crystals[i].digest for i in parts.train}
    assert len(found["predictions"]) == len(parts.test)
    assert found["crystals"] == len(parts.train) * (11 if mode == "copies" else 1)
    assert not list(tmp_path.iterdir()), "no checkpoint is left"


@pytest.mark.parametrize("method", ["anisotropic-30", "perturbation", "swap-axes"])
def test_copies_stand_beside_the_originals(data, parts, method):
    train = data.labelled(WANTED, parts.train[:6])
    made = with_copies(train, build_augmentation(parse_augmentation(method)), 3)
    assert len(made) == 66
    assert made.y.tolist() == np.repeat(train.y, 11).tolist()
    for i, graph in enumerate(made.graphs):
        if i % 11 == 0:
            assert graph is train.graphs[i // 11]
            continue
        far, anew = graph.nearest[1], graph_of(graph.crystal).nearest[1]
        assert np.sort(far) == pytest.approx(np.sort(anew), abs=1e-4)
    again = with_copies(train, build_augmentation(parse_augmentation(method)), 3)
    assert again.graphs[5].crystal.digest == made.graphs[5].crystal.digest


def test_oversampling_repeats_the_same_graphs(data, parts):
    train = data.labelled(WANTED, parts.train[:3])
    made = with_copies(train, None, 0)
    assert [id(graph) for graph in made.graphs] == [id(g) for g in train.graphs for _ in range(11)]
    assert made.y.tolist() == np.repeat(train.y, 11).tolist()


def test_a_trial_says_nothing_of_the_test_part(data, parts, tmp_path):
    asked = StudySettings((), epochs=1, network=TINY)
    tried = Task(WANTED, "framework", "anisotropic-5", 0, trial=True)
    found = trained(data, asked, tried, parts, tmp_path)
    assert "predictions" not in found
    assert tried.key == (WANTED, "framework", "trial anisotropic-5", 0)
    assert tried.seed(asked) != Task(WANTED, "framework", "anisotropic-5", 0).seed(asked)


def test_a_property_of_any_name_has_a_checkpoint_of_a_plain_name():
    assert Task("a/b c\\d", "random", "none", 0).file.startswith("a-b-c-d-random")

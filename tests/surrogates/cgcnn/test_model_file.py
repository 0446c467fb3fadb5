import os
import pickle

import numpy as np
import pytest
import torch

from cathode.errors import SourceError
from surrogates.cgcnn.ensemble import Ensemble
from surrogates.cgcnn.model_file import FORMAT, CGCNNModel, load_model, save_model
from surrogates.cgcnn.network import CrystalGraphNetwork, Sizes
from surrogates.cgcnn.trained import Trained
from tests.crystal_worlds import reference, toy

GRAPHS = toy(5).graphs
ABOUT = {"unit": "V", "crystals": {"train": 3}, "files": ["a"], "start": None, "rate": 0.1}


def model(hidden_layers=1):
    sizes = Sizes(atom=6, hidden=8, convolutions=2, hidden_layers=hidden_layers, outputs=2)
    members = tuple(Trained(CrystalGraphNetwork(sizes).eval(), 0.1 + n, 1 / 3) for n in range(2))
    return CGCNNModel(Ensemble(members, 1.7), "average_voltage", ABOUT)


@pytest.mark.parametrize("hidden_layers", [1, 3])
def test_what_is_read_is_what_was_written(tmp_path, hidden_layers):
    written = model(hidden_layers)
    save_model(tmp_path / "m.pt", written)
    found = load_model(tmp_path / "m.pt")
    assert found.property_name == "average_voltage"
    assert found.about == ABOUT
    assert found.ensemble.widening == 1.7
    one, other = found.ensemble.predict(GRAPHS), written.ensemble.predict(GRAPHS)
    np.testing.assert_array_equal(one.mean, other.mean)
    np.testing.assert_array_equal(one.sigma, other.sigma)
    for new, old in zip(found.ensemble.members, written.ensemble.members, strict=True):
        state = old.network.state_dict()
        assert all(torch.equal(v, state[k]) for k, v in new.network.state_dict().items())
        assert (new.mean, new.spread) == (old.mean, old.spread)
        assert not new.network.training


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, place):
        self.place = place

    def __reduce__(self):
        return os.mkdir, (str(self.place),)


@pytest.mark.parametrize("how", ["torch", "old torch", "pickle"])
def test_what_a_strange_file_would_do_is_not_done(tmp_path, how):
    file, place = tmp_path / "m.pt", tmp_path / "exploded"
    content = {"format": FORMAT, "members": [], "about": Bomb(place)}
    if how == "pickle":
        file.write_bytes(pickle.dumps(content))
    else:
        torch.save(content, file, _use_new_zipfile_serialization=how == "torch")
    with pytest.raises(SourceError, match="holds more than tensors") as error:
        load_model(file)
    assert not place.exists()
    assert "weights_only" not in str(error.value)


@pytest.mark.parametrize("keep", [0, 100, 0.5, 0.99])
def test_a_torn_file_is_told_in_a_sentence(tmp_path, keep):
    save_model(tmp_path / "m.pt", model())
    whole = (tmp_path / "m.pt").read_bytes()
    (tmp_path / "m.pt").write_bytes(whole[: int(keep if keep >= 1 else keep * len(whole))])
    with pytest.raises(SourceError, match=r"cannot read the model '.*m.pt'") as error:
        load_model(tmp_path / "m.pt")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "content",
    [
        [1, 2],
        {},
        {"format": FORMAT},
        {"format": FORMAT, "property": "x", "widening": 1.0, "about": {}, "members": []},
        {"format": FORMAT, "property": "x", "widening": 1.0, "about": {}, "members": [{}]},
        {"state_dict": {}, "args": {}, "normalizer": {}},
    ],
    ids=["list", "empty", "bare", "no member", "bare member", "published"],
)
def test_other_content_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "m.pt")
    with pytest.raises(SourceError, match="holds no crystal graph network"):
        load_model(tmp_path / "m.pt")


def test_weights_that_do_not_fit_are_refused(tmp_path):
    save_model(tmp_path / "m.pt", model())
    content = torch.load(tmp_path / "m.pt", weights_only=True)
    content["members"][0]["sizes"]["atom"] = 7
    torch.save(content, tmp_path / "m.pt")
    with pytest.raises(SourceError, match="size mismatch"):
        load_model(tmp_path / "m.pt")


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(SourceError, match="No such file"):
        load_model(tmp_path / "none.pt")
    with pytest.raises(SourceError, match="Is a directory"):
        load_model(tmp_path)


def test_a_model_of_the_papers_code():
    found = load_model(reference() / "formation-energy-per-atom.pth.tar")
    (member,) = found.ensemble.members
    assert found.property_name == "formation_energy_per_atom"
    assert member.network.sizes == Sizes(atom=64, hidden=32, convolutions=4)
    assert (member.predict(GRAPHS)[1] == 0).all()


def test_a_classifier_of_the_papers_code_is_refused(tmp_path):
    content = {
        "state_dict": CrystalGraphNetwork(Sizes(outputs=2)).state_dict(),
        "args": {"task": "classification"},
        "normalizer": {"mean": torch.tensor(0.0), "std": torch.tensor(1.0)},
    }
    torch.save(content, tmp_path / "m.pth.tar")
    with pytest.raises(SourceError, match="only regression is read"):
        load_model(tmp_path / "m.pth.tar")

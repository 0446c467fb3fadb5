"""Small networks that have learned nothing, in a file."""

from pathlib import Path

import torch

from surrogates.cgcnn.ensemble import Ensemble
from surrogates.cgcnn.model_file import CGCNNModel, save_model
from surrogates.cgcnn.network import CrystalGraphNetwork, Sizes
from surrogates.cgcnn.trained import Trained

SIZES = Sizes(atom=16, hidden=32, convolutions=1, outputs=2)


def saved(folder: Path, members: int = 2) -> Path:
    """A file of networks with random weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        networks = [CrystalGraphNetwork(SIZES).eval() for _ in range(members)]
    ensemble = Ensemble(tuple(Trained(network, 700.0, 60.0) for network in networks))
    save_model(folder / "random.pt", CGCNNModel(ensemble, "specific_energy", {}))
    return folder / "random.pt"

"""An ensemble in one file of tensors and plain values, and the files of the paper's code."""

import _codecs
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cathode.errors import SourceError
from surrogates.cgcnn.checkpoint import write_checkpoint
from surrogates.cgcnn.ensemble import Ensemble
from surrogates.cgcnn.network import CrystalGraphNetwork, Sizes
from surrogates.cgcnn.trained import Trained

FORMAT = "cathode cgcnn 1"

PLAIN_NUMBERS: list[Any] = [
    (np._core.multiarray.scalar, "numpy.core.multiarray.scalar"),  # noqa: SLF001
    np._core.multiarray.scalar,  # noqa: SLF001
    np.dtype,
    np.dtypes.Float32DType,
    np.dtypes.Float64DType,
    _codecs.encode,
]
"""NumPy's numbers, which the paper's code may have put beside tensors."""


@dataclass(frozen=True, eq=False)
class CGCNNModel:
    """An ensemble and what it predicts.

    Attributes:
        ensemble: the networks.
        property_name: what they predict.
        about: what they learned from and how, as plain values.
    """

    ensemble: Ensemble
    property_name: str
    about: Mapping[str, Any]


def save_model(file: Path, model: CGCNNModel) -> None:
    """Write a model; the file appears whole or not at all."""
    members = [
        {
            "state_dict": dict(member.network.state_dict()),
            "mean": member.mean,
            "spread": member.spread,
            "sizes": asdict(member.network.sizes),
        }
        for member in model.ensemble.members
    ]
    content = {
        "format": FORMAT,
        "property": model.property_name,
        "widening": model.ensemble.widening,
        "about": dict(model.about),
        "members": members,
    }
    write_checkpoint(file, content)


def load_model(file: Path) -> CGCNNModel:
    """Read a model of ours, or one of the paper's code; nothing in the file is executed.

    Raises:
        SourceError: it is neither.
    """
    try:
        with torch.serialization.safe_globals(PLAIN_NUMBERS):
            content = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:
        # torch itself would advise to execute what the file holds.
        damaged = "it is torn, or holds more than tensors and plain values"
        reason = error.strerror if isinstance(error, OSError) else damaged
        msg = f"cannot read the model {str(file)!r} ({reason}): give one of `cathode cgcnn train`"
        raise SourceError(msg) from error
    try:
        if isinstance(content, dict) and content.get("format") == FORMAT:
            return _ours(content)
        return _published(content)
    except (KeyError, TypeError, ValueError, RuntimeError, AttributeError) as error:
        msg = f"{str(file)!r} holds no crystal graph network ({' '.join(str(error).split())[:200]})"
        raise SourceError(msg) from error


def _ours(content: Mapping[str, Any]) -> CGCNNModel:
    members = tuple(
        _trained(each["state_dict"], Sizes(**each["sizes"]), each["mean"], each["spread"])
        for each in content["members"]
    )
    if not members:
        raise ValueError("it has no member")
    ensemble = Ensemble(members, float(content["widening"]))
    return CGCNNModel(ensemble, str(content["property"]), dict(content["about"]))


def _published(content: Mapping[str, Any]) -> CGCNNModel:
    """What the code of Xie and Grossman writes: https://github.com/txie-93/cgcnn."""
    weights, args = content["state_dict"], content["args"]
    sizes = Sizes(
        atom=weights["embedding.weight"].shape[0],
        hidden=weights["conv_to_fc.weight"].shape[0],
        convolutions=len({name.split(".")[1] for name in weights if name.startswith("convs.")}),
        hidden_layers=1 + len({name.split(".")[1] for name in weights if name.startswith("fcs.")}),
        outputs=weights["fc_out.weight"].shape[0],
    )
    if args.get("task", "regression") != "regression":
        msg = f"it was trained for {args['task']}: only regression is read"
        raise ValueError(msg)
    scale = content["normalizer"]
    trained = _trained(weights, sizes, float(scale["mean"]), float(scale["std"]))
    options = args.get("data_options") or ["unknown"]
    return CGCNNModel(Ensemble((trained,)), str(options[-1]), {"published": True})


def _trained(weights: Mapping[str, Tensor], sizes: Sizes, mean: float, spread: float) -> Trained:
    with torch.random.fork_rng(devices=[]):  # first weights are drawn, though they do not stay
        network = CrystalGraphNetwork(sizes)
    network.load_state_dict(dict(weights))
    return Trained(network.eval(), float(mean), float(spread))

"""A champion as MLflow loads it: fitted again from the data, the spec and the seed of its turn.

Nothing in the files is executed, and nothing is pickled: they are JSON, and the model is made by
the code of this package. The same data, spec and seed give the same model.
"""

import json
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from cathode.errors import SourceError
from cathode.model import TrainingData
from cathode.space import Space, build_space
from cathode.spec import CampaignSpec, parse_spec

if TYPE_CHECKING:
    import pandas as pd

RECIPE, DATA, SPEC = "champion.json", "data.json", "spec.json"
"""Files of a version."""


class ServedChampion:
    """A champion that predicts tables of coordinates.

    Args:
        recipe: what it is made of, as :func:`flows.registry.recipe` says.
        spec: the campaign as it was.
        data: what it learned from.

    Raises:
        SourceError: the data are not those that it learned from.
    """

    def __init__(self, recipe: Mapping[str, Any], spec: CampaignSpec, data: TrainingData) -> None:
        from flows.augmenting import augmentation_of
        from surrogates.registry import build_surrogate

        if data.digest() != recipe["dataset_hash"]:
            msg = f"the data of {recipe['campaign']}.{recipe['property']} are not those it learned "
            raise SourceError(msg + "from: their hash differs; take the version from MLflow anew")
        self.recipe, self.space = recipe, build_space(spec.space)
        (own,) = (each for each in spec.learners if each.name == recipe["surrogate"])
        surrogate = build_surrogate(own, self.space, augmentation_of)
        self.fitted = surrogate.fit(data, recipe["seed"], recipe["widening"])

    def predict(self, table: "pd.DataFrame") -> "pd.DataFrame":
        """Mean and standard deviation of what a measurement would read.

        Args:
            table: a row per candidate, a column per coordinate of the space.
        """
        import pandas as pd

        X = table[list(self.space.coordinates)].to_numpy(dtype=float)
        found = self.fitted.predict(X)
        return pd.DataFrame({"mean": found.mean, "sigma": found.sigma})


def _load_pyfunc(path: str) -> ServedChampion:
    """What ``mlflow.pyfunc.load_model`` calls."""
    folder = Path(path)
    recipe, spec, data = (
        json.loads((folder / name).read_text("utf-8")) for name in (RECIPE, SPEC, DATA)
    )
    return ServedChampion(recipe, parse_spec(spec, SPEC), data_from(data))


def data_as_json(data: TrainingData) -> dict[str, Any]:
    """Training data, ready for JSON; numbers keep all their digits."""
    return {
        "property": data.property_name,
        "X": data.X.tolist(),
        "y": data.y.tolist(),
        "sigma": [None if np.isnan(each) else each for each in data.sigma.tolist()],
        "groups": data.groups,
        "origins": data.origins,
        "limits": data.limits,
        "history": data.history,
    }


def data_from(content: Mapping[str, Any]) -> TrainingData:
    """The same again."""
    sigma = [np.nan if each is None else each for each in content["sigma"]]
    return TrainingData(
        content["property"],
        np.array(content["X"], dtype=float).reshape(len(content["y"]), -1),
        np.array(content["y"], dtype=float),
        np.array(sigma, dtype=float),
        tuple(content["groups"]),
        tuple(content["origins"]),
        tuple(content["limits"]),
        tuple(content["history"]),
    )


def write_version(
    folder: Path, recipe: Mapping[str, Any], spec: CampaignSpec, space: Space, data: TrainingData
) -> None:
    """Write a version as a model that MLflow can load.

    Args:
        folder: where to; it exists.
        recipe: what the champion is made of.
        spec: the campaign as it was.
        space: of it.
        data: what the champion learned from.
    """
    contents = {
        RECIPE: dict(recipe),
        SPEC: spec.model_dump(mode="json"),
        DATA: data_as_json(data),
    }
    for name, content in contents.items():
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        (folder / name).write_text(text, "utf-8")
    (folder / "MLmodel").write_text(yaml.safe_dump(_mlmodel(recipe, space), sort_keys=False))


def _mlmodel(recipe: Mapping[str, Any], space: Space) -> dict[str, Any]:
    """What MLflow reads first; written by hand, as its own writer takes seconds to import."""
    asked = [{"name": n, "type": "double", "required": True} for n in space.coordinates]
    answered = [{"name": n, "type": "double", "required": True} for n in ("mean", "sigma")]
    return {
        "flavors": {
            "python_function": {
                "loader_module": "flows.served",
                "data": ".",
                "python_version": platform.python_version(),
            }
        },
        "mlflow_version": version("mlflow"),
        "signature": {"inputs": json.dumps(asked), "outputs": json.dumps(answered), "params": None},
        "metadata": {"dataset_hash": recipe["dataset_hash"], "unit": recipe["unit"]},
    }

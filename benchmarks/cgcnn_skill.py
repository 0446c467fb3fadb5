"""Average voltage of lithium electrodes by crystal graph networks: one training, and its scores."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.evaluators.cache import ContentCache
from benchmarks.data import data_folder
from cathode.evaluation.baselines import BASELINES
from cathode.evaluation.cross_validation import grouped_folds
from cathode.evaluation.metrics import LEVELS, mad_over_mae, score
from cathode.evaluation.recalibration import widening
from cathode.model import Prediction
from cathode.rng import derived_seed
from cathode.settings import REPOSITORY, Settings
from cathode.sources.crystal_table import CrystalTable
from cathode.sources.electrode_crystals import PAIRS, STRUCTURES, electrode_crystals
from flows.crystals.scores import baselines
from flows.studies.augmentation.settings import SplitKind
from flows.studies.augmentation.splits import Parts, parts_of

AUGMENTATION = "perturbation-0.1"

PROPERTY = "average_voltage"

FOLDS = 9
"""Parts of what is not tested on: each member is validated by another one, a tenth of all."""

DECIDING = (
    "augment",
    "surrogates/cgcnn",
    "cathode/spec/augmentation.py",
    "flows/studies/augmentation/splits.py",
    "benchmarks/cgcnn_skill.py",
)
"""Code that results depend on."""


@dataclass(frozen=True)
class Task:
    """One training.

    Attributes:
        split: at random, or by framework.
        seed: of the split, and with the member's number of the training.
        member: its number in the ensemble.
        augmentation: name of it; ``none`` for none.
        focus: atomic number of the atoms that are read apart, too; 0 for none.
        epochs: at most.
    """

    split: SplitKind
    seed: int
    member: int
    augmentation: str
    focus: int
    epochs: int


def learned(task: Task) -> dict[str, Any]:
    """What a network predicts of validation and test part; kept under all that decides it."""
    settings = Settings.from_environment()
    key = {**asdict(task), "code": _digest(), "property": PROPERTY, "torch": version("torch")}
    cache = ContentCache(settings.home / "benchmarks" / "cgcnn")
    return dict(cache.get(key, lambda: _learn(task)))


def _digest() -> str:
    """A hash of the code and of the data."""
    content = hashlib.sha256()
    for place in DECIDING:
        found = REPOSITORY / place
        for file in sorted(found.glob("*.py")) if found.is_dir() else [found]:
            content.update(file.read_bytes())
    for name in (PAIRS, STRUCTURES):
        content.update((data_folder() / "mp_electrodes" / name).read_bytes())
    return content.hexdigest()[:16]


def _learn(task: Task) -> dict[str, Any]:
    from augment.registry import build_augmentation
    from cathode.spec import parse_augmentation
    from surrogates.cgcnn.graph_pack import graphs_of
    from surrogates.cgcnn.network import Sizes
    from surrogates.cgcnn.trained import Labelled
    from surrogates.cgcnn.training import TrainingSettings, train

    settings = Settings.from_environment()
    cache = settings.cache / "crystals"
    table = electrode_crystals(data_folder() / "mp_electrodes", "Li", cache)
    every = Labelled(graphs_of(table.crystals, cache), table.of(PROPERTY))
    parts = parts_of(task.split, table.frameworks, 0, task.seed)
    seen, folds = _folds(task, table, parts)
    learn, check = folds[task.member]
    found = train(
        every.take(seen[learn]),
        every.take(seen[check]),
        Sizes(outputs=2, focus=task.focus),
        TrainingSettings(epochs=task.epochs),
        derived_seed(task.seed, "member", task.member),
        None
        if task.augmentation == "none"
        else build_augmentation(parse_augmentation(task.augmentation)),
        checkpoint=settings.home / "benchmarks" / "cgcnn" / f"{derived_seed(str(task))}.pt",
    )
    result: dict[str, Any] = {}
    result["validated"] = check.tolist()
    for name, rows in (("seen", seen), ("test", parts.test)):
        mean, noise = found.predict([every.graphs[row] for row in rows])
        result[name] = {
            "y": every.y[rows].tolist(),
            "mean": mean.tolist(),
            "noise": noise.tolist(),
            "groups": [table.frameworks[row] for row in rows],
        }
    beside = baselines(
        [table.crystals[row] for row in seen],
        every.y[seen],
        [table.crystals[row] for row in parts.test],
    )
    result |= {name: found.mean.tolist() for name, found in beside.items()}
    return result


def _folds(
    task: Task, table: CrystalTable, parts: Parts
) -> tuple[NDArray[np.intp], list[tuple[NDArray[np.intp], NDArray[np.intp]]]]:
    """What is not tested on, and for each member what of it to learn from and to validate by."""
    seen = np.sort(np.concatenate([parts.train, parts.validation]))
    names = table.frameworks if task.split == "framework" else table.names
    rng = np.random.default_rng(derived_seed(task.seed, "folds"))
    return seen, list(grouped_folds(tuple(names[row] for row in seen), FOLDS, rng))


def score_rows(found: Sequence[tuple[Task, dict[str, Any]]]) -> list[dict[str, Any]]:
    """A row per augmentation, split and model: means over seeds with their spread."""
    kinds: dict[tuple[str, int, str], dict[int, list[dict[str, Any]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for task, result in found:
        kinds[task.augmentation, task.focus, task.split][task.seed].append(result)
    rows = []
    for what, seeds in kinds.items():
        models: dict[str, list[dict[str, float]]] = defaultdict(list)
        for members in seeds.values():
            y = np.array(members[0]["test"]["y"])
            for name in BASELINES:
                plain = Prediction(np.array(members[0][name]), np.ones(len(y)))
                models[name].append(_of(y, plain))
            one = [_of(y, _joined([member], "test")) for member in members]
            models["one network"].append({k: float(np.mean([e[k] for e in one])) for k in one[0]})
            models[f"ensemble of {len(members)}"].append(_of(y, _calibrated(members)))
        rows += [_row(what, name, each) for name, each in models.items()]
    return rows


def _of(y: NDArray[np.float64], found: Prediction) -> dict[str, float]:
    return {**score(y, found), "mad_over_mae": mad_over_mae(y, found.mean)}


def _row(
    what: tuple[str, int, str], name: str, seeds: Sequence[dict[str, float]]
) -> dict[str, Any]:
    def told(key: str, digits: int) -> str:
        values = [each[key] for each in seeds]
        return (
            f"{np.mean(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"
        )

    inside = "/".join(
        f"{np.mean([each[f'coverage_{level}'] for each in seeds]):.0f}" for level in LEVELS
    )
    return {
        **dict(zip(("augmentation", "focus (Z)", "split"), what, strict=True)),
        "model": name,
        "seeds": len(seeds),
        "MAE (V)": told("mae", 3),
        "RMSE (V)": told("rmse", 3),
        "MAD/MAE": told("mad_over_mae", 2),
        "inside 50/80/95 (%)": inside if name.startswith("ensemble") else "-",
    }


def _joined(members: Sequence[dict[str, Any]], part: str) -> Prediction:
    from surrogates.cgcnn.ensemble import together

    return together(*(np.array([each[part][k] for each in members]) for k in ("mean", "noise")))


def _calibrated(members: Sequence[dict[str, Any]]) -> Prediction:
    """The ensemble, as wide as ask the crystals that its members were validated by."""
    seen, found = _joined(members, "seen"), _joined(members, "test")
    z, groups = list[NDArray[np.float64]](), list[str]()
    for member in members:
        own, rows = member["seen"], np.array(member["validated"])
        z.append((np.array(own["y"])[rows] - np.array(own["mean"])[rows]) / seen.sigma[rows])
        groups += [own["groups"][row] for row in rows]
    wider = widening(np.concatenate(z), tuple(groups))
    return Prediction(found.mean, found.sigma * wider**0.5)

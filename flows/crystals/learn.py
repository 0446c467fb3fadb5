"""Learn a property of a folder of crystals, from reading it to a model that has been judged."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from augment.copies import with_variants
from augment.registry import build_augmentation
from cathode.errors import FitError
from cathode.model import HeldOut
from cathode.rng import derived_seed
from cathode.settings import Settings
from flows.crystals.loading import Loaded, load
from flows.crystals.members import Tell, Work, train_members
from flows.crystals.outputs import beside, write_pictures, write_predictions
from flows.crystals.parts import check_output, folder_of, keeping
from flows.crystals.plan import Plan
from flows.crystals.properties import described
from flows.crystals.scores import MODEL, baselines, scored
from flows.crystals.splitting import Split, groups_of, split_groups
from surrogates.cgcnn.ensemble import Ensemble
from surrogates.cgcnn.graph_pack import graphs_of
from surrogates.cgcnn.graphs import Graph
from surrogates.cgcnn.model_file import CGCNNModel, save_model
from surrogates.cgcnn.trained import Labelled

FEWEST = 20
"""Crystals below which there is nothing to judge a model by."""


@dataclass(frozen=True)
class Place:
    """Where a training's files lie.

    Attributes:
        folder: of the crystals.
        model: file to write.
        start: model whose networks to go on from.
        fresh: whether to give up what is kept of another training.
    """

    folder: Path
    model: Path
    start: Path | None = None
    fresh: bool = False


def learn(
    place: Place,
    plan: Plan,
    settings: Settings,
    tell: Tell | None = None,
    remark: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Train an ensemble, make its intervals as wide as they must be, judge it, and write it.

    Returns:
        What came of it, ready for JSON.

    Raises:
        CathodeError: something asked for cannot be; nothing is written then.
    """
    check_output(place.model, fresh=place.fresh)
    loaded = load(place.folder, plan.property_name, plan.ion, settings)
    if len(loaded) < FEWEST:
        refused = f"; {len(loaded.table.refused)} more cannot be used" * bool(loaded.table.refused)
        msg = (
            f"{place.folder}: {plan.property_name} is known of {len(loaded)} crystals that can be "
            f"used{refused}: to learn and to judge takes {FEWEST} at least"
        )
        raise FitError(msg)
    groups = groups_of(loaded.table, plan.split)
    split = split_groups(groups, plan.validation, plan.test, plan.seed)
    remark = remark or (lambda _: None)
    asked = plan.described() | {"data": _digest(loaded), "start": _digest_of(place.start)}
    with keeping(folder_of(place.model), asked, fresh=place.fresh):
        members = train_members(
            _work(loaded, split, plan, place.start, remark),
            plan.members,
            folder_of(place.model),
            settings.workers,
            tell,
        )
        held = Labelled(loaded.graphs, loaded.table.of(plan.property_name)).take(split.validation)
        ensemble = Ensemble(members).recalibrated(
            [held], [tuple(groups[i] for i in split.validation)]
        )
        return _judged(place, plan, loaded, split, ensemble)


def _work(
    loaded: Loaded, split: Split, plan: Plan, start: Path | None, remark: Callable[[str], None]
) -> Work:
    """What members learn; copies are made of crystals to learn from alone."""
    all_of = Labelled(loaded.graphs, loaded.table.of(plan.property_name))
    data, validation = all_of.take(split.train), all_of.take(split.validation)
    augmentation = build_augmentation(plan.augmentation) if plan.augmentation else None
    if augmentation is not None and plan.copies:
        rng = np.random.default_rng(derived_seed(plan.seed, "copies"))
        crystals = [graph.crystal for graph in data.graphs]
        made, origins = with_variants(crystals, augmentation, rng, plan.copies)
        found = graphs_of(made)
        rows = [row for row, each in enumerate(found) if isinstance(each, Graph)]
        if len(rows) < len(made):
            remark(f"{len(made) - len(rows)} variants have an atom without neighbours: left out")
        graphs = [each for each in found if isinstance(each, Graph)]
        data, augmentation = Labelled(graphs, data.y[origins[rows]]), None
    return Work(
        plan.property_name,
        data,
        validation,
        plan.sizes,
        plan.settings,
        plan.seed,
        augmentation,
        start,
    )


def _judged(
    place: Place, plan: Plan, loaded: Loaded, split: Split, ensemble: Ensemble
) -> dict[str, Any]:
    """Score the test part, and write all files, the model last."""
    prop, y = described(plan.property_name), loaded.table.of(plan.property_name)
    crystals = loaded.table.crystals
    found = ensemble.predict([loaded.graphs[row] for row in split.test])
    names = [loaded.table.names[row] for row in split.test]
    held_out = HeldOut(y[split.test], found, tuple(names))
    # What a baseline has seen is all that the ensemble has.
    seen = np.concatenate([split.train, split.validation])
    others = baselines([crystals[i] for i in seen], y[seen], [crystals[i] for i in split.test])
    scores = {MODEL: scored(held_out)} | {
        name: scored(replace(held_out, prediction=each)) for name, each in others.items()
    }
    files = write_pictures(place.model, prop, held_out)
    table = beside(place.model, "predictions.csv")
    measured = held_out.y.tolist()
    files.append(write_predictions(table, prop, names, found, intervals=True, measured=measured))
    about: dict[str, Any] = {
        "unit": prop.unit,
        "source": loaded.table.source,
        "asked": plan.described(),
        "crystals": {"train": len(split.train), "validation": len(split.validation)},
        "test": {"crystals": len(split.test), "scores": scores[MODEL]},
        "start": str(place.start) if place.start is not None else None,
        "cathode": version("cathode"),
    }
    save_model(place.model, CGCNNModel(ensemble, plan.property_name, about))
    return {
        "model": str(place.model),
        "property": prop.name,
        "unit": prop.unit,
        "crystals": {**about["crystals"], "test": len(split.test)},
        "refused": dict(loaded.table.refused),
        "asked": plan.described(),
        "widening": ensemble.widening,
        "scores": scores,
        "files": [str(place.model), *map(str, files)],
    }


def _digest(loaded: Loaded) -> str:
    """A hash of names, crystals and values."""
    content = hashlib.sha256()
    for name, crystal in zip(loaded.table.names, loaded.table.crystals, strict=True):
        content.update(f"{name} {crystal.digest}\n".encode())
    for values in loaded.table.values.values():
        content.update(np.ascontiguousarray(values, dtype="<f8").tobytes())
    return content.hexdigest()[:16]


def _digest_of(file: Path | None) -> str | None:
    return None if file is None else hashlib.sha256(file.read_bytes()).hexdigest()[:16]

"""MLflow's model registry as a view of the ledger: who served each property, turn by turn.

A registered model per campaign and property has a version per turn, and the alias ``champion`` is
on the one that serves. MLflow forgets where an alias was before; the versions are its history.
A version holds no weights but a recipe and its data, which give the same model again: MLflow loads
it by :mod:`flows.served`.
"""

import hashlib
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlflow.entities.model_registry import ModelVersion, RegisteredModel
from mlflow.tracking import MlflowClient

from cathode.errors import CathodeError
from cathode.model import Champion
from cathode.report.view import CampaignView
from cathode.rng import fit_seed
from cathode.space import build_space
from flows.served import RECIPE, write_version

ALIAS = "champion"

MOST_OF_A_TAG = 500
"""Characters."""

HOW_TO_LOAD = (
    "mlflow.pyfunc.load_model, where this package is installed: it fits the surrogate of this spec "
    "to data.json with this seed and widening. The same data are in the ledger: the campaign's "
    "measurements up to number measurements_up_to, and its histories as far as up_to."
)

LOADS = "loads"
"""Tag of a version: whether MLflow can load it, and why not."""

Runs = Mapping[int, Mapping[str, str]]
"""By turn and name of the surrogate, the run that tells of it."""

Served = Sequence[tuple[Champion, str]]
"""The champions of one property in order, each with its run."""


def register(client: MlflowClient, view: CampaignView, runs: Runs) -> None:
    """Bring a campaign's registered models to what the ledger says of its logged turns.

    Nothing is written where they say so already. A model whose versions tell of other runs, such
    as deleted ones, is made anew, and what people had added to it is lost.

    Args:
        client: of MLflow.
        view: the campaign.
        runs: runs of the logged turns; champions of other turns are left out.
    """
    by_property: dict[str, list[tuple[Champion, str]]] = {}
    for champion in view.champions:
        if champion.surrogate is not None and champion.turn.number in runs:
            run = runs[champion.turn.number][champion.surrogate]
            by_property.setdefault(champion.property, []).append((champion, run))
    mine = f"name LIKE '{view.spec.name}.%'"
    models = {model.name: model for model in client.search_registered_models(mine)}
    versions = sorted(client.search_model_versions(mine), key=lambda v: int(v.version))
    for prop, served in by_property.items():
        name = model_name(view.spec.name, prop)
        known = [version for version in versions if version.name == name]
        serves = served[-1][0].turn.number == max(runs)
        _bring_up(client, view, served, models.get(name), known, serves=serves)


def _bring_up(
    client: MlflowClient,
    view: CampaignView,
    served: Served,
    model: RegisteredModel | None,
    known: list[ModelVersion],
    *,
    serves: bool,
) -> None:
    """Bring one registered model up to date; the alias is on its last version, if that serves."""
    name = model_name(view.spec.name, served[0][0].property)
    told = [(version.tags.get("turn"), version.run_id) for version in known]
    true = [(str(champion.turn.number), run) for champion, run in served]
    if model is not None and told != true[: len(told)]:
        client.delete_registered_model(name)
        model, known = None, []
    if model is None:
        _create(client, view, served[-1][0])
    new = [_add_version(client, view, *each) for each in served[len(known) :]]
    last = str([*known, *new][-1].version)
    # Versions that a search finds do not tell their aliases.
    alias = None if model is None else model.aliases.get(ALIAS)
    if serves and str(alias) != last:
        client.set_registered_model_alias(name, ALIAS, last)
    elif not serves and alias is not None:
        client.delete_registered_model_alias(name, ALIAS)


def model_name(campaign: str, prop: str) -> str:
    """Name of a registered model: ``campaign.property``."""
    return f"{campaign}.{_plain(prop)}"


def _plain(prop: str) -> str:
    """A property's name in letters that names of models and files may have; no two are alike."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", prop)
    return plain if plain == prop else f"{plain}-{hashlib.sha256(prop.encode()).hexdigest()[:8]}"


def _create(client: MlflowClient, view: CampaignView, champion: Champion) -> None:
    prop = view.specs[champion.turn.revision].property_named(champion.property)
    client.create_registered_model(
        model_name(view.spec.name, prop.name),
        tags={"campaign": view.spec.name, "property": prop.name, "unit": prop.unit},
        description=f"What served {prop.heading} in the campaign {view.spec.name}, a version per "
        "turn; made from the ledger.",
    )


def _add_version(
    client: MlflowClient, view: CampaignView, champion: Champion, run: str
) -> ModelVersion:
    folder = f"{ALIAS}/{_plain(champion.property)}"
    content = recipe(champion, view)
    with tempfile.TemporaryDirectory() as place:
        loads = _write(Path(place), champion, view, content)
        client.log_artifacts(run, place, folder)
    tags = {key: content[key] for key in ("turn", "surrogate", "dataset_hash", "revision")}
    tags[LOADS] = loads
    scores = dict(champion.scores)
    if "crps" in champion.mean:
        scores["crps_of_mean"] = champion.mean["crps"]
    return client.create_model_version(
        model_name(view.spec.name, champion.property),
        f"runs:/{run}/{folder}",
        run,
        tags=tags | {metric: f"{value:.6g}" for metric, value in scores.items()},
        await_creation_for=0,
    )


def _write(folder: Path, champion: Champion, view: CampaignView, content: Mapping[str, Any]) -> str:
    """Write the files of a version; returns ``yes``, or why MLflow cannot load them."""
    spec = view.specs[champion.turn.revision]
    space = build_space(spec.space)
    try:
        data = view.learned_by(champion, space)
    except CathodeError as error:
        why = str(error)
    else:
        if data.digest() == champion.dataset:
            write_version(folder, content, spec, space, data)
            return "yes"
        why = "a history has changed since, and with it the data"
    (folder / RECIPE).write_text(json.dumps(content, indent=2, ensure_ascii=False), "utf-8")
    return f"no: {why}"[:MOST_OF_A_TAG]


def recipe(champion: Champion, view: CampaignView) -> dict[str, Any]:
    """All it takes to fit a champion again."""
    spec = view.specs[champion.turn.revision]
    (surrogate,) = (each for each in spec.learners if each.name == champion.surrogate)
    (record,) = (each for each in view.turns if each.turn.number == champion.turn.number)
    return {
        "campaign": spec.name,
        "revision": champion.turn.revision,
        "turn": champion.turn.number,
        "property": champion.property,
        "unit": spec.property_named(champion.property).unit,
        "surrogate": champion.surrogate,
        "spec": surrogate.model_dump(mode="json"),
        "seed": fit_seed(spec.seed, champion.turn.number),
        "widening": champion.scores.get("widening", 1.0),
        "measurements_up_to": champion.up_to,
        "dataset_hash": champion.dataset,
        "histories": record.results["assimilate"].get("history", {}),
        "how_to_load": HOW_TO_LOAD,
    }

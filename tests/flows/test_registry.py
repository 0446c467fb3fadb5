"""Champions in MLflow's model registry, on a real ledger and a real MLflow database."""

import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow.tracking import MlflowClient
from mlflow.utils.validation import _validate_model_name

from cathode.errors import SourceError
from cathode.ledger import Ledger, campaigns, proposals
from cathode.loop.observations import observe
from cathode.loop.retrain import serve
from cathode.report.view import view_of
from cathode.settings import Settings
from cathode.spec import load_spec
from flows import experiment
from flows.experiment import Tracker
from flows.registry import model_name
from flows.tracking import sync
from flows.wiring import build_loop, wire
from surrogates.registry import build_surrogate
from tests.helpers import campaign_in
from tests.loops import build, run_all

ENERGY, CHANGE = "small.specific_energy", "small.volume_change"


class BrokenOff(Exception):
    """Stands in for whatever ends a process between two calls of MLflow."""


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    """A campaign of two turns, the second by a spec with another surrogate."""
    folder = tmp_path_factory.mktemp("registry")
    opened = Ledger.open(f"sqlite:///{folder}/ledger.db", create=True)
    run_all(build(opened, load_spec(campaign_in(folder, budget={"turns": 1})), folder))
    amended = load_spec(campaign_in(folder, surrogates=[{"kind": "gp"}]))
    with opened.write() as connection:
        revision = campaigns.register(connection, amended, "me", amend=True)
    run_all(wire(opened, Settings.at(folder), amended, revision))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def view(ledger):
    return view_of(ledger, "small")


@pytest.fixture(scope="module")
def synced(view, tmp_path_factory):
    """MLflow with all of it; tests leave it as it is."""
    settings = Settings.at(tmp_path_factory.mktemp("synced"))
    assert sync(view, settings) == [0, 1, 2]
    return settings


def client(settings):
    return MlflowClient(settings.tracking_url)


def versions(settings, name):
    found = client(settings).search_model_versions(f"name = '{name}'")
    return sorted(found, key=lambda version: int(version.version))


def recipe(settings, version):
    folder = version.source.split("/", 2)[2]
    path = client(settings).download_artifacts(version.run_id, f"{folder}/champion.json")
    return json.loads(Path(path).read_text(encoding="utf-8"))


def content(settings):
    """All that the registry says, but for ids of runs."""
    return {
        model.name: (
            model.tags,
            model.description,
            model.aliases,
            [(v.version, v.tags, recipe(settings, v)) for v in versions(settings, model.name)],
        )
        for model in client(settings).search_registered_models()
    }


def test_a_model_per_property_has_a_version_per_turn(synced):
    assert set(content(synced)) == {ENERGY, CHANGE}
    for name in (ENERGY, CHANGE):
        one, two = versions(synced, name)
        assert (one.tags["turn"], one.tags["surrogate"]) == ("1", "gp-fractions-linear")
        assert (two.tags["turn"], two.tags["surrogate"]) == ("2", "gp-fractions-matern52")
        assert (one.tags["revision"], two.tags["revision"]) == ("0", "1")
        served = client(synced).get_model_version_by_alias(name, "champion")
        assert served.version == two.version
    assert client(synced).get_registered_model(ENERGY).tags["unit"] == "Wh/kg"


def test_a_version_is_of_its_surrogates_run_and_has_the_ledgers_numbers(synced, view):
    for name, prop in ((ENERGY, "specific_energy"), (CHANGE, "volume_change")):
        champions = [each for each in view.champions if each.property == prop]
        for version, champion in zip(versions(synced, name), champions, strict=True):
            run = client(synced).get_run(version.run_id)
            assert run.data.tags["cathode.kind"] == "surrogate"
            assert run.data.tags["cathode.turn"] == version.tags["turn"]
            assert run.data.params["surrogate"] == champion.surrogate
            assert version.tags["dataset_hash"] == champion.dataset
            crps = run.data.metrics[f"{prop}/crps"]
            assert float(version.tags["crps"]) == pytest.approx(crps, rel=1e-5)
            assert float(version.tags["crps_of_mean"]) == pytest.approx(champion.mean["crps"], 1e-5)


@pytest.mark.parametrize("turn", [1, 2])
def test_a_recipe_gives_the_model_whose_predictions_were_recorded(synced, ledger, turn):
    told = recipe(synced, versions(synced, ENERGY)[turn - 1])
    with ledger.read() as connection:
        spec = campaigns.spec_at(connection, told["campaign"], told["revision"])
        asked = [p for p in proposals.of_campaign(connection, "small") if p.turn == told["turn"]]
    loop = build_loop(ledger, Settings.at(Path("unused")), "small")
    seen = observe(ledger, told["campaign"], told["measurements_up_to"])
    data = seen.training_data(told["property"], loop.space)
    assert data.digest() == told["dataset_hash"]
    (own,) = (each for each in spec.surrogates if each.model_dump(mode="json") == told["spec"])
    fitted = build_surrogate(own, loop.space).fit(data, told["seed"], told["widening"])
    again = fitted.predict(loop.space.encode([p.candidate for p in asked]))
    recorded = [p.predictions["specific_energy"] for p in asked]
    np.testing.assert_allclose(again.mean, [p["mean"] for p in recorded], rtol=1e-9)
    np.testing.assert_allclose(again.sigma, [p["sigma"] for p in recorded], rtol=1e-6)
    assert (told["unit"], told["surrogate"]) == ("Wh/kg", own.name)


@pytest.mark.filterwarnings("ignore:.*type hint:UserWarning")  # MLflow's, of its own
@pytest.mark.parametrize("turn", [1, 2])
def test_mlflow_loads_what_predicted_in_the_turn(synced, ledger, turn, monkeypatch):
    """But for the last digit, which depends on where arrays lie in memory; without a pickle."""
    from mlflow import pyfunc, set_tracking_uri

    set_tracking_uri(synced.tracking_url)
    loaded = pyfunc.load_model(f"models:/{ENERGY}/{turn}")
    loop = build_loop(ledger, Settings.at(Path("unused")), "small")
    with ledger.read() as connection:
        asked = [p for p in proposals.of_campaign(connection, "small") if p.turn == turn]
    X = loop.space.encode([p.candidate for p in asked])
    found = loaded.predict(pd.DataFrame(X, columns=loop.space.coordinates))
    recorded = [p.predictions["specific_energy"] for p in asked]
    for name in ("mean", "sigma"):
        np.testing.assert_allclose(found[name], [p[name] for p in recorded], rtol=1e-12)
    assert loaded.metadata.signature.inputs.input_names() == list(loop.space.coordinates)
    assert loaded.metadata.metadata["unit"] == "Wh/kg"
    version = versions(synced, ENERGY)[turn - 1]
    assert version.tags["loads"] == "yes"
    names = {Path(f.path).suffix for f in client(synced).list_artifacts(version.run_id, "champion")}
    assert not names & {".pkl", ".pickle", ".pt"}
    with pytest.raises(Exception, match="schema|column|input"):
        loaded.predict(pd.DataFrame({"colour": [1.0]}))


def test_data_that_were_changed_are_refused(synced, tmp_path):
    from flows.served import _load_pyfunc

    version = versions(synced, ENERGY)[0]
    folder = version.source.split("/", 2)[2]
    place = Path(client(synced).download_artifacts(version.run_id, folder, str(tmp_path)))
    content = json.loads((place / "data.json").read_text())
    content["y"][0] += 1e-9
    (place / "data.json").write_text(json.dumps(content))
    with pytest.raises(SourceError, match="their hash differs"):
        _load_pyfunc(str(place))


def test_a_recipe_has_the_seed_that_the_loop_fits_with(synced, ledger, view):
    seeds = []

    class Watched:
        def fit(self, data, seed, widening):
            seeds.append(seed)

    loop = replace(
        build_loop(ledger, Settings.at(Path("unused")), "small"), surrogates={"w": Watched()}
    )
    for record in view.turns[1:]:
        serve(loop, view.seen, {"champions": {"specific_energy": "w"}}, record.turn)
    assert seeds == [recipe(synced, version)["seed"] for version in versions(synced, ENERGY)]


def test_syncing_again_changes_nothing(synced, view):
    before = content(synced)
    assert sync(view, synced) == []
    assert content(synced) == before


def test_the_registry_outlives_its_database(synced, view, tmp_path):
    shutil.copytree(synced.home / "mlartifacts", tmp_path / "mlartifacts")
    settings = Settings.at(tmp_path)
    assert sync(view, settings) == [0, 1, 2]
    assert content(settings) == content(synced)


@pytest.fixture
def breaking(monkeypatch):
    """Break off after so many calls of a method."""

    def arrange(owner, name, calls=1):
        original, made = getattr(owner, name), Counter()

        def broken(self, *arguments, **named):
            made[name] += 1
            result = original(self, *arguments, **named)
            if made[name] == calls:
                raise BrokenOff
            return result

        monkeypatch.setattr(owner, name, broken)

    return arrange


def test_what_was_broken_off_is_repaired(synced, view, tmp_path, breaking, monkeypatch):
    settings = Settings.at(tmp_path)
    for moment in (
        (Tracker, "log_metrics", 4),  # a turn half logged
        (MlflowClient, "create_registered_model"),
        (MlflowClient, "log_artifacts"),  # a recipe without its version
        (MlflowClient, "create_model_version"),
        (MlflowClient, "set_registered_model_alias"),
        (MlflowClient, "create_model_version", 2),
    ):
        breaking(*moment)
        with pytest.raises(BrokenOff):
            sync(view, settings)
        monkeypatch.undo()
    sync(view, settings)
    assert content(settings) == content(synced)


def test_a_turn_whose_run_was_deleted_is_logged_and_registered_anew(synced, view):
    before, gone = content(synced), versions(synced, ENERGY)[0].run_id
    client(synced).delete_run(gone)
    assert sync(view, synced) == [1]
    assert gone not in {version.run_id for version in versions(synced, ENERGY)}
    assert content(synced) == before


def test_the_alias_leaves_a_property_that_none_serves_and_comes_back(synced, view):
    before = content(synced)
    unserved = [
        replace(c, surrogate=None) if (c.turn.number, c.property) == (2, "volume_change") else c
        for c in view.champions
    ]
    sync(replace(view, champions=unserved), synced)
    assert client(synced).get_registered_model(CHANGE).aliases == {}
    assert [version.tags["turn"] for version in versions(synced, CHANGE)] == ["1"]
    assert content(synced)[ENERGY] == before[ENERGY]
    sync(view, synced)
    assert content(synced) == before


def test_a_champion_that_was_never_scored_has_a_run_and_a_version(sqlite_ledger, tmp_path):
    spec = load_spec(campaign_in(tmp_path, initial=3, constraints=[], budget={"turns": 1}))
    run_all(build(sqlite_ledger, spec, tmp_path))
    sync(view_of(sqlite_ledger, "small"), settings := Settings.at(tmp_path))
    (version,) = versions(settings, ENERGY)
    assert set(version.tags) == {"turn", "surrogate", "dataset_hash", "revision", "loads"}
    run = client(settings).get_run(version.run_id)
    assert run.data.params["serves"] == "specific_energy"


def test_runs_are_found_however_many_pages_they_take(synced, monkeypatch):
    tracker = Tracker.open(synced, "small")
    runs = {run.info.run_id for run in tracker.runs("turn")}
    monkeypatch.setattr(experiment, "PAGE", 1)
    paged = tracker.runs("turn")
    assert len(paged) == len(runs) == 3
    assert {run.info.run_id for run in paged} == runs


NAMES = st.text("aB1_-./:%' µ²\n", min_size=1, max_size=8)


@given(NAMES, NAMES)
def test_any_property_has_a_model_name_of_its_own(one, other):
    _validate_model_name(model_name("small", one))
    assert "'" not in model_name("small", one)
    assert (model_name("small", one) == model_name("small", other)) == (one == other)


def test_names_of_models_say_what_they_are_of():
    assert model_name("my-oxides", "specific_energy") == ENERGY.replace("small", "my-oxides")
    assert model_name("small", "rate C/2: mAh").startswith("small.rate_C_2__mAh-")

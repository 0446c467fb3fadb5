"""Campaigns whose surrogates look at crystals."""

import json
from dataclasses import replace

import numpy as np
import pytest

from cathode.errors import SpaceError, SpecChangedError, SpecError
from cathode.ledger import campaigns, proposals
from cathode.loop.observations import observe
from cathode.report.view import view_of
from cathode.settings import Settings
from cathode.space import build_space
from cathode.spec import load_spec
from flows.augmenting import augmentation_of
from flows.checking import check_spec
from flows.crystals.learned import ENTRY, Learned
from flows.registry import recipe
from flows.wiring import build_loop, exchanged
from surrogates.cgcnn.model_file import load_model, save_model
from surrogates.registry import build_surrogate
from tests.flows.commands import cathode
from tests.helpers import campaign_in
from tests.loops import build, run_all
from tests.surrogates.cgcnn.networks import saved
from tests.surrogates.cgcnn.pools import TINY, write_pool

NETWORK = {"kind": "cgcnn", **TINY}


def checked(path):
    return check_spec(load_spec(path), Settings.at(path.parent / "home"))


def test_a_pool_of_crystals_is_fine(tmp_path):
    assert checked(write_pool(tmp_path)).space.size == 24


def test_rows_without_crystals_are_refused_where_networks_must_predict_them(tmp_path, home):
    path = write_pool(tmp_path, bad=("disordered", "gone"))
    with pytest.raises(SpaceError, match=r"2 of the pool's 26 rows .*is shared.*has no 'gone'"):
        checked(path)
    done = cathode("space", "describe", path, "--json")
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)["without_crystal"]) == {"disordered", "gone"}
    told = cathode("space", "describe", path).stdout
    assert "gone has no crystal: crystals has no 'gone'." in told


def test_they_stay_where_nobody_looks_at_crystals(tmp_path):
    path = write_pool(tmp_path, bad=("alone",), surrogates=[{"kind": "gp"}])
    assert "1 of the pool's 25 rows have no crystal" in checked(path).remark


def test_networks_that_do_not_see_variables_say_so(tmp_path):
    space = {
        "prototype": "layered",
        "sites": {"M": {"step": 0.1, "fractions": {"Ni": {}, "Mn": {}}}},
        "variables": {
            "temperature": {"kind": "stepped", "min": 700, "max": 900, "step": 100, "unit": "degC"}
        },
    }
    lab = {"kind": "lab", "properties": ["specific_energy"]}
    path = campaign_in(tmp_path, space=space, surrogates=[NETWORK], evaluator=lab, constraints=[])
    assert "does not see temperature" in checked(path).remark


def test_augmentations_that_do_harm_are_warned_of(tmp_path):
    path = campaign_in(
        tmp_path,
        surrogates=[NETWORK | {"augmentation": "anisotropic-5"}],
        objectives=[{"property": "formation_energy_per_atom", "goal": "min"}],
        evaluator={"kind": "lab", "properties": ["formation_energy_per_atom"]},
        constraints=[],
    )
    assert "made its prediction worse" in checked(path).remark


@pytest.mark.parametrize("kind", ["cgcnn", "gp"])
def test_a_file_that_holds_no_networks_is_named(tmp_path, kind):
    surrogate = {"kind": kind, "pretrained": "table.csv"}
    surrogate |= {"descriptors": "cgcnn"} if kind == "gp" else {}
    with pytest.raises(Exception, match="cannot read the model .*table.csv"):
        checked(campaign_in(tmp_path, surrogates=[surrogate]))


@pytest.mark.parametrize("kind", ["cgcnn", "gp"])
def test_networks_that_are_exchanged_ask_for_a_word(tmp_path, sqlite_ledger, kind):
    surrogate = {"kind": kind, "pretrained": "random.pt"}
    surrogate |= {"descriptors": "cgcnn"} if kind == "gp" else {"epochs": 2, "members": 2}
    path = write_pool(tmp_path, surrogates=[surrogate])
    saved(tmp_path)
    settings = Settings.at(tmp_path / "home")
    build(sqlite_ledger, load_spec(path), tmp_path)
    build_loop(sqlite_ledger, settings, "small")
    saved(tmp_path, members=3)
    with pytest.raises(SpecChangedError, match=r"networks of .*random\.pt, changed .*put it back"):
        build_loop(sqlite_ledger, settings, "small")
    with pytest.raises(SpecChangedError, match=r"surrogates\.0\.pretrained_digest: .*--amend"):
        build(sqlite_ledger, load_spec(path), tmp_path)
    with sqlite_ledger.write() as connection:
        assert campaigns.register(connection, load_spec(path), "me", amend=True) == 1
    assert build_loop(sqlite_ledger, settings, "small").revision == 1
    with sqlite_ledger.read() as connection:  # as a turn that the amendment found begun has it
        assert "random.pt, changed" in exchanged(campaigns.spec_at(connection, "small", 0))
    (tmp_path / "random.pt").unlink()  # who loads it says that it is missing
    assert build_loop(sqlite_ledger, settings, "small").revision == 1


def test_networks_that_have_seen_the_pool_are_told(tmp_path):
    surrogate = {"kind": "gp", "descriptors": "cgcnn", "pretrained": "random.pt"}
    path = write_pool(tmp_path, surrogates=[surrogate])
    file = saved(tmp_path)
    assert "random.pt does not tell which crystals it has learned from" in checked(path).remark
    crystals = build_space(load_spec(path).space).crystals
    seen = Learned({}).and_of("specific_energy", crystals[:7]).and_of("band_gap", crystals)
    save_model(file, replace(load_model(file), about={ENTRY: seen.content()}))
    words = "random.pt has learned specific_energy of 7 of the pool's 24 rows: its skill there"
    assert checked(path).remark.count("random.pt") == 1
    assert words in checked(path).remark
    none = Learned({}).and_of("band_gap", crystals)
    save_model(file, replace(load_model(file), about={ENTRY: none.content()}))
    assert "random.pt" not in checked(path).remark


def test_an_unknown_augmentation_is_refused():
    with pytest.raises(SpecError, match="unknown augmentation 'stretch'"):
        augmentation_of("stretch", "average_voltage")
    assert augmentation_of("auto", "average_voltage").augmentation.name == "anisotropic-5"
    assert augmentation_of("auto", "formation_energy_per_atom").augmentation is None


def test_networks_serve_and_are_made_again_from_what_was_recorded(tmp_path, sqlite_ledger):
    quick = NETWORK | {"augmentation": "isotropic-5", "epochs": 10}
    spec = load_spec(write_pool(tmp_path, surrogates=[quick], folds=2, initial=8))
    loop = build(sqlite_ledger, spec, tmp_path)
    run_all(loop)
    view = view_of(sqlite_ledger, "small")
    assert [c.surrogate for c in view.champions] == ["cgcnn-isotropic-5"] * 2
    told = recipe(view.champions[-1], view)
    with sqlite_ledger.read() as connection:
        kept = campaigns.spec_at(connection, "small", told["revision"])
        asked = [p for p in proposals.of_campaign(connection, "small") if p.turn == told["turn"]]
    assert kept.surrogates[0].model_dump(mode="json") == told["spec"]
    seen = observe(sqlite_ledger, "small", told["measurements_up_to"])
    data = seen.training_data(told["property"], loop.space)
    assert data.digest() == told["dataset_hash"]
    surrogate = build_surrogate(kept.surrogates[0], loop.space, augmentation_of)
    again = surrogate.fit(data, told["seed"], told["widening"])
    found = again.predict(loop.space.encode([p.candidate for p in asked]))
    recorded = [p.predictions["specific_energy"] for p in asked]
    np.testing.assert_allclose(found.mean, [p["mean"] for p in recorded], rtol=1e-5)
    np.testing.assert_allclose(found.sigma, [p["sigma"] for p in recorded], rtol=1e-4)


@pytest.mark.slow
def test_a_pool_is_screened_by_all_three_to_a_champion(tmp_path, prefect):
    saved(tmp_path)
    surrogates = [
        {"kind": "cgcnn", **TINY, "members": 3},
        {"kind": "gp"},
        {"kind": "gpr_nn"},
        {"kind": "gp", "descriptors": "cgcnn", "pretrained": "random.pt"},
    ]
    path = write_pool(tmp_path, surrogates=surrogates, initial=8, batch=3)
    env = prefect | {"CATHODE_HOME": str(tmp_path / "home")}
    done = cathode("run", path, "--json", env=env)
    assert done.returncode == 0, done.stderr
    models = json.loads(cathode("models", "small", "--json", env=env).stdout)
    scored = models["comparison"][0]["surrogates"]
    expected = {"cgcnn", "gp-fractions-matern52", "gpr_nn-fractions", "gp-cgcnn-matern52"}
    assert expected <= {each["surrogate"] for each in scored if each["metrics"]}
    assert [each["champion"] for each in scored].count(True) == 1

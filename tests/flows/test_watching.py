"""Campaigns are seen as they come, and a running platform is found by who is started beside it."""

import json
import os

from cathode.ledger import Ledger, campaigns
from cathode.settings import Settings
from cathode.spec import parse_spec
from flows.running import addresses, known_as
from flows.watching import CampaignWatch
from tests.helpers import layered


def enter(settings, **changes):
    ledger = Ledger.open(settings.ledger_url, create=True)
    with ledger.write() as connection:
        campaigns.register(connection, parse_spec(layered(**changes), "test"), "me")
    ledger.close()


def test_what_deployments_depend_on_is_watched(tmp_path):
    settings = Settings.at(tmp_path)
    watch = CampaignWatch(settings)
    assert not watch.changed(), "there is no ledger, and none is made"
    assert list(tmp_path.iterdir()) == []
    enter(settings)
    assert watch.changed()
    assert not watch.changed()
    enter(settings, budget={"turns": 9})
    assert not watch.changed(), "the budget is none of a deployment's business"
    enter(settings, budget={"turns": 9}, schedule={"cron": "0 6 * * *"})
    assert watch.changed()
    enter(settings, name="other")
    assert watch.changed()
    watch.forget()
    assert watch.changed()


def test_a_platform_is_known_while_it_runs(tmp_path):
    settings, found = Settings.at(tmp_path), {"mlflow": "http://127.0.0.1:5001"}
    assert addresses(settings) == {}
    with known_as(settings, found):
        assert addresses(settings)["mlflow"] == found["mlflow"]
        told = json.loads((tmp_path / "up.json").read_text())
        assert told["pid"] == os.getpid()
        (tmp_path / "up.json").write_text(json.dumps(told | {"began": told["began"] - 60}))
        assert addresses(settings) == {}, "its number belongs to another process by now"
    assert not (tmp_path / "up.json").exists()

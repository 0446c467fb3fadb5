"""Deployments on a real server: registered once, left alone while nothing changes."""

from datetime import UTC, datetime, timedelta

import pytest
import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.schedules import CronSchedule
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Pending, Running

from cathode.errors import LedgerError, ServiceError
from cathode.ledger import Ledger, campaigns
from cathode.settings import REPOSITORY, Settings
from cathode.spec import parse_spec
from flows import deploying
from flows.housekeeping import free_abandoned_runs
from tests.helpers import layered

LISTED = {
    "turn/turn",
    "submit-result/submit-result",
    "submit-table/submit-table",
    "amend-result/amend-result",
    "review-proposals/review-proposals",
    "import-history/import-history",
}


@pytest.fixture(scope="module")
def client(prefect):
    with (
        temporary_settings({PREFECT_API_URL: prefect["PREFECT_API_URL"]}),
        get_client(sync_client=True) as opened,
    ):
        yield opened


@pytest.fixture(scope="module")
def registered(client, tmp_path_factory):
    """Everything registered once, without a ledger."""
    return set(deploying.register(Settings.at(tmp_path_factory.mktemp("none"))))


@pytest.fixture
def settings(registered, tmp_path):
    """A home with a campaign, called after it so that no two tests share one."""
    found = Settings.at(tmp_path / "home")
    enter(found, tmp_path.name.replace("_", "-"))
    return found


def enter(settings: Settings, name: str, **changes) -> None:
    ledger = Ledger.open(settings.ledger_url, create=True)
    with ledger.write() as connection:
        campaigns.register(connection, parse_spec(layered(name=name, **changes), "test"), "me")
    ledger.close()


def of(client, settings):
    ledger = Ledger.open(settings.ledger_url)
    with ledger.read() as connection:
        (name,) = campaigns.names(connection)
    ledger.close()
    return name, client.read_deployment_by_name(f"turn/{name}")


def crons(deployment) -> list[str]:
    return sorted(each.schedule.cron for each in deployment.schedules)


def test_all_that_is_listed_is_registered(registered, client):
    assert registered >= LISTED
    for name in LISTED:
        found = client.read_deployment_by_name(name)
        assert found.description
        assert found.tags
        assert ":" not in found.entrypoint, "module paths"
        assert found.work_pool_name == "local"
        assert found.pull_steps == []
        assert found.job_variables["env"] == {
            "DO_NOT_TRACK": "1",
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }
    form = client.read_deployment_by_name("submit-result/submit-result").parameter_openapi_schema
    assert list(form["properties"]) == ["result"]
    assert client.read_work_pool("local").type == "process"


def test_a_second_time_nothing_changes(registered, client, settings):
    (campaign,) = deploying.register(settings)
    before = client.read_deployment_by_name(campaign).updated
    assert deploying.register(settings) == []
    assert client.read_deployment_by_name(campaign).updated == before


def test_a_campaign_has_a_deployment_of_its_own(client, settings):
    deploying.register(settings, only_campaigns=True)
    name, found = of(client, settings)
    assert found.parameters == {"campaign": name}
    assert found.tags == ["campaigns", name]
    assert found.description == f"Run, or continue, the next turn of {name}."
    assert found.schedules == []
    generic = client.read_deployment_by_name("turn/turn")
    assert found.entrypoint == generic.entrypoint == "flows.turn.scheduled_turn"
    assert found.parameter_openapi_schema == generic.parameter_openapi_schema
    assert found.global_concurrency_limit.limit == 1
    assert found.concurrency_options.collision_strategy == "CANCEL_NEW"


def test_the_schedule_follows_the_spec_and_that_of_the_page_stays(client, settings):
    deploying.register(settings, only_campaigns=True)
    name, found = of(client, settings)
    mine = DeploymentScheduleCreate(schedule=CronSchedule(cron="5 5 * * *"), active=True)
    client.create_deployment_schedules(found.id, [mine])
    for cron, timezone in (("0 6 * * *", "UTC"), ("0 6 * * *", "Europe/Berlin")):
        enter(settings, name, schedule={"cron": cron, "timezone": timezone})
        assert deploying.register(settings, only_campaigns=True) == [f"turn/{name}"]
        assert deploying.register(settings, only_campaigns=True) == []
        _, found = of(client, settings)
        assert crons(found) == [cron, "5 5 * * *"]
        assert timezone in {each.schedule.timezone for each in found.schedules}
    enter(settings, name)
    assert deploying.register(settings, only_campaigns=True) == [f"turn/{name}"]
    assert crons(of(client, settings)[1]) == ["5 5 * * *"]


def test_a_campaign_may_be_called_like_a_deployment(registered, tmp_path, client):
    settings = Settings.at(tmp_path)
    enter(settings, "turn")
    assert deploying.register(settings, only_campaigns=True) == ["turn/turn (campaign)"]
    assert client.read_deployment_by_name("turn/turn").parameters == {}


def test_a_ledger_that_cannot_be_read_is_no_ledger_without_campaigns(registered, tmp_path):
    (tmp_path / "ledger.db").write_text("not a database, but long enough to look at " * 40)
    with pytest.raises(LedgerError, match="file is not a database"):
        deploying.register(Settings.at(tmp_path), only_campaigns=True)


def test_what_is_not_understood_is_named(tmp_path):
    content = yaml.safe_load((REPOSITORY / "prefect.yaml").read_text())
    content["deployments"][0]["triggers"] = []
    file = tmp_path / "prefect.yaml"
    file.write_text(yaml.safe_dump(content))
    with pytest.raises(ServiceError, match="deployment 'turn' has 'triggers'"):
        deploying.listed(file)


def run_of(client, name, state):
    run = client.create_flow_run_from_deployment(client.read_deployment_by_name(name).id)
    client.set_flow_run_state(run.id, state, force=True)
    return run.id


def test_runs_of_a_dead_worker_are_put_right(client, settings):
    deploying.register(settings, only_campaigns=True)
    name, _ = of(client, settings)
    running = run_of(client, f"turn/{name}", Running())
    pending = run_of(client, f"turn/{name}", Pending())
    soon = datetime.now(UTC) + timedelta(seconds=1)
    early = soon - timedelta(minutes=1)
    assert free_abandoned_runs("local", "mine", early) == 0, "younger ones belong to others"
    assert free_abandoned_runs("none", "mine", soon) == 0
    assert free_abandoned_runs("local", "mine", soon) >= 2
    assert client.read_flow_run(running).state.type == "CRASHED"
    assert "its process was killed" in client.read_flow_run(running).state.message
    assert client.read_flow_run(pending).state.type == "SCHEDULED"
    client.set_flow_run_state(running, Running(), force=True)
    client.send_worker_heartbeat("local", "another", 30)
    assert free_abandoned_runs("local", "mine", soon + timedelta(minutes=1)) == 0

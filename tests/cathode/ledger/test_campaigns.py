import pytest

from cathode.errors import SpecChangedError, UnknownCampaignError
from cathode.ledger import campaigns
from cathode.ledger.tables import specs
from cathode.spec import parse_spec
from tests.helpers import layered


def spec(**changes):
    return parse_spec(layered(**changes), "test")


def register(ledger, found, **options):
    with ledger.write() as connection:
        return campaigns.register(connection, found, "me", **options)


def test_a_campaign_is_entered_once_and_found_again(ledger):
    assert register(ledger, spec()) == 0
    assert register(ledger, spec()) == 0
    with ledger.read() as connection:
        assert campaigns.latest_spec(connection, "small") == (0, spec())
        assert campaigns.names(connection) == ["small"]


def test_a_changed_spec_needs_a_word_and_the_old_one_stays(ledger):
    register(ledger, spec())
    with pytest.raises(SpecChangedError, match="batch: 2 -> 3") as caught:
        register(ledger, spec(batch=3))
    assert "--amend" in str(caught.value)
    assert register(ledger, spec(batch=3), amend=True) == 1
    with ledger.read() as connection:
        assert campaigns.latest_spec(connection, "small") == (1, spec(batch=3))
        assert campaigns.spec_at(connection, "small", 0) == spec()


def test_a_change_inside_a_list_is_told_alone(ledger):
    two = [{"kind": "gp"}, {"kind": "cgcnn", "pretrained": "a.pt"}]
    register(ledger, spec(surrogates=two))
    with pytest.raises(SpecChangedError, match=r"\(surrogates\.1\.epochs: 60 -> 9\)"):
        register(ledger, spec(surrogates=[two[0], two[1] | {"epochs": 9}]))
    with pytest.raises(SpecChangedError, match=r"\(surrogates: \[\{"):
        register(ledger, spec(surrogates=two[:1]))


def test_more_budget_needs_no_word(ledger):
    register(ledger, spec())
    assert register(ledger, spec(budget={"turns": 9})) == 1


def test_several_changes_are_counted(ledger):
    register(ledger, spec())
    with pytest.raises(SpecChangedError, match="and 1 more"):
        register(ledger, spec(batch=3, seed=9))


def test_an_unknown_campaign_lists_the_known(ledger):
    register(ledger, spec())
    with ledger.read() as connection, pytest.raises(UnknownCampaignError, match="it has small"):
        campaigns.latest_spec(connection, "large")


def test_another_schedule_needs_no_word(ledger):
    register(ledger, spec())
    daily = spec(schedule={"cron": "0 6 * * *"})
    assert register(ledger, daily) == 1
    with ledger.read() as connection:
        assert campaigns.latest_spec(connection, "small") == (1, daily)


def test_specs_from_before_there_were_schedules_are_the_same(ledger):
    register(ledger, spec())
    with ledger.write() as connection:
        content = spec().model_dump(mode="json")
        del content["schedule"]
        connection.execute(specs.update().values(content=content))
    assert register(ledger, spec()) == 0


def test_outlines_are_of_the_latest_specs(ledger):
    register(ledger, spec())
    register(ledger, spec(name="other", description="of another"))
    register(ledger, spec(schedule={"cron": "0 6 * * *"}))
    with ledger.read() as connection:
        assert campaigns.outlines(connection) == {
            "other": {"description": "of another", "schedule": None},
            "small": {"description": "", "schedule": {"cron": "0 6 * * *", "timezone": "UTC"}},
        }

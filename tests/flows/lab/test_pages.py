"""What people do on Prefect's pages, through a real server: forms in, answers and pages out."""

import json
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.settings import PREFECT_API_URL, temporary_settings

from cathode.ledger import Ledger, campaigns, measurements
from cathode.loop.observations import observe
from cathode.settings import Settings
from cathode.spec import load_spec
from flows.lab.amending import amend_result, review_proposals
from flows.lab.orders import refresh_orders
from flows.lab.results import import_history, submit_result, submit_table
from flows.turn import scheduled_turn
from tests.helpers import layered


@pytest.fixture(scope="module")
def lab(prefect, tmp_path_factory):
    """A campaign whose first turn a lab has to answer, in a home of its own."""
    folder = tmp_path_factory.mktemp("lab")
    server = {PREFECT_API_URL: prefect["PREFECT_API_URL"]}
    with pytest.MonkeyPatch.context() as patch, temporary_settings(server):
        patch.setenv("CATHODE_HOME", str(folder / "home"))
        content = layered(
            evaluator={"kind": "lab", "conditions": {"c_rate": 0.1}, "recipe": {}},
            objectives=[{"property": "discharge_capacity"}],
            constraints=[],
            initial=4,
        )
        path = folder / "small.yaml"
        path.write_text(yaml.safe_dump(content))
        ledger = Ledger.open(Settings.from_environment().ledger_url, create=True)
        with ledger.write() as connection:
            campaigns.register(connection, load_spec(path), "me")
        state = scheduled_turn("small", return_state=True)
        assert state.is_completed(), state.message
        yield ledger
        ledger.close()


def artifact(key):
    """The newest artifact of a key."""
    wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(artifact_filter=wanted)
    return max(found, key=lambda each: each.created).data if found else None


def orders(ledger):
    return observe(ledger, "small").open_orders(_spec(ledger))


def _spec(ledger):
    with ledger.read() as connection:
        return campaigns.latest_spec(connection, "small")[1]


def stored(ledger):
    with ledger.read() as connection:
        return measurements.every(connection, "small")


def form(order, **changes):
    content = {"campaign": "small", "candidate": order.candidate.id, "operator": "Ada"}
    return content | {"discharge_capacity": 180.5, "c_rate": 0.1} | changes


def test_every_order_has_a_page_and_a_list(lab):
    first, *_ = observe(lab, "small").proposals
    page = artifact("small-order-0-0")
    assert first.candidate.id in page.replace("\\", "")
    assert "Weigh in" in page
    listed = artifact("small-orders")
    assert listed.count("/artifacts/key/small-order-0-") == 4


def test_a_result_is_stored_and_answered(lab):
    order = orders(lab)[0]
    before = len(stored(lab))
    state = submit_result(form(order), return_state=True)
    assert state.is_completed()
    assert state.message == f"Stored: 1 of 1 values of {order.candidate.id}"
    assert "Nothing is owed" in artifact("submit-result")
    assert len(stored(lab)) == before + 1
    assert "Nothing is owed" in artifact(f"small-order-{order.turn}-{order.rank}")
    assert order.candidate.id not in artifact("small-orders").replace("\\", "")
    again = submit_result(form(order), return_state=True)
    assert again.message.startswith("Nothing new")
    assert len(stored(lab)) == before + 1


def test_a_wrong_form_is_answered_in_words(lab):
    order = orders(lab)[0]
    before = len(stored(lab))
    state = submit_result(
        form(order, discharge_capacity=18_000, c_rate="fast", operator=""), return_state=True
    )
    assert state.is_failed()
    answer = artifact("submit-result").replace("\\", "")
    assert "Discharge capacity (mAh/g): 18000 is too large: 1500 is the most" in answer
    assert "C-rate (1/h): &#39;fast&#39; is no number" in answer
    assert "Operator: it is empty" in answer
    assert len(stored(lab)) == before


def test_hostile_text_is_shown_as_it_is(lab):
    order = orders(lab)[0]
    evil = "<script>alert(1)</script> [x](javascript:alert(1)) | `rm`"
    state = submit_result(form(order, candidate=evil[:190]), return_state=True)
    assert state.is_failed()
    answer = artifact("submit-result")
    assert "<script" not in answer
    assert "\\[x\\]" in answer


def test_a_table_is_looked_at_then_stored(lab):
    order = orders(lab)[0]
    cells = f"candidate\tdischarge_capacity (mAh/g)\tc_rate (1/h)\n{order.candidate.id}\t175\t0.1\n"
    asked = {"campaign": "small", "table": cells, "operator": "Ada"}
    before = len(stored(lab))
    assert submit_table(asked, return_state=True).is_completed()
    assert "would be stored" in artifact("submit-table")
    assert len(stored(lab)) == before
    state = submit_table(asked | {"dry_run": False}, return_state=True)
    assert state.message.startswith("Stored: 1 results of 1 candidates, 1 new")
    assert len(stored(lab)) == before + 1
    page = f"small-order-{order.turn}-{order.rank}"
    assert "Nothing is owed for this order any more" in artifact(page)
    wrong = cells.replace("175", "x") + "c-nobody\t1\t0.1\n"
    state = submit_table(asked | {"table": wrong, "dry_run": False}, return_state=True)
    assert state.is_failed()
    answer = artifact("submit-table").replace("\\", "")
    assert "line 2, column discharge_capacity: &#39;x&#39; is no number" in answer
    assert "line 3: candidate &#39;c-nobody&#39; is not in this campaign" in answer
    assert len(stored(lab)) == before + 1


def test_a_history_names_candidates_by_what_they_are(lab):
    cells = "Ni,Mn,Co,discharge_capacity (mAh/g),c_rate (1/h)\n1,0,0,190,0.1\n"
    asked = {"campaign": "small", "table": cells, "operator": "Ada", "dry_run": False}
    state = import_history(asked, return_state=True)
    assert state.is_completed()
    assert "1 new" in state.message


def test_amendments_and_reviews(lab):
    measured = next(r for r in stored(lab) if r.turn is not None)
    asked = {"campaign": "small", "candidate": measured.measurement.candidate_id}
    amended = asked | {"property": "discharge_capacity", "value": 171.5, "operator": "Eve"}
    state = amend_result(amended | {"reason": "balance"}, return_state=True)
    assert state.is_completed(), state.message
    assert "now 171.5 mAh/g" in state.message
    order = orders(lab)[0]
    verdict = {"campaign": "small", "candidate": order.candidate.id, "operator": "Eve"}
    state = review_proposals(verdict | {"verdict": "reject"}, return_state=True)
    assert state.is_failed()
    assert "say why" in state.message
    state = review_proposals(verdict | {"verdict": "reject", "reason": "toxic"}, return_state=True)
    assert state.is_completed()
    assert order not in orders(lab)
    assert "Rejected by Eve: toxic" in artifact(f"small-order-{order.turn}-{order.rank}")


def test_a_link_fills_the_form_in(lab):
    from cathode.lab.work_order import work_orders
    from flows.lab.orders import form_link

    order, *_ = work_orders(lab, "small")
    link = form_link("some-id", _spec(lab), order)
    parts = urlsplit(link)
    assert parts.path == "/deployments/deployment/some-id/run"
    filled = json.loads(unquote(parse_qs(parts.query)["parameters"][0]))["result"]
    assert filled["candidate"] == order.candidate
    assert filled["c_rate"] == 0.1


def test_pages_can_be_made_again(lab):
    assert refresh_orders("small") == len(orders(lab))


def test_a_turn_that_has_nothing_to_do_steps_aside(lab):
    # A capacity has come in, and is learned from; then there is nothing new.
    first = scheduled_turn("small", return_state=True)
    assert first.is_completed()
    second = scheduled_turn("small", return_state=True)
    assert second.name == "Skipped"
    assert "no result came in" in second.message or "work orders are open" in second.message

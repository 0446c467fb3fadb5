"""What docs/tutorial.md has people type in."""

import csv
import re

from cathode.lab.form import ResultForm
from cathode.ledger import Ledger, campaigns
from cathode.loop import next_turn, run_turn
from cathode.loop.ingest import ingest
from cathode.loop.observations import observe
from cathode.loop.submitting import submit
from cathode.settings import REPOSITORY, Settings
from cathode.spec import load_spec
from flows.checking import check_spec
from flows.wiring import build_loop

TEXT = (REPOSITORY / "docs" / "tutorial.md").read_text(encoding="utf-8")


def block(kind):
    (found,) = re.findall(rf"```{kind}\n(.*?)```", TEXT, flags=re.DOTALL)
    return found


def test_the_tutorial_leads_to_a_second_turn(tmp_path):
    spec_file, table = tmp_path / "my_first.yaml", tmp_path / "filled.csv"
    spec_file.write_text(block("yaml"))
    table.write_text(block("csv"))
    spec = load_spec(spec_file)
    settings = Settings.at(tmp_path / "home")
    assert f"The space holds {check_spec(spec, settings).space.size} candidates" in TEXT
    ledger = Ledger.open(settings.ledger_url, create=True)
    with ledger.write() as connection:
        campaigns.register(connection, spec, "me")
    loop = build_loop(ledger, settings, spec.name)
    run_turn(loop, next_turn(loop))
    asked = [order.candidate.id for order in observe(ledger, spec.name).proposals]
    rows = list(csv.DictReader(block("csv").splitlines()))
    assert [row["candidate"] for row in rows] == asked[1:]
    assert asked[0] in TEXT
    by_form = {"discharge_capacity": 201.4, "first_cycle_efficiency": 90.2, "c_rate": 0.1}
    submit(ledger, ResultForm(campaign=spec.name, candidate=asked[0], operator="Ada", **by_form))
    found = ingest(ledger, spec, table, "me", dry=False, again="refuse")
    assert (found.measurements, found.candidates) == (10, 5)
    run_turn(loop, next_turn(loop))
    assert len(observe(ledger, spec.name).proposals) == 9
    ledger.close()

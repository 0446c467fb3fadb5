"""``cathode dft`` as a user types it: export, run, ingest, and bad input in one sentence."""

import json
import os

import pytest
from pymatgen.core import Structure

from cathode.dft.lithium import PUBLISHED
from cathode.ledger import Ledger, measurements
from cathode.settings import Settings
from tests.calculations import energies, write_run
from tests.flows.commands import cathode
from tests.orders import COBALT, NICKEL, NMC, ask, lab_campaign


@pytest.fixture
def env(tmp_path):
    """A home whose campaign ``small`` waits for two candidates, and asks dft about a third."""
    home = tmp_path / "home"
    ledger = Ledger.open(Settings.at(home).ledger_url, create=True)
    ask(ledger, lab_campaign(), (NMC, None), (NICKEL, None), (COBALT, "dft"))
    ledger.close()
    clean = {k: v for k, v in os.environ.items() if not k.startswith("CATHODE_")}
    return clean | {"CATHODE_HOME": str(home)}


def stored(tmp_path):
    ledger = Ledger.open(Settings.at(tmp_path / "home").ledger_url)
    with ledger.read() as connection:
        found = measurements.every(connection, "small")
    ledger.close()
    return found


def calculate(folder, volts):
    """Relax both cells of an order: nothing moves, and the energies give a voltage."""
    cells = [
        Structure.from_file(folder / state / "POSCAR") for state in ("lithiated", "delithiated")
    ]
    both = energies(*cells, volts, PUBLISHED)
    for state, cell, energy in zip(("lithiated", "delithiated"), cells, both, strict=True):
        write_run(folder / state / "vasprun.xml", cell, energy)


@pytest.mark.slow
def test_orders_go_out_and_results_come_in(env, tmp_path):
    out = tmp_path / "out"
    done = cathode("dft", "export", "small", out, env=env)
    assert done.returncode == 0, done.stderr
    assert "2 orders; README.txt in each says how to run it." in done.stdout
    told = json.loads(cathode("dft", "export", "small", out, "--json", env=env).stdout)
    assert [each["candidate"] for each in told["orders"]] == [NMC.id, NICKEL.id]
    calculate(out / NMC.id, 3.7)
    calculate(out / NICKEL.id, 3.9)
    dry = cathode("dft", "ingest", "small", out, "--dry-run", env=env)
    assert "14 results of 2 candidates would be entered, answered by lab." in dry.stdout
    assert stored(tmp_path) == []
    entered = cathode("dft", "ingest", "small", out, env=env)
    assert entered.returncode == 0, entered.stderr
    assert "14 results of 2 candidates read, 14 of them new" in entered.stdout
    assert "Lithium metal: -1.90797 eV/atom, the published one of PBE" in entered.stdout
    assert f"{NICKEL.id} average_voltage: 3.9 V, stored" in entered.stdout
    assert "Voltages are counted from lithium metal" in entered.stderr
    again = json.loads(cathode("dft", "ingest", "small", out, "--json", env=env).stdout)
    assert (again["measurements"], again["new"]) == (14, 0)
    assert len(stored(tmp_path)) == 14
    best = json.loads(cathode("best", "small", "--json", env=env).stdout)
    assert best["best"][0]["candidate"] == NICKEL.id
    none = cathode("dft", "export", "small", out, env=env)
    assert "small has no open work order." in none.stdout


def test_orders_to_a_cheaper_evaluator(env, tmp_path):
    out = tmp_path / "out"
    cathode("dft", "export", "small", out, "--evaluator", "dft", env=env)
    assert [each.name for each in out.iterdir()] == [COBALT.id]
    calculate(out / COBALT.id, 3.8)
    done = cathode(
        *("dft", "ingest", "small", out, "--evaluator", "dft"),
        *("--lithium-energy", "-1.9", "--json"),
        env=env,
    )
    found = json.loads(done.stdout)
    assert (found["new"], found["unasked"]) == (7, 0)
    assert found["lithium"] == "-1.9 eV/atom, as given"
    voltage = next(line for line in found["lines"] if line["property"] == "average_voltage")
    assert voltage["words"] == f"{3.8 - PUBLISHED - 1.9:g} V"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("export", "nobody", "out"), "the ledger has no campaign 'nobody': it has small"),
        (("export", "small", "out", "--evaluator", "vasp"), "no people answer under the name"),
        (("export", "small", "a-file"), "a-file is a file: name a folder"),
        (("ingest", "small", "nowhere"), "there is no folder 'nowhere'"),
        (("ingest", "small", "results", "--lithium-energy", "1.9"), "between -10 and 0 eV/atom"),
        (
            ("ingest", "small", "results", "--lithium-energy", "much"),
            "input should be a valid number",
        ),
    ],
)
def test_bad_input_is_one_sentence(env, tmp_path, arguments, words, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").mkdir()
    (tmp_path / "a-file").write_text("")
    done = cathode("dft", *arguments, env=env)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""
    assert not (tmp_path / "out").exists()
    assert stored(tmp_path) == []


def test_every_fault_has_a_line_and_nothing_is_entered(env, tmp_path):
    out = tmp_path / "out"
    cathode("dft", "export", "small", out, env=env)
    for name in (NMC.id, NICKEL.id):
        calculate(out / name, 3.7)
        torn = out / name / "lithiated" / "vasprun.xml"
        torn.write_text(torn.read_text()[:700])
    done = cathode("dft", "ingest", "small", out, env=env)
    assert done.returncode == 2
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 2
    assert all("lithiated/vasprun.xml is torn" in line for line in lines)
    assert stored(tmp_path) == []


def test_nothing_is_made_without_a_ledger(tmp_path, monkeypatch):
    monkeypatch.setenv("CATHODE_HOME", str(tmp_path / "home"))
    for command in ("export", "ingest"):
        done = cathode("dft", command, "nobody", tmp_path / "out")
        assert done.returncode == 2
        assert len(done.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []

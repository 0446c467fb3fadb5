"""Open orders as folders: complete, deterministic, whole or absent, never over somebody's work."""

import ast
import hashlib
import json
import os
import signal
import subprocess
import sys
from fractions import Fraction

import pytest
from pymatgen.core import Structure
from pymatgen.io.vasp.inputs import Incar, Kpoints

from cathode.dft.export import export_orders
from cathode.dft.work_order import read_label
from cathode.errors import SourceError
from cathode.ledger import measurements, proposals, turns
from cathode.loop.observations import observe
from cathode.model import Measurement, Turn
from tests.calculations import U
from tests.orders import COBALT, NICKEL, NMC, ask, lab_campaign, mixed, proposed

FILES = {
    "candidate.json",
    "README.txt",
    "run_atomate2.py",
    *(
        f"{state}/{name}"
        for state in ("lithiated", "delithiated")
        for name in ("POSCAR", "INCAR", "KPOINTS", "POTCAR.spec")
    ),
}


@pytest.fixture
def spec():
    return lab_campaign()


@pytest.fixture
def ledger(sqlite_ledger, spec):
    ask(sqlite_ledger, spec, (NMC, None), (NICKEL, None), (NMC, "dft"))
    return sqlite_ledger


def content(folder):
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def test_there_is_a_folder_per_order_with_all_that_is_needed(ledger, spec, tmp_path):
    heard = []
    tell = lambda done, total: heard.append((done, total))  # noqa: E731
    found = export_orders(ledger, spec, tmp_path / "out", tell=tell)
    assert found == [tmp_path / "out" / each.id for each in (NMC, NICKEL)]
    assert heard == [(1, 2), (2, 2)]
    assert {*content(found[0])} == FILES
    assert {each.name for each in (tmp_path / "out").iterdir()} == {NMC.id, NICKEL.id}
    full = Structure.from_file(found[0] / "lithiated" / "POSCAR")
    empty = Structure.from_file(found[0] / "delithiated" / "POSCAR")
    assert (full.composition["Li"], empty.composition["Li"], len(full)) == (10, 2, 40)


def test_settings_are_those_of_the_materials_project(ledger, spec, tmp_path):
    folder, _ = export_orders(ledger, spec, tmp_path)
    incar = Incar.from_file(folder / "lithiated" / "INCAR")
    species = (folder / "lithiated" / "POSCAR").read_text().splitlines()[5].split()
    assert dict(zip(species, incar["LDAUU"], strict=True)) == {
        "Li": 0,
        "O": 0,
        **{element: U[element] for element in ("Ni", "Mn", "Co")},
    }
    moments = {"Li": 0.6, "Mn": 5, "Co": 0.6, "Ni": 5, "O": 0.6}
    full = Structure.from_file(folder / "lithiated" / "POSCAR")
    assert incar["MAGMOM"] == [moments[site.species_string] for site in full]
    assert (incar["ENCUT"], incar["ISIF"], incar["ISPIN"]) == (520, 3, 2)
    Kpoints.from_file(folder / "delithiated" / "KPOINTS")
    names = (folder / "lithiated" / "POTCAR.spec").read_text().split()
    assert names == ["Li_sv", "Mn_pv", "Co", "Ni_pv", "O"]
    told = json.loads((folder / "candidate.json").read_text())
    assert "low spin" in " ".join(told["remarks"])
    assert "low spin" in (folder / "README.txt").read_text()


def test_nothing_of_a_pseudopotential_is_written_but_its_name(ledger, spec, tmp_path):
    for folder in export_orders(ledger, spec, tmp_path):
        assert not [name for name in content(folder) if name.endswith("POTCAR")]
        for state in ("lithiated", "delithiated"):
            assert len((folder / state / "POTCAR.spec").read_text()) < 40


def test_the_label_leads_back_to_the_candidate(ledger, spec, tmp_path):
    folder, *_ = export_orders(ledger, spec, tmp_path, "dft")
    text = (folder / "candidate.json").read_text()
    label = read_label("here", text)
    assert (label.campaign, label.candidate, label.evaluator) == ("small", NMC, "dft")
    assert (label.order, label.lithium_left) == ("0/2", Fraction(1, 5))
    told = json.loads(text)
    assert (told["input_set"], told["seed"]) == ("MPRelaxSet", spec.seed)
    for state, lithium in (("lithiated", "1"), ("delithiated", "1/5")):
        poscar = (folder / state / "POSCAR").read_bytes()
        assert told["states"][state]["poscar"] == hashlib.sha256(poscar).hexdigest()[:16]
        assert told["states"][state]["lithium"] == lithium
    assert "cathode dft ingest small FOLDER --evaluator dft" in (folder / "README.txt").read_text()


def test_the_script_is_python_that_says_what_it_lacks(ledger, spec, tmp_path):
    folder, *_ = export_orders(ledger, spec, tmp_path)
    script = folder / "run_atomate2.py"
    ast.parse(script.read_text())
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 1
    assert "atomate2 is not installed" in done.stderr


def test_the_same_again_is_left_as_it_is_with_what_was_added(ledger, spec, tmp_path):
    folder, *_ = export_orders(ledger, spec, tmp_path)
    (folder / "lithiated" / "OUTCAR").write_text("running")
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*")}
    assert export_orders(ledger, spec, tmp_path)[0] == folder
    assert {file: file.stat().st_mtime_ns for file in folder.rglob("*")} == before


def test_a_folder_that_differs_is_refused_unless_asked(ledger, spec, tmp_path):
    folder, other = export_orders(ledger, spec, tmp_path)
    whole = content(folder)
    (folder / "lithiated" / "INCAR").write_text("ENCUT = 300\n")
    (other / "README.txt").unlink()
    with pytest.raises(SourceError) as refused:
        export_orders(ledger, spec, tmp_path)
    first, second = str(refused.value).splitlines()
    assert f"{NMC.id} is there already, and lithiated/INCAR differs: --replace" in first
    assert f"{NICKEL.id} is there already, and README.txt cannot be read or is missing" in second
    export_orders(ledger, spec, tmp_path, replace=True)
    assert content(folder) == whole
    assert {each.name for each in tmp_path.iterdir()} >= {NMC.id, NICKEL.id}
    assert not [each for each in tmp_path.iterdir() if each.name.endswith((".part", ".old"))]


def test_results_are_never_written_over(ledger, spec, tmp_path):
    folder, *_ = export_orders(ledger, spec, tmp_path)
    (folder / "lithiated" / "INCAR").write_text("NCORE = 4\n")
    (folder / "lithiated" / "vasprun.xml").write_text("weeks of work")
    for replace in (False, True):
        with pytest.raises(SourceError, match=r"holds lithiated/vasprun.xml, too, so move it"):
            export_orders(ledger, spec, tmp_path, replace=replace)
    assert (folder / "lithiated" / "vasprun.xml").read_text() == "weeks of work"


def test_a_link_in_the_place_of_a_folder_is_not_followed(ledger, spec, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / NMC.id).symlink_to(outside)
    with pytest.raises(SourceError, match="is a link"):
        export_orders(ledger, spec, tmp_path / "out", replace=True)
    assert list(outside.iterdir()) == []
    assert [each.name for each in (tmp_path / "out").iterdir()] == [NMC.id]


def test_a_file_where_a_folder_should_be(ledger, spec, tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(SourceError, match="is a file: name a folder"):
        export_orders(ledger, spec, tmp_path / "out")
    (tmp_path / NICKEL.id).write_text("")
    with pytest.raises(SourceError, match=f"{NICKEL.id} is a file, .*: take it away"):
        export_orders(ledger, spec, tmp_path, replace=True)
    assert not (tmp_path / NMC.id).exists()


def test_who_gets_no_orders_is_refused(ledger, spec, tmp_path):
    with pytest.raises(SourceError, match="no people answer under the name 'vasp' .*: dft do"):
        export_orders(ledger, spec, tmp_path, "vasp")
    computed = lab_campaign(evaluator={"kind": "table", "path": "t.csv"})
    with pytest.raises(SourceError, match="table evaluator of small answers by itself: .* .dft."):
        export_orders(ledger, computed, tmp_path)
    assert list(tmp_path.glob("c-*")) == []


def test_one_candidate_without_a_cell_holds_all_back(sqlite_ledger, spec, tmp_path):
    large = mixed(Ni="67/100", Co="33/100")
    ask(sqlite_ledger, spec, (NMC, None), (large, None))
    with pytest.raises(SourceError, match=f"{large.id}: .* needs a cell of 400 atoms"):
        export_orders(sqlite_ledger, spec, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_answered_orders_and_replicates_get_no_folder(sqlite_ledger, spec, tmp_path):
    first = ask(sqlite_ledger, spec, (NMC, "dft"), (COBALT, "dft"), (COBALT, "dft"))
    voltage = Measurement(NMC.id, "average_voltage", "V", 3.7, evaluator="dft")
    with sqlite_ledger.write() as connection:
        measurements.record(connection, "small", voltage, "me", "one", answers=first[0])
    assert export_orders(sqlite_ledger, spec, tmp_path, "dft") == [tmp_path / COBALT.id]
    told = json.loads((tmp_path / COBALT.id / "candidate.json").read_text())
    assert told["order"] == "0/1"


def test_no_order_makes_no_folder(sqlite_ledger, spec, tmp_path):
    ask(sqlite_ledger, spec, (NMC, None))
    assert export_orders(sqlite_ledger, spec, tmp_path / "out", "dft") == []
    assert not (tmp_path / "out").exists()


def test_what_waits_for_approval_is_not_exported(sqlite_ledger, tmp_path):
    spec = lab_campaign(evaluator={"kind": "lab", "approval": True})
    ask(sqlite_ledger, spec, (NMC, None))
    assert observe(sqlite_ledger, "small").open_orders(spec)
    assert export_orders(sqlite_ledger, spec, tmp_path) == []


KILLED = """
import os, signal, sys
from pathlib import Path
import cathode.dft.export as export
from cathode.ledger import Ledger, campaigns
count = 0
original = Path.write_bytes
def write_bytes(self, data):
    global count
    original(self, data)
    count += 1
    if count == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
Path.write_bytes = write_bytes
ledger = Ledger.open(sys.argv[1])
with ledger.read() as connection:
    _, spec = campaigns.latest_spec(connection, "small")
export.export_orders(ledger, spec, Path(sys.argv[2]))
"""


def start(ledger, folder, at=10**6):
    url = ledger._engine.url.render_as_string()
    return subprocess.Popen(
        [sys.executable, "-c", KILLED, url, str(folder), str(at)],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def test_a_kill_leaves_whole_folders_and_the_rest_comes_next_time(ledger, spec, tmp_path):
    died = start(ledger, tmp_path / "out", len(FILES) + 4)  # amid the second folder
    died.communicate(timeout=120)
    assert died.returncode == -signal.SIGKILL
    seen = [each for each in (tmp_path / "out").iterdir() if not each.name.startswith(".")]
    assert [each.name for each in seen] == [NMC.id]
    assert {*content(seen[0])} == FILES
    found = export_orders(ledger, spec, tmp_path / "out")
    assert [{*content(each)} for each in found] == [FILES, FILES]


def test_two_at_once_write_the_same(ledger, spec, tmp_path):
    both = [start(ledger, tmp_path / "out") for _ in "ab"]
    assert [each.communicate(timeout=120)[1] for each in both] == ["", ""]
    assert [each.returncode for each in both] == [0, 0]
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == sorted([NMC.id, NICKEL.id])
    alone = export_orders(ledger, spec, tmp_path / "alone")
    for folder in alone:
        assert content(folder) == content(tmp_path / "out" / folder.name)


def test_a_later_turn_adds_folders_to_the_same_place(ledger, spec, tmp_path):
    export_orders(ledger, spec, tmp_path)
    more = proposed(spec, [(COBALT, None)])
    with ledger.write() as connection:
        turns.start(connection, Turn("small", 1, 0))
        proposals.record(connection, [type(each)(**{**vars(each), "turn": 1}) for each in more])
    names = [each.name for each in export_orders(ledger, spec, tmp_path)]
    assert names == [NMC.id, NICKEL.id, COBALT.id]

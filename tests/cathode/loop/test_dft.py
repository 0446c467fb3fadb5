"""DFT results enter a campaign: all or nothing, each once, and only where they belong."""

import json
import shutil
import threading

import pytest
from pymatgen.core import Structure

from cathode.dft.export import export_orders
from cathode.dft.lithium import PUBLISHED
from cathode.errors import SourceError
from cathode.ledger import measurements
from cathode.loop.dft import ingest_dft
from cathode.loop.observations import observe
from cathode.model import Status
from cathode.physics.electrochemistry import Electrode
from tests.calculations import LITHIUM, charged, energies, entry, pair, write_entries, write_run
from tests.orders import COBALT, NICKEL, NMC, ask, lab_campaign, mixed

VALUES = {
    "energy_per_atom",
    "average_voltage",
    "gravimetric_capacity",
    "volumetric_capacity",
    "specific_energy",
    "energy_density",
    "volume_change",
}


@pytest.fixture
def spec():
    return lab_campaign()


@pytest.fixture
def asked(ledger, spec):
    ask(ledger, spec, (NMC, None), (NICKEL, None), (COBALT, "dft"))
    return ledger


@pytest.fixture
def asked_here(sqlite_ledger, spec):
    """The same where it does not matter which database it is."""
    ask(sqlite_ledger, spec, (NMC, None), (NICKEL, None), (COBALT, "dft"))
    return sqlite_ledger


def enter(ledger, spec, folder, **fields):
    return ingest_dft(ledger, spec, folder, "Ada", **({"dry": False} | fields))


def stored(ledger):
    with ledger.read() as connection:
        return measurements.every(connection, "small")


def by_property(ledger, candidate):
    return {
        r.measurement.property: r.measurement
        for r in stored(ledger)
        if r.measurement.candidate_id == candidate.id
    }


def run(folder, volts=3.7, lithium=PUBLISHED, name="vasprun.xml", **fields):
    """Relax what was exported: nothing moves, and the charged cell shrinks by three per cent."""
    full = Structure.from_file(folder / "lithiated" / "POSCAR")
    empty = Structure.from_file(folder / "delithiated" / "POSCAR")
    empty.scale_lattice(0.97 * full.volume)
    whole, rest = energies(full, empty, volts, lithium)
    write_run(folder / "lithiated" / name, full, whole, **fields.get("lithiated", {}))
    write_run(folder / "delithiated" / name, empty, rest, **fields.get("delithiated", {}))
    return full, empty, whole, rest


def loose(folder, metal="Ni", volts=3.7, **fields):
    """Entries of a pure compound, without a work order."""
    full, empty = pair("layered", metal, shrinks=0.97)
    whole, rest = energies(full, empty, volts, PUBLISHED)
    return write_entries(folder / "pair.json", entry(full, whole, **fields), entry(empty, rest))


def test_exported_orders_come_back_as_results(asked, spec, tmp_path):
    first, second = export_orders(asked, spec, tmp_path)
    full, empty, whole, rest = run(first)
    run(second, volts=3.9, name="vasprun.xml.gz")
    found = enter(asked, spec, tmp_path)
    assert (found.candidates, found.measurements, found.new) == (2, 14, 14)
    assert (found.corrections, found.unasked) == (0, 0)
    mine = by_property(asked, NMC)
    assert {*mine} == VALUES
    ours = Electrode(
        whole, rest, PUBLISHED, 8, float(full.composition.weight), full.volume, empty.volume
    )
    for name in VALUES - {"energy_per_atom"}:
        assert mine[name].value == pytest.approx(getattr(ours, name), rel=1e-4), name
    assert mine["energy_per_atom"].value == pytest.approx(-6.0)
    assert by_property(asked, NICKEL)["average_voltage"].value == pytest.approx(3.9)
    seen = observe(asked, "small")
    assert [order.evaluator for order in seen.open_orders(spec)] == ["dft"]
    assert {(r.turn, r.rank) for r in seen.measured} == {(0, 0), (0, 1)}


def test_a_measurement_says_how_it_was_computed(asked_here, spec, tmp_path):
    first, second = export_orders(asked_here, spec, tmp_path)
    shutil.rmtree(second)
    run(first)
    enter(asked_here, spec, tmp_path)
    voltage = by_property(asked_here, NMC)["average_voltage"]
    assert (voltage.fidelity, voltage.unit, voltage.evaluator) == ("dft", "V", None)
    assert voltage.source.startswith("VASP 6.4.2 PBE+U ")
    assert len(voltage.source.split()[-1]) == 12
    told = voltage.conditions
    assert (told["atoms_discharged"], told["atoms_charged"]) == (40, 32)
    assert (told["functional"], told["lithium_left"]) == ("PBE+U", "1/5")
    assert told["hubbard_u_eV"] == {"Co": 3.32, "Mn": 3.9, "Ni": 6.2}
    assert told["pseudopotentials"]["Ni"] == "Ni_pv"
    assert (told["lithium_metal"], told["lithium_metal_eV_per_atom"]) == ("published", PUBLISHED)
    assert "lithium_metal" not in by_property(asked_here, NMC)["volume_change"].conditions


def test_the_receipt_says_what_became_of_each_value_and_of_the_lithium(asked_here, spec, tmp_path):
    loose(tmp_path)
    found = enter(asked_here, spec, tmp_path)
    lines = {line.property: line for line in found.lines}
    assert lines["average_voltage"].words == "3.7 V"
    assert {line.what for line in found.lines} == {"stored"}
    assert "the published one of PBE" in found.lithium
    assert found.notes[0].startswith("Voltages are counted from lithium metal at -1.90797 eV/atom")
    kept = "energy_per_atom, gravimetric_capacity, volumetric_capacity, specific_energy, "
    assert f"{kept}energy_density: kept; the campaign does not learn from that." in found.notes


def test_only_what_the_campaign_knows_is_learned_from(asked_here, spec, tmp_path):
    loose(tmp_path)
    enter(asked_here, spec, tmp_path)
    (outcome,) = observe(asked_here, "small").outcomes
    assert set(spec.modelled) < set(outcome.values) == VALUES
    assert outcome.gains(spec) == pytest.approx((3.7,))


def test_the_same_folder_twice_is_stored_once(asked, spec, tmp_path):
    loose(tmp_path)
    assert enter(asked, spec, tmp_path).new == 7
    again = enter(asked, spec, tmp_path)
    assert (again.measurements, again.new) == (7, 0)
    assert {line.what for line in again.lines} == {"known already, nothing changed"}
    assert len(stored(asked)) == 7


def test_a_dry_run_says_the_same_and_writes_nothing(asked_here, spec, tmp_path):
    loose(tmp_path)
    dry = enter(asked_here, spec, tmp_path, dry=True)
    assert (dry.measurements, dry.new, stored(asked_here)) == (7, 7, [])
    assert enter(asked_here, spec, tmp_path) == dry


def test_another_result_is_refused_until_it_is_said_what_it_means(asked_here, spec, tmp_path):
    loose(tmp_path)
    enter(asked_here, spec, tmp_path)
    loose(tmp_path, volts=3.75)
    with pytest.raises(SourceError, match="is 3.7 V already, here 3.75 V: --again correct"):
        enter(asked_here, spec, tmp_path)
    found = enter(asked_here, spec, tmp_path, again="correct")
    assert (found.new, found.corrections) == (3, 3)  # capacities and volumes are as they were
    assert enter(asked_here, spec, tmp_path, again="correct").new == 0
    (outcome,) = observe(asked_here, "small").outcomes
    assert outcome.values["average_voltage"] == pytest.approx(3.75)


def test_another_energy_of_lithium_is_another_result_of_voltages_alone(asked_here, spec, tmp_path):
    loose(tmp_path)
    enter(asked_here, spec, tmp_path)
    found = enter(asked_here, spec, tmp_path, lithium_energy=-1.95, again="correct")
    assert (found.new, found.corrections) == (3, 3)
    assert by_property(asked_here, NICKEL)["average_voltage"].value == pytest.approx(3.65797265)
    assert "as given" in found.lithium


def test_lithium_metal_in_the_folder_counts(asked_here, spec, tmp_path):
    loose(tmp_path)
    write_run(tmp_path / "lithium" / "vasprun.xml", LITHIUM, -3.9)
    found = enter(asked_here, spec, tmp_path)
    assert "lithium/vasprun.xml" in found.lithium
    voltage = by_property(asked_here, NICKEL)["average_voltage"]
    assert voltage.value == pytest.approx(3.7 - PUBLISHED - 1.95)
    assert voltage.conditions["lithium_metal"] == "calculated"


@pytest.mark.parametrize(
    ("state", "failed"),
    [("lithiated", VALUES), ("delithiated", VALUES - {"energy_per_atom"})],
)
def test_what_did_not_converge_is_a_failure(asked_here, spec, tmp_path, state, failed):
    first, _ = export_orders(asked_here, spec, tmp_path)
    run(first, **{state: {"ionic": 99}})
    found = enter(asked_here, spec, first)
    mine = by_property(asked_here, NMC)
    assert {name for name, each in mine.items() if each.status is Status.FAILED} == failed
    assert {*mine} == VALUES
    voltage = mine["average_voltage"]
    assert voltage.cause == "unconverged"
    assert voltage.detail == f"{state} cell, {state}/vasprun.xml: 99 ionic steps of at most 99"
    assert {line.words for line in found.lines} >= {"failed (unconverged)"}
    # The order is closed until somebody corrects the failure.
    assert NMC not in [o.candidate for o in observe(asked_here, "small").open_orders(spec)]
    run(first)
    with pytest.raises(SourceError, match="is failed .unconverged. already, here 3.7 V"):
        enter(asked_here, spec, first)
    assert enter(asked_here, spec, first, again="correct").corrections == len(failed)


def test_a_run_that_was_continued_counts_by_its_end(asked_here, spec, tmp_path):
    first, _ = export_orders(asked_here, spec, tmp_path)
    full, *_, whole, _ = run(first, lithiated={"electronic": 100})
    write_run(first / "lithiated" / "again" / "vasprun.xml", full, whole)
    found = enter(asked_here, spec, first)
    assert by_property(asked_here, NMC)["average_voltage"].value == pytest.approx(3.7)
    words = "of 2 calculations of Li10Mn3Co2Ni5O20 that in lithiated/again/vasprun.xml counts"
    assert any(words in note for note in found.notes)


def test_half_a_pair_is_entered_and_the_rest_is_owed(asked_here, spec, tmp_path):
    first, _ = export_orders(asked_here, spec, tmp_path)
    run(first)
    (first / "delithiated" / "vasprun.xml").rename(tmp_path / "later.xml")
    found = enter(asked_here, spec, first)
    assert [line.property for line in found.lines] == ["energy_per_atom"]
    assert any("no delithiated calculation yet" in note for note in found.notes)
    (tmp_path / "later.xml").rename(first / "delithiated" / "vasprun.xml")
    assert enter(asked_here, spec, first).new == 6


def test_a_cheaper_evaluators_orders_are_answered_by_name(asked_here, spec, tmp_path):
    (folder,) = export_orders(asked_here, spec, tmp_path, "dft")
    run(folder)
    with pytest.raises(SourceError, match="an order to 'dft' among results of 'lab': use --eval"):
        enter(asked_here, spec, tmp_path)
    found = enter(asked_here, spec, tmp_path, evaluator="dft")
    assert (found.new, found.unasked) == (7, 0)
    mine = by_property(asked_here, COBALT)
    assert {each.evaluator for each in mine.values()} == {"dft"}
    seen = observe(asked_here, "small")
    assert seen.outcomes == []
    assert all(order.evaluator is None for order in seen.open_orders(spec))
    with pytest.raises(SourceError, match="no people answer under the name 'vasp'"):
        enter(asked_here, spec, tmp_path, evaluator="vasp")


def test_what_was_never_asked_is_counted(asked_here, spec, tmp_path):
    full, empty = pair("layered", "Ni")
    whole, rest = energies(full, empty, 3.7, PUBLISHED)
    write_entries(tmp_path / "a.json", entry(full, whole), entry(empty, rest))
    assert enter(asked_here, spec, tmp_path, evaluator="dft").unasked == 1


def test_less_lithium_taken_out_than_asked_is_said(asked_here, spec, tmp_path):
    first, _ = export_orders(asked_here, spec, tmp_path)
    full, *_ = run(first)
    half = charged(full, 5)
    _, rest = energies(full, half, 3.7, PUBLISHED)
    write_run(first / "delithiated" / "vasprun.xml", half, rest)
    found = enter(asked_here, spec, first)
    assert f"{NMC.id}: 1/2 of the lithium is left, where 1/5 was asked." in found.notes


def refused(ledger, spec, folder, words, **fields):
    with pytest.raises(SourceError, match=words) as found:
        enter(ledger, spec, folder, **fields)
    assert stored(ledger) == []
    return str(found.value).splitlines()


def test_one_fault_holds_all_back(asked, spec, tmp_path):
    first, second = export_orders(asked, spec, tmp_path)
    run(first)
    run(second)
    torn = second / "lithiated" / "vasprun.xml"
    torn.write_text(torn.read_text()[:900])
    (tmp_path / "nan.json").write_text(json.dumps(entry(pair("layered", "Ni")[0], float("nan"))))
    lines = refused(asked, spec, tmp_path, "torn")
    assert len(lines) == 2
    assert lines[0].startswith("nan.json: its energy is nan")
    assert lines[1].startswith(f"{NICKEL.id}/lithiated/vasprun.xml is torn")


def test_results_of_another_campaign_are_refused(asked_here, spec, tmp_path):
    first, _ = export_orders(asked_here, spec, tmp_path)
    run(first)
    told = json.loads((first / "candidate.json").read_text())
    (first / "candidate.json").write_text(json.dumps(told | {"campaign": "other"}))
    refused(asked_here, spec, first, "is of campaign 'other', not of 'small': enter it there")


def test_an_unknown_candidate_is_refused_with_the_nearest(asked_here, spec, tmp_path):
    first, _ = export_orders(asked_here, spec, tmp_path)
    run(first)
    stranger = mixed(Ni="1/2", Mn="1/2")
    told = json.loads((first / "candidate.json").read_text())
    told |= {"candidate": stranger.id, "content": stranger.content()}
    (first / "candidate.json").write_text(json.dumps(told))
    refused(asked_here, spec, first, f"small has no candidate {stranger.id}: ")


def test_an_order_that_is_none_of_the_candidates_is_refused(asked_here, spec, tmp_path):
    first, _ = export_orders(asked_here, spec, tmp_path)
    run(first)
    told = json.loads((first / "candidate.json").read_text())
    (first / "candidate.json").write_text(json.dumps(told | {"order": "7/7"}))
    refused(asked_here, spec, first, "order '7/7' is not of this candidate: its orders are 0/0")


def test_another_composition_below_a_work_order_is_refused(asked_here, spec, tmp_path):
    first, second = export_orders(asked_here, spec, tmp_path)
    run(first)
    run(second)
    shutil.copy(first / "lithiated" / "vasprun.xml", second / "lithiated" / "vasprun.xml")
    refused(
        asked_here, spec, tmp_path, f"which is no LiNiO2 .* lies in the folder of {NICKEL.id} by"
    )


def test_a_composition_that_nobody_asked_for_is_refused_with_the_nearest(
    asked_here, spec, tmp_path
):
    loose(tmp_path, metal="Mn")
    (line,) = refused(asked_here, spec, tmp_path, "is no candidate of small with all its lithium")
    assert line.startswith("pair.json, entry 1: Li1Mn1O2 is no candidate")
    assert f"the nearest are {NMC.id} (LiNi0.5Mn0.3Co0.2O2); " in line


def test_the_host_alone_is_no_candidate(asked_here, spec, tmp_path):
    _, empty = pair("layered", "Ni")
    write_entries(tmp_path / "a.json", entry(empty, -17.0))
    refused(asked_here, spec, tmp_path, f"is no candidate .* the nearest are {NICKEL.id}")


def test_of_two_candidates_with_one_composition_none_is_guessed(sqlite_ledger, tmp_path):
    variables = {"time": {"kind": "stepped", "min": 6, "max": 12, "step": 6, "unit": "h"}}
    spec = lab_campaign(space=lab_campaign().space.model_dump() | {"variables": variables})
    both = [type(NICKEL).of("layered", {"M": {"Ni": 1}}, {"time": t}) for t in (6.0, 12.0)]
    ask(sqlite_ledger, spec, *((each, None) for each in both))
    loose(tmp_path)
    (line,) = refused(sqlite_ledger, spec, tmp_path, "2 candidates of small have this composition")
    assert all(f"{each.id} (LiNiO2, time " in line for each in both)
    # With work orders each finds its own.
    for folder in export_orders(sqlite_ledger, spec, tmp_path / "out"):
        run(folder)
    assert enter(sqlite_ledger, spec, tmp_path / "out").new == 14


def test_polymorphs_of_one_host_are_told_apart_by_their_lithium(sqlite_ledger, tmp_path):
    spec = lab_campaign()
    layered, spinel = mixed(Mn=1), mixed("spinel", Mn=1)
    ask(sqlite_ledger, spec, (layered, None), (spinel, None))
    full, _ = pair("layered", "Mn")
    half, empty = pair("spinel", "Mn")
    write_entries(tmp_path / "a.json", entry(full, -24.0), entry(half, -84.0))
    refused(sqlite_ledger, spec, tmp_path, "2 candidates of small have this composition")
    (tmp_path / "a.json").unlink()
    whole, rest = energies(half, empty, 4.1, PUBLISHED)
    write_entries(tmp_path / "b.json", entry(half, whole), entry(empty, rest))
    assert enter(sqlite_ledger, spec, tmp_path).lines[0].candidate == spinel.id


def test_another_functional_than_that_of_lithium_is_refused(asked_here, spec, tmp_path):
    scan = {"parameters": {"run_type": "R2SCAN", "hubbards": {}}}
    full, empty = pair("layered", "Ni")
    whole, rest = energies(full, empty, 3.7, -2.33)
    write_entries(tmp_path / "a.json", entry(full, whole, **scan), entry(empty, rest, **scan))
    refused(asked_here, spec, tmp_path, "is of R2SCAN, and the published energy .* is of PBE")
    found = enter(asked_here, spec, tmp_path, lithium_energy=-2.33)
    assert found.new == 7
    assert by_property(asked_here, NICKEL)["average_voltage"].value == pytest.approx(3.7)


def test_a_voltage_that_cannot_be_is_refused(asked_here, spec, tmp_path):
    loose(tmp_path, volts=-0.5)
    refused(asked_here, spec, tmp_path, r"an average voltage of -0.5 V lies outside of 0 to 6 V")


def test_a_campaign_that_counts_conditions_of_cells_takes_no_calculation_as_result(
    sqlite_ledger, tmp_path
):
    spec = lab_campaign(evaluator={"kind": "lab", "conditions": {"c_rate": 0.1}})
    ask(sqlite_ledger, spec, (NICKEL, None))
    loose(tmp_path)
    refused(sqlite_ledger, spec, tmp_path, "at conditions that a calculation has not: .*--evaluat")
    assert enter(sqlite_ledger, spec, tmp_path, evaluator="dft").new == 7


def test_two_orders_of_one_candidate_are_entered_one_by_one(asked_here, spec, tmp_path):
    first, _ = export_orders(asked_here, spec, tmp_path)
    run(first)
    copy = shutil.copytree(first, tmp_path / "copy")
    told = json.loads((copy / "candidate.json").read_text())
    (copy / "candidate.json").write_text(json.dumps(told | {"order": "1/0"}))
    refused(asked_here, spec, tmp_path, "is of order 1/0.*|of order 0/0")


def test_two_at_once_store_each_value_once(asked, spec, tmp_path):
    loose(tmp_path)
    found, start = [], threading.Barrier(2)

    def work():
        start.wait()
        found.append(enter(asked, spec, tmp_path).new)

    threads = [threading.Thread(target=work) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(found) == 7
    assert len(stored(asked)) == 7

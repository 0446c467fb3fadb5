"""Folders of results: what is found, what belongs together, what is refused."""

import json
import os
from pathlib import Path

import pytest

from cathode.dft.results import read_results, refuse_mixed
from cathode.dft.work_order import read_label
from cathode.errors import SourceError
from cathode.sources.gathering import Faults
from tests.calculations import LITHIUM, entry, pair, write_entries, write_run
from tests.orders import NICKEL, NMC

FULL, EMPTY = pair("layered", "Ni")


def labelled(folder, **changes):
    told = {
        "campaign": "small",
        "candidate": NICKEL.id,
        "order": "0/0",
        "evaluator": None,
        "content": NICKEL.content(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "candidate.json").write_text(json.dumps(told | changes))


def test_runs_and_entries_are_found_at_any_depth(tmp_path):
    write_run(tmp_path / "a" / "lithiated" / "vasprun.xml", FULL, -23)
    write_run(tmp_path / "b" / "c" / "d" / "vasprun.xml.gz", EMPTY, -17)
    write_entries(tmp_path / "all.json", entry(FULL, -22.9), entry(LITHIUM, -3.8))
    found = read_results(tmp_path)
    (group,) = found.groups
    assert [each.where for each in group.calculations] == [
        "all.json, entry 1",
        "a/lithiated/vasprun.xml",
        "b/c/d/vasprun.xml.gz",
    ]
    assert (found.lithium.energy, found.lithium.origin) == (-1.9, "calculated")


def test_what_lies_below_one_work_order_belongs_together(tmp_path):
    labelled(tmp_path / "one")
    write_run(tmp_path / "one" / "lithiated" / "vasprun.xml", FULL, -23)
    write_run(tmp_path / "one" / "delithiated" / "again" / "vasprun.xml", EMPTY, -17)
    write_run(tmp_path / "loose" / "vasprun.xml", FULL, -23)
    one, loose = sorted(read_results(tmp_path).groups, key=lambda group: group.label is None)
    assert (len(one.calculations), one.label.candidate) == (2, NICKEL)
    assert (len(loose.calculations), loose.label) == (1, None)
    # The folder of an order may be given itself.
    (alone,) = read_results(tmp_path / "one").groups
    assert alone.label.candidate == NICKEL


def test_what_is_no_result_is_left_out_and_said(tmp_path):
    write_run(tmp_path / "vasprun.xml", FULL, -23)
    (tmp_path / "custodian.json").write_text('[{"job": {}}]')
    (tmp_path / ".c-x.12.part").mkdir()
    (tmp_path / ".c-x.12.part" / "vasprun.xml").write_text("half")
    (tmp_path / ".hidden.json").write_text("half")
    (tmp_path / "OUTCAR").write_text("")
    found = read_results(tmp_path)
    assert found.notes == ("custodian.json holds no computed entry, and is left out.",)
    assert len(found.groups) == 1


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (Path, "there is no folder"),
        (lambda folder: folder.write_text(""), "there is no folder"),
        (lambda folder: folder.mkdir(), "holds no vasprun.xml, and no"),
        (lambda f: write_entries(f / "li.json", entry(LITHIUM, -3.8)), "lithium metal alone"),
    ],
    ids=["missing", "file", "empty", "lithium"],
)
def test_a_folder_without_results_is_refused(tmp_path, made, words):
    made(tmp_path / "results")
    with pytest.raises(SourceError, match=words):
        read_results(tmp_path / "results")


def test_links_out_of_the_folder_are_refused_and_others_are_not_followed_twice(tmp_path):
    outside, folder = tmp_path / "outside", tmp_path / "results"
    write_run(outside / "vasprun.xml", FULL, -23)
    write_run(folder / "here" / "vasprun.xml", FULL, -23)
    (folder / "again").symlink_to(folder / "here")
    (folder / "round").symlink_to(folder)
    assert len(read_results(folder).groups[0].calculations) == 1
    (folder / "there").symlink_to(outside)
    with pytest.raises(SourceError, match="there is a link out of the folder: copy what it leads"):
        read_results(folder)
    (folder / "there").unlink()
    (folder / "far.json").symlink_to(outside / "vasprun.xml")
    with pytest.raises(SourceError, match="far.json is a link out of the folder"):
        read_results(folder)
    (folder / "far.json").unlink()
    # The folder itself may be reached by a link.
    (tmp_path / "link").symlink_to(folder)
    assert len(read_results(tmp_path / "link").groups) == 1


def test_a_work_order_outside_is_not_read(tmp_path):
    labelled(tmp_path)
    write_run(tmp_path / "results" / "vasprun.xml", FULL, -23)
    (group,) = read_results(tmp_path / "results").groups
    assert group.label is None
    (tmp_path / "results" / "candidate.json").symlink_to(tmp_path / "candidate.json")
    with pytest.raises(SourceError, match="candidate.json is a link out of the folder"):
        read_results(tmp_path / "results")
    (tmp_path / "candidate.json").unlink()
    with pytest.raises(SourceError, match="candidate.json is a link out of the folder"):
        read_results(tmp_path / "results")


def test_what_would_be_waited_for_is_refused(tmp_path):
    os.mkfifo(tmp_path / "vasprun.xml")
    with pytest.raises(SourceError, match="vasprun.xml is no file: take it away"):
        read_results(tmp_path)


def test_a_name_that_no_database_keeps_is_refused(tmp_path):
    os.mkdir(os.fsencode(tmp_path) + b"/\xff")  # noqa: PTH102 - a name that is no text
    write_run(tmp_path / os.fsdecode(b"\xff") / "vasprun.xml", FULL, -23)
    with pytest.raises(SourceError, match="that is no text"):
        read_results(tmp_path)


def test_all_faults_of_a_folder_are_told(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "vasprun.xml").write_text("torn")
    write_entries(tmp_path / "nan.json", entry(FULL, float("nan")))
    write_run(tmp_path / "good" / "vasprun.xml", FULL, -23)
    faults = Faults(gather=True)
    read_results(tmp_path, faults=faults)
    assert [fault.split()[0] for fault in faults.found] == ["nan.json:", "a/vasprun.xml"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hubbard": {"Ni": 5.0}}, r"differ in U of Ni \(6.2, 5 eV\)"),
        ({"hubbard": {}}, r"differ in the functional \(PBE\+U, PBE\)"),
        ({"tags": {"METAGGA": "R2SCAN"}}, r"the functional \(PBE\+U, R2SCAN\+U\)"),
        ({"potcars": {"Ni": "Ni"}}, r"the pseudopotential of Ni \(Ni_pv, Ni\)"),
    ],
)
def test_energies_that_cannot_be_compared_are_refused(tmp_path, change, words):
    write_run(tmp_path / "a" / "vasprun.xml", FULL, -23)
    write_run(tmp_path / "b" / "vasprun.xml", EMPTY, -17, **change)
    (group,) = read_results(tmp_path).groups
    with pytest.raises(SourceError, match=f"a/vasprun.xml and b/vasprun.xml {words}|{words}"):
        refuse_mixed(group.calculations)


def test_a_bad_work_order_is_told_once(tmp_path):
    labelled(tmp_path / "a", campaign=7)
    write_run(tmp_path / "a" / "lithiated" / "vasprun.xml", FULL, -23)
    write_run(tmp_path / "a" / "delithiated" / "vasprun.xml", EMPTY, -17)
    faults = Faults(gather=True)
    read_results(tmp_path, faults=faults)
    assert len(faults.found) == 1


def test_an_entry_with_corrections_and_one_without_are_refused(tmp_path):
    write_entries(tmp_path / "a.json", entry(FULL, -23, correction=-1.4), entry(EMPTY, -17))
    (group,) = read_results(tmp_path).groups
    with pytest.raises(SourceError, match=r"differ in corrections \(-1.4, 0 eV\)"):
        refuse_mixed(group.calculations)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"campaign": None}, "it has no 'campaign': export the order again"),
        ({"order": 3}, "it has no 'order'"),
        ({"content": []}, "it has no 'content'"),
        ({"content": {}}, "its content is no candidate"),
        ({"content": NMC.content()}, f"its content is of {NMC.id}, not of '{NICKEL.id}'"),
        ({"evaluator": 3}, "the evaluator 3 is no name"),
        ({"candidate": "../../etc"}, "its content is of"),
        ({"states": {"delithiated": {"lithium": "1/0"}}}, "'1/0' of the lithium is no fraction"),
        ({"states": {"delithiated": {"lithium": [1]}}}, r"\[1\] of the lithium"),
        ({"content": NICKEL.content() | {"sites": {"M": {"Ni": "1/0"}}}}, "its content"),
    ],
)
def test_a_work_order_that_was_changed_is_refused(tmp_path, change, words):
    labelled(tmp_path, **change)
    write_run(tmp_path / "vasprun.xml", FULL, -23)
    with pytest.raises(SourceError, match=f"candidate.json: {words}"):
        read_results(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "[" * 100_000])
def test_a_torn_work_order_is_refused(text):
    with pytest.raises(SourceError, match="here .*export the order again"):
        read_label("here", text)

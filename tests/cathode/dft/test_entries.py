"""Entries of pymatgen in JSON: crystals and numbers are taken out, and nothing else happens."""

import json
import math
import sys

import pytest

from cathode.dft.entries import read_entries
from cathode.errors import SourceError
from tests.calculations import entry, pair, write_entries

FULL, EMPTY = pair("olivine", "Fe")


def read(tmp_path, *entries):
    return read_entries(write_entries(tmp_path / "a.json", *entries), "a.json")


def changed(**fields):
    return entry(FULL, -190.0) | fields


def test_one_entry_and_a_list_of_them(tmp_path):
    (one,) = read(tmp_path, entry(FULL, -190.0))
    assert (one.where, one.energy, one.functional) == ("a.json", -190.0, "GGA+U")
    assert (one.exchange, one.hubbard, one.code) == ("PBE", {"Fe": 5.3}, "pymatgen entry")
    assert one.structure == FULL
    both = read(tmp_path, entry(FULL, -190.0), entry(EMPTY, -168.8))
    assert [each.where for each in both] == ["a.json, entry 1", "a.json, entry 2"]
    assert [each.lithium for each in both] == [4, 0]


def test_corrections_are_part_of_the_energy(tmp_path):
    (one,) = read(tmp_path, entry(FULL, -190.0, correction=-11.5))
    assert (one.energy, one.correction) == (-201.5, -11.5)


def test_titles_and_names_of_pseudopotentials(tmp_path):
    said = {"potcar_symbols": ["PAW_PBE Li_sv 10Sep2004", "Fe_pv"]}
    (one,) = read(tmp_path, changed(parameters=said))
    assert one.potcars == {"Li": "Li_sv", "Fe": "Fe_pv"}
    assert (one.functional, one.exchange) == ("", "")


def test_what_holds_no_entry_is_none(tmp_path):
    assert read(tmp_path, {"job": "custodian"}) == []
    assert read(tmp_path, {"a": 1}, {"b": 2}) == []


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"energy": math.nan}, "its energy is nan, which is no finite number"),
        ({"energy": math.inf}, "its energy is inf"),
        ({"energy": None}, "its energy is None"),
        ({"energy": "-190"}, "its energy is '-190'"),
        ({"energy": True}, "its energy is True"),
        ({"correction": math.nan}, "its correction is nan"),
        ({"structure": None}, "its crystal cannot be read"),
        ({"structure": {"lattice": {"matrix": []}, "sites": []}}, "its crystal cannot be read"),
        ({"parameters": {"hubbards": {"Fe": "much"}}}, "its U of Fe is 'much'"),
        ({"parameters": {"run_type": "G" * 99}}, "run_type: 99 characters: 60 are the most"),
        ({"parameters": {"run_type": "G\0"}}, "holds a character"),
        ({"@class": "ComputedEntry"}, "holds a ComputedEntry, which has no crystal"),
    ],
)
def test_an_entry_that_cannot_be_is_refused(tmp_path, told, words):
    with pytest.raises(SourceError, match=f"a.json.*{words}"):
        read(tmp_path, changed(**told))


def test_shared_sites_are_refused(tmp_path):
    told = entry(FULL, -190.0)
    told["structure"]["sites"][0]["species"] = [
        {"element": "Li", "occu": 0.5},
        {"element": "Na", "occu": 0.5},
    ]
    with pytest.raises(SourceError, match="its crystal cannot be read"):
        read(tmp_path, told)
    told["structure"]["sites"][0]["species"] = [{"element": "Li", "occu": 0.5}]
    with pytest.raises(SourceError, match="a site is shared"):
        read(tmp_path, told)


def test_a_list_of_entries_and_other_things_is_refused(tmp_path):
    with pytest.raises(SourceError, match="element 2 of 2 is no ComputedStructureEntry"):
        read(tmp_path, entry(FULL, -190.0), {"b": 2})


@pytest.mark.parametrize("text", ["", '{"energy": ', "[" * 100_000, "\x00"])
def test_torn_json_is_refused_with_its_name(tmp_path, text):
    file = tmp_path / "a.json"
    file.write_text(text)
    with pytest.raises(SourceError, match="sub/a.json is torn or no JSON"):
        read_entries(file, "sub/a.json")


def test_nothing_that_a_file_names_is_imported(tmp_path):
    told = entry(FULL, -190.0)
    evil = {"@module": "turtledemo", "@class": "Anything"}
    told["parameters"]["more"] = evil
    told["data"] = {"more": evil}
    told["structure"]["sites"][0]["properties"] = {"magmom": evil}
    file = tmp_path / "a.json"
    file.write_text(json.dumps(told))
    assert len(read_entries(file, "a.json")) == 1
    assert "turtledemo" not in sys.modules

import math

import pytest

from benchmarks.data import data_folder
from cathode.errors import SourceError
from cathode.sources.electrode_crystals import electrode_crystals
from tests.crystal_worlds import cif, pair, rock_salt, write_electrodes

CIF = cif(rock_salt("Li", "F", 4.0))


def record(name, **changes):
    known = {"formation_energy_per_atom": -1.5, "energy_per_atom": -4.0, "band_gap": None}
    return {"material_id": name, "cif": CIF, **known, **changes}


def read(tmp_path, pairs, records, ion="Li"):
    return electrode_crystals(write_electrodes(tmp_path, pairs, records), ion)


def test_one_row_per_discharged_structure(tmp_path):
    pairs = [
        pair("a", average_voltage=3.0, battery_max_voltage=99, capacity_vol=""),
        pair("a", average_voltage=2.0),
        pair("sodium", working_ion="Na"),
        pair("unverified", endpoints_verified="False"),
        pair("wild", average_voltage=12.2),
        pair("b", framework="of a"),
    ]
    table = read(tmp_path, pairs, [record(n) for n in ("b", "a", "sodium", "wild", "unverified")])
    assert table.names == ("a", "b")
    assert table.frameworks == ("of a", "of a")
    assert table.ions == ("Li", "Li")
    first = {name: values[0] for name, values in table.values.items()}
    assert first["average_voltage"] == 3.0
    assert math.isnan(first["maximum_voltage"])
    assert math.isnan(first["volumetric_capacity"])
    assert math.isnan(first["band_gap"])
    assert first["formation_energy_per_atom"] == -1.5
    assert not table.refused


def test_pairs_that_are_not_taken_are_counted_by_reason(tmp_path):
    pairs = [
        pair("a"),
        pair("a", average_voltage=2.0),
        pair("sodium", working_ion="Na"),
        pair("calcium", working_ion="Ca", endpoints_verified="False"),
        pair("unverified", endpoints_verified="False", average_voltage=12.2),
        pair("wild", average_voltage=12.2),
        pair("unknown", average_voltage=""),
        pair("lost"),
    ]
    lithium = read(tmp_path, pairs, [record("a")])
    assert lithium.left_out == {
        "not of Li": 2,
        "end points not verified": 1,
        "voltage outside 0 to 6 V": 1,
        "average voltage not known": 1,
        "a later pair of the same discharged structure": 1,
    }
    assert len(lithium) + len(lithium.refused) + sum(lithium.left_out.values()) == len(pairs)
    every = electrode_crystals(tmp_path, "all")
    assert every.left_out["end points not verified"] == 2
    assert len(every) + len(every.refused) + sum(every.left_out.values()) == len(pairs)


def test_the_first_usable_pair_gives_all_values(tmp_path):
    pairs = [
        pair("a", average_voltage=1.0, endpoints_verified="False"),
        pair("a", average_voltage=2.0, capacity_grav=100),
        pair("a", average_voltage=3.0, capacity_grav=50),
    ]
    for order, expected in ((pairs, (2.0, 100)), (pairs[::-1], (3.0, 50))):
        folder = tmp_path / str(expected[1])
        folder.mkdir()
        values = read(folder, order, [record("a")]).values
        assert (values["average_voltage"][0], values["gravimetric_capacity"][0]) == expected


def test_every_ion_at_once(tmp_path):
    pairs = [pair("a"), pair("b", working_ion="Na")]
    table = read(tmp_path, pairs, [record("a"), record("b")], "all")
    assert table.ions == ("Li", "Na")


def test_structures_that_cannot_be_used_are_named(tmp_path):
    records = [record("a"), record("bad", cif="garbage"), record("none", cif=None)]
    table = read(tmp_path, [pair(n) for n in ("a", "bad", "none", "lost")], records)
    assert table.names == ("a",)
    assert set(table.refused) == {"bad", "none", "lost"}
    assert table.refused["lost"] == "its structure is missing"


@pytest.mark.parametrize(
    ("pairs", "records", "ion", "words"),
    [
        ([pair("a")], [record("a")], "Mg", "no usable pair of Mg: ions are Li, or all"),
        ([pair("a", average_voltage="high")], [record("a")], "Li", "'high' is no number"),
        ([pair("a")], [record("a", band_gap="wide")], "Li", "band_gap 'wide' is no number"),
        ([pair("a")], [{"id": "a"}], "Li", "the record has no text 'material_id'"),
    ],
)
def test_wrong_files_are_named(tmp_path, pairs, records, ion, words):
    with pytest.raises(SourceError, match=words):
        read(tmp_path, pairs, records, ion)


def test_a_missing_column_is_named(tmp_path):
    folder = write_electrodes(tmp_path, [pair("a")], [record("a")])
    text = (folder / "pairs.csv").read_text()
    (folder / "pairs.csv").write_text(text.replace("battery_max_voltage", "max"))
    with pytest.raises(SourceError, match="no column 'battery_max_voltage'"):
        electrode_crystals(folder, "Li")


def test_the_real_pairs_are_as_many_as_their_source_says(monkeypatch):
    folder = data_folder() / "mp_electrodes"
    if not folder.exists():
        pytest.skip(f"no {folder}")
    # Parsing all would take a minute; what is looked at is which are chosen.
    seen = []
    monkeypatch.setattr(
        "cathode.sources.electrode_crystals.table_of",
        lambda _, rows, *_others: seen.extend(rows) or _Nothing(),
    )
    electrode_crystals(folder, "Li")
    assert 1500 < len(seen) <= 2048
    assert len({row.name for row in seen}) == len(seen)
    assert all("_cell_length_a" in row.cif for row in seen)


class _Nothing:
    def refusing(self, more):
        assert not more
        return self

    def leaving_out(self, more):
        assert sum(more.values()) == 5598 - 1976

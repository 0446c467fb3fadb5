import csv

import numpy as np
import pytest

from cathode.errors import SourceError, SpaceError
from cathode.sources.mp_electrodes import COORDINATES, REDOX, pair_coordinates, write_pool
from cathode.space import PoolSpace
from cathode.spec import PoolSpec, parse_spec
from tests.helpers import layered

POOL = "name,a,b,note,specific_energy (Wh/kg)\nx,1,2,first,700\ny,2,3,,800\nz,3,1,,900\n"


def spec_of(path, **changes):
    return PoolSpec.model_validate(
        {"table": path, "name": "name", "coordinates": ["a", "b"]} | changes
    )


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "pool.csv"
    path.write_text(POOL)
    return path


def test_rows_are_candidates_with_their_names(table):
    space = PoolSpace.from_spec(spec_of(table))
    assert space.size == 3
    assert set(space.named()) == {"x", "y", "z"}
    assert np.array_equal(space.encode(list(space)), [[1, 2], [2, 3], [3, 1]])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,a\nx,1\n", "no column 'b'"),
        ("name,a,b\nx,1,2\nx,2,3\n", "line 3: 'x' is the name of .*line 2, too"),
        ("name,a,b\nx,1,\n", "line 2, column b"),
        ("name,a,b\n,1,2\n", "column name: the cell is empty"),
        ("name,a,b\n", "no row"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, words):
    path = tmp_path / "pool.csv"
    path.write_text(text)
    with pytest.raises((SourceError, SpaceError), match=words):
        PoolSpace.from_spec(spec_of(path))


def test_a_campaign_screens_a_pool(table, sqlite_ledger, tmp_path):
    from cathode.ledger import campaigns
    from cathode.loop import next_turn, run_turn
    from cathode.loop.observations import observe
    from cathode.settings import Settings
    from flows.wiring import wire

    rng = np.random.default_rng(0)
    X = rng.random((40, 2))
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "a", "b", "specific_energy (Wh/kg)"])
        writer.writerows([f"m{i}", *x, 700 + 100 * x[0] - 50 * x[1]] for i, x in enumerate(X))
    spec = parse_spec(
        layered(
            space={"table": "pool.csv", "name": "name", "coordinates": ["a", "b"]},
            evaluator={"kind": "table", "path": "pool.csv"},
            constraints=[],
            surrogates=[{"kind": "gp"}],
        ),
        "test",
        tmp_path,
    )
    with sqlite_ledger.write() as connection:
        revision = campaigns.register(connection, spec, "me")
    loop = wire(sqlite_ledger, Settings.at(tmp_path), spec, revision)
    while (turn := next_turn(loop)) is not None:
        run_turn(loop, turn)
    found = observe(sqlite_ledger, "small").outcomes
    assert len(found) == 9
    best = max(found, key=lambda o: o.values["specific_energy"])
    values = sorted(700 + 100 * X[:, 0] - 50 * X[:, 1])
    assert best.values["specific_energy"] == pytest.approx(values[-1])


PAIRS = (
    "battery_id,working_ion,formula_charge,formula_discharge,average_voltage,capacity_grav,"
    "energy_grav,endpoints_verified\n"
    "b1,Li,CoO2,LiCoO2,3.9,273,1065,True\n"
    "b2,Li,CoO2,LiCoO2,3.8,273,1037,True\n"  # another polymorph
    "b3,Li,Fe4P4O16,LiFePO4,3.4,170,578,True\n"
    "b4,Na,CoO2,NaCoO2,2.8,235,658,True\n"
    "b5,Li,Mn2O4,LiMn2O4,9.9,148,1465,True\n"
    "b6,Li,TiO2,LiTiO2,1.6,308,493,False\n"
)


def test_voltage_pairs_become_a_pool(tmp_path):
    source, target = tmp_path / "pairs.csv", tmp_path / "pool.csv"
    source.write_text(PAIRS)
    written = write_pool(source, target, "Li")
    assert written.rows == 2
    assert written.left_out == {
        "looks the same as an earlier pair": 1,
        "not of Li": 1,
        "voltage outside 0 to 6 V": 1,
        "end points not verified": 1,
    }
    first, second = csv.DictReader(target.read_text().splitlines())
    assert first["name"] == "b1 CoO2 to LiCoO2"
    assert float(first["ions_exchanged_per_atom"]) == pytest.approx(1 / 3, abs=1e-6)
    assert float(second["ions_per_atom"]) == pytest.approx(1 / 6, abs=1e-6)
    assert float(second["oxygen_fraction"]) == pytest.approx(2 / 3, abs=1e-6)
    assert float(first["redox_state_discharged"]) == 3
    assert float(second["redox_state_charged"]) == 3
    space = PoolSpace.from_spec(spec_of(target, coordinates=[*COORDINATES, *REDOX]))
    assert space.size == 2


def test_ions_of_more_charge_take_more_electrons():
    at = [*COORDINATES, *REDOX].index("redox_state_discharged")
    found = [pair_coordinates("MnO2", f"{ion}MnO2", ion)[at] for ion in ("Li", "Mg", "Al")]
    assert found == [3, 2, 1]


def test_a_table_without_pairs_is_refused(tmp_path):
    source = tmp_path / "pairs.csv"
    source.write_text("a,b\n1,2\n")
    with pytest.raises(SourceError, match="no column 'battery_id'"):
        write_pool(source, tmp_path / "pool.csv", "Li")
    assert not (tmp_path / "pool.csv").exists()

from fractions import Fraction

import pytest

from agents.evaluators.table import TableEvaluator
from cathode.errors import SourceError, SpaceError
from cathode.model import Candidate, Status
from cathode.space import SearchSpace
from cathode.spec import TableSpec, parse_spec
from tests.contracts.evaluator import EvaluatorContract
from tests.helpers import layered, truth

F = Fraction
NMC = Candidate.of("layered", {"M": {"Ni": F(6, 10), "Mn": F(2, 10), "Co": F(2, 10)}})


class TestTable(EvaluatorContract):
    @pytest.fixture
    def evaluator(self, small_spec):
        return TableEvaluator(small_spec.evaluator, small_spec)

    @pytest.fixture
    def space(self, small_space):
        return small_space

    @pytest.fixture
    def candidate(self):
        return NMC


def table(tmp_path, text, **changes):
    path = tmp_path / "own.csv"
    path.write_text(text)
    spec = parse_spec(layered(**changes), "test")
    return TableEvaluator(TableSpec(kind="table", path=path), spec)


def test_values_are_those_of_the_row(small_spec):
    found = TableEvaluator(small_spec.evaluator, small_spec).evaluate(NMC)
    assert {m.property: m.value for m in found} == pytest.approx(truth(0.6, 0.2, 0.2))


def test_missing_rows_and_cells_are_failures_with_their_cause(tmp_path):
    one = table(tmp_path, "Ni,Mn,specific_energy (Wh/kg),volume_change (%)\n0.5,0.5,800,\n")
    half = Candidate.of("layered", {"M": {"Ni": F(1, 2), "Mn": F(1, 2)}})
    energy, volume = one.evaluate(half)
    assert (energy.status, energy.value) == (Status.OK, 800)
    assert (volume.status, volume.cause) == (Status.FAILED, "missing")
    assert "cell is empty" in volume.detail
    assert {m.detail for m in one.evaluate(NMC)} == {"the table has no such row"}


@pytest.mark.parametrize(("cell", "limit"), [("<0.8", "<"), ("> 0.8", ">")])
def test_a_cell_may_hold_a_bound(tmp_path, cell, limit):
    one = table(tmp_path, f"Ni,Mn,specific_energy (kWh/kg)\n0.5,0.5,{cell}\n")
    half = Candidate.of("layered", {"M": {"Ni": F(1, 2), "Mn": F(1, 2)}})
    (energy,) = one.evaluate(half)
    assert (energy.status, energy.value, energy.bound) == (Status.BOUND, 800, limit)


def test_units_are_converted_and_notes_are_left_alone(tmp_path):
    one = table(tmp_path, "Ni,note,specific_energy (kJ/kg)\n1,first batch,3600\n")
    (m,) = one.evaluate(Candidate.of("layered", {"M": {"Ni": F(1)}}))
    assert (m.value, m.unit) == (pytest.approx(1000), "Wh/kg")


def test_fractions_may_be_written_as_such(tmp_path):
    one = table(tmp_path, "Ni,Mn,specific_energy (Wh/kg)\n1/3,2/3,800\n")
    third = Candidate.of("layered", {"M": {"Ni": F(1, 3), "Mn": F(2, 3)}})
    assert one.evaluate(third)[0].value == 800


def test_headings_may_be_written_loosely_and_absent_elements_left_empty(tmp_path):
    one = table(tmp_path, "Ni ,Mn,Co,specific_energy(Wh/kg)\n0.5,0.5,,800\n\n")
    half = Candidate.of("layered", {"M": {"Ni": F(1, 2), "Mn": F(1, 2)}})
    assert [m.value for m in one.evaluate(half)] == [800]


def test_a_table_of_another_encoding_says_how_to_save_it(tmp_path):
    path = tmp_path / "own.csv"
    path.write_bytes("Ni,specific_energy (Wh/kg),note\n1,800,Jürgen\n".encode("latin-1"))
    with pytest.raises(SourceError, match="save the table as 'CSV UTF-8'"):
        TableEvaluator(TableSpec(kind="table", path=path), parse_spec(layered(), "test"))


def test_what_the_table_answers_of_a_space_is_told(tmp_path):
    text = "Ni,Mn,specific_energy (Wh/kg)\n0.5,0.5,1\n1,0,1\n0.55,0.45,1\n"
    space = SearchSpace.from_spec(parse_spec(layered(), "test").space)
    assert table(tmp_path, text).check(space) == (
        "the table has a row for 2 of the space's 35 candidates, and 1 rows outside the space"
    )


def test_a_specs_own_properties_may_head_columns(tmp_path):
    one = table(tmp_path, "Ni,retention (%)\n1,87\n", properties={"retention": {"unit": "%"}})
    assert [p.name for p in one.properties] == ["retention"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(
            "Ni,Mn,specific_energy (Wh/kg)\n0.5,0.6,1\n", ["line 2", "sum to 1.1"], id="sum"
        ),
        pytest.param("Ni,specific_energy (Wh/kg)\n1,1\n1.0,2\n", ["line 3", "twice"], id="twice"),
        pytest.param(
            "Ni,specific_energy\n1,1\n",
            ["'specific_energy' has no unit", "head it 'specific_energy (Wh/kg)'"],
            id="no unit",
        ),
        pytest.param(
            "Ni,specific_energy (V)\n1,1\n",
            ["'V' is no unit of specific_energy", "head it 'specific_energy (Wh/kg)'"],
            id="other unit",
        ),
        pytest.param(
            "Ni,specific_energy (Wh/kg)\n1,high\n",
            ["line 2", "specific_energy", "'high'"],
            id="text",
        ),
        pytest.param("Ni,specific_energy (Wh/kg)\n1,nan\n", ["line 2", "not finite"], id="nan"),
        pytest.param("Ni,enrgy (V)\n1,1\n", ["'enrgy (V)'", "no known property"], id="property"),
        pytest.param("Ni,energy\n1,1\n", ["no column is headed by a property"], id="no property"),
        pytest.param("Ni,specific_energy (Wh/kg)\n", ["no rows"], id="no rows"),
        pytest.param("Ni,specific_energy (Wh/kg)\nx,1\n", ["column Ni", "'x'"], id="fraction"),
        pytest.param("", ["the table is empty"], id="empty"),
        pytest.param(
            "Ni,Mn,specific_energy (Wh/kg)\n1.1,-0.1,1\n",
            ["line 2, column Mn: -0.1 is below zero"],
            id="negative",
        ),
        pytest.param(
            "Ni,specific_energy (Wh/kg),specific_energy (Wh/kg)\n1,1,2\n",
            ["column 'specific_energy (Wh/kg)' stands in the table twice"],
            id="column twice",
        ),
        pytest.param(
            "Ni,specific_energy (Wh/kg),specific_energy (kJ/kg)\n1,1,2\n",
            ["specific_energy has two columns"],
            id="property twice",
        ),
        pytest.param("Ni,Ni,specific_energy (Wh/kg)\n1,0,2\n", ["'Ni' stands"], id="Ni twice"),
        pytest.param(
            "Ni,specific_energy (Wh/kg)\n1,849,5\n",
            ["line 2", "3 cells under 2 headings", "decimals with a point"],
            id="decimal comma",
        ),
        pytest.param(
            "Ni,specific_energy (Wh/kg)\n1\n", ["line 2", "1 cells under 2"], id="short row"
        ),
        pytest.param(
            'Ni,specific_energy (Wh/kg)\n1,"849,5"\n',
            ["'849,5' is no number", "decimal point"],
            id="quoted decimal comma",
        ),
        pytest.param(
            "Ni;specific_energy (Wh/kg)\n1;849\n", ["parted by semicolons"], id="semicolons"
        ),
        pytest.param(
            "Ni,Cobalt,specific_energy (Wh/kg)\n0.9,0.1,1\n",
            ["Ni 0.9 sum to 0.9", "by its symbol (found: Ni)"],
            id="misspelt element",
        ),
        pytest.param(
            "Ni,spec_energy (Wh/kg)\n1,1\n", ["did you mean 'specific_energy'"], id="near"
        ),
        pytest.param("Ni,specific_energy (Wh/kg)\n1,\n", ["not one cell"], id="no value"),
    ],
)
def test_a_wrong_table_names_row_and_column(tmp_path, text, words):
    with pytest.raises(SourceError) as caught:
        table(tmp_path, text)
    for word in ["own.csv", *words]:
        assert word in str(caught.value)


def test_a_missing_table_is_named(tmp_path):
    spec = parse_spec(layered(), "test")
    with pytest.raises(SourceError, match=r"none\.csv"):
        TableEvaluator(TableSpec(kind="table", path=tmp_path / "none.csv"), spec)


def test_a_table_without_a_candidate_of_the_space_is_refused(tmp_path):
    one = table(tmp_path, "Ni,Mn,specific_energy (Wh/kg)\n0.15,0.85,1\n")
    space = SearchSpace.from_spec(parse_spec(layered(), "test").space)
    with pytest.raises(SpaceError, match="none of its 1 rows lies in the space"):
        one.check(space)

"""``cathode suggest`` and ``cathode backtest`` as a user meets them."""

import json
import os
import subprocess

import numpy as np
import pytest

from tests.flows.commands import COMMAND, cathode, start

RNG = np.random.default_rng(0)
ROWS = RNG.random((40, 3)).round(3)
VALUES = -((ROWS - 0.4) ** 2).sum(axis=1)


def question(tested, **changes):
    content = {
        "columns": ["a", "b", "c"],
        "rows": ROWS.tolist(),
        "observed": list(tested),
        "values": [float(VALUES[i]) for i in tested],
        "goal": "max",
        "seed": 1,
    }
    return json.dumps(content | changes)


def asked(text, *options):
    return subprocess.run(
        [COMMAND, "suggest", *options], input=text, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def stream():
    """One process that answers line by line."""

    process = subprocess.Popen(
        [COMMAND, "suggest", "--stream"],
        env=dict(os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def ask(text):
        process.stdin.write(text + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    yield ask
    process.communicate()
    assert process.returncode == 0


def test_one_question_on_standard_input(home):
    done = asked(question(range(10)))
    assert done.returncode == 0, done.stderr
    index = json.loads(done.stdout)["index"]
    assert index in range(10, 40)
    assert not home.exists(), "a suggestion writes nothing"


@pytest.mark.slow
def test_a_design_that_steps_in_is_told():
    done = asked(question(range(1)))
    assert done.returncode == 0
    assert "a Sobol design chose row" in done.stderr
    assert "target has 1 values: a GP needs 2" in done.stderr
    assert asked(question(range(5))).stderr == ""


def test_a_search_in_the_stream_finds_the_best(stream):
    tested = [0, 1]
    while int(np.argmax(VALUES)) not in tested:
        tested.append(stream(question(tested))["index"])
        assert len(set(tested)) == len(tested)
    assert len(tested) < 20, "chance needs 21 on average"


def test_the_same_question_has_the_same_answer(stream):
    assert stream(question(range(8))) == stream(question(range(8)))


def test_small_values_are_found_too(stream):
    tested = [0, 1]
    for _ in range(15):
        tested.append(stream(question(tested, goal="min"))["index"])
    assert int(np.argmin(VALUES)) in tested


@pytest.mark.parametrize("known", [0, 1, 2])
def test_few_results_are_enough_for_an_answer(stream, known):
    assert stream(question(range(known)))["index"] in range(known, 40)


def test_equal_values_and_columns_without_change_are_no_trouble(stream):
    rows = [[*row, 7.0] for row in ROWS.tolist()]
    text = question(range(5), columns=["a", "b", "c", "d"], rows=rows, values=[1.0] * 5)
    assert stream(text)["index"] in range(5, 40)


def test_rows_that_are_equal_count_as_one_until_only_repeats_are_left(stream):
    rows = [[0.0], [0.0], [1.0], [1.0]]
    ask = {"columns": ["a"], "rows": rows}
    assert stream(question([0], **ask, values=[1.0]))["index"] == 2
    assert stream(question([0, 2], **ask, values=[1.0, 2.0]))["index"] == 1


WRONG = [
    pytest.param("no json", "Invalid JSON", id="no json"),
    pytest.param(question(range(3), goal="maximum"), "goal", id="goal"),
    pytest.param(question(range(3), gaol="max"), "did you mean 'goal'", id="unknown key"),
    pytest.param(question([], columns=["a", "a", "c"]), "'a' is named twice", id="name twice"),
    pytest.param(question(range(3), values=[1.0]), "3 rows observed with 1 values", id="values"),
    pytest.param(question([], observed=[40], values=[1]), "observed row 40", id="row number"),
    pytest.param(question([], rows=[[1, 2]]), "rows.0 has 2 numbers for 3 columns", id="width"),
    pytest.param(question([], rows=[[1, 2, "x"]]), "rows.0.2", id="text"),
    pytest.param(question(range(40)), "all 40 rows were tested", id="nothing left"),
]


@pytest.mark.parametrize(("text", "words"), WRONG)
def test_a_wrong_question_in_the_stream_is_answered_in_words(stream, text, words):
    assert words in stream(text)["error"]
    assert "index" in stream(question(range(5))), "the stream goes on"


def test_a_wrong_question_alone_is_exit_code_two():
    done = asked(question([], observed=[40], values=[1]))
    assert done.returncode == 2
    assert done.stdout == ""
    assert "observed row 40: rows are numbered from 0 to 39" in done.stderr


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "known.csv"
    lines = [",".join(map(str, [*row, y])) for row, y in zip(ROWS, VALUES, strict=True)]
    path.write_text("\n".join(["a,b,c,y", *lines]))
    return path


@pytest.mark.slow
def test_a_backtest_compares_with_chance_and_keeps_what_it_did(home, table):
    command = ("backtest", table, "--target", "y", "--goal", "max", "--seeds", "2", "--json")
    done = cathode(*command)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    bayesian, random = found["strategies"]
    assert bayesian["strategy"].startswith("bayesian gp-")
    assert random["strategy"] == "random"
    assert bayesian["acceleration"] > 1.5
    assert bayesian["faults"] == 0
    assert bayesian["acceleration"] > random["acceleration"]
    curve = found["mean_top_share"]["random"]
    assert len(curve) == 40
    assert curve == sorted(curve)
    kept = {file: file.stat().st_mtime_ns for file in home.glob("backtests/*/*.json")}
    assert len(kept) == 4
    assert json.loads(cathode(*command).stdout) == found
    assert kept == {file: file.stat().st_mtime_ns for file in home.glob("backtests/*/*.json")}


@pytest.mark.slow
def test_a_killed_backtest_goes_on_where_it_was(home, table):
    command = ("backtest", table, "--target", "y", "--goal", "max", "--seeds", "4", "--json")

    run = start(*command, env=os.environ)
    while not list(home.glob("backtests/*/*.json")):
        assert run.poll() is None
    run.kill()
    run.communicate()
    kept = {file: file.stat().st_mtime_ns for file in home.glob("backtests/*/*.json")}
    assert 0 < len(kept) < 8
    assert cathode(*command).returncode == 0
    assert all(file.stat().st_mtime_ns == when for file, when in kept.items())
    assert len(list(home.glob("backtests/*/*.json"))) == 8


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--target", "z", "--goal", "max"], "has no column 'z'"),
        (["--target", "y", "--goal", "most"], "most"),
    ],
)
def test_a_wrong_backtest_writes_nothing(home, table, arguments, words):
    done = cathode("backtest", table, *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert not home.exists()

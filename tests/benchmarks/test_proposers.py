"""What of the comparison with other tools needs none of them: protocol, replays, spaces, sums."""

import json
import sys

import numpy as np
import pytest

from benchmarks.data import VARIABLE
from benchmarks.peer_replays import PeerBacktest, PeerError, opened, question
from benchmarks.peer_skill import skill, summary
from benchmarks.peers.mixtures import CASES, HOURS, TEMPERATURES, Mixture
from benchmarks.peers.protocol import Growing, Question
from cathode.sources.numeric_table import NumericTable
from cathode.spec import GPSpec, RandomSpec
from flows.backtesting import Strategy, replay

RNG = np.random.default_rng(0)
X = RNG.random((30, 2)).round(3)
TABLE = NumericTable(("a", "b"), "y", X, X.sum(axis=1), np.ones(30, dtype=int))
ROWS = X.tolist()

SERVE = "from benchmarks.peers.protocol import serve; serve(lambda question: {})"
FIRST = SERVE.format("print('a tool that talks') or min(question.untested)")


def peer(code):
    """A tool of one line that runs where this test does."""
    return (sys.executable, "-c", code)


def backtest(folder, command):
    return PeerBacktest(TABLE, "max", command, (), folder)


def test_a_peer_starts_as_the_product_does_and_is_asked_row_after_row(tmp_path):
    seeds = dict(backtest(tmp_path, peer(FIRST)).replays([0, 1]))
    assert sorted(seeds) == [0, 1]
    best = set(np.argsort(-TABLE.y)[:2].tolist())
    product = Strategy(RandomSpec(kind="random"), GPSpec(kind="gp"))
    for seed, done in seeds.items():
        start, rest = done.tested[:2], done.tested[2:]
        assert start == replay(TABLE, "max", product, seed).tested[:2]
        assert rest == [row for row in range(30) if row not in start][: len(rest)]
        assert best <= set(done.tested)
        assert not best <= set(done.tested[:-1]), "it stops when all is found"


def test_finished_replays_are_kept_under_what_decides_them(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("one")

    def run(interpreter, folder=tmp_path / "kept"):
        command = (interpreter, "-c", FIRST)
        return dict(PeerBacktest(TABLE, "max", command, (script,), folder).replays([3]))

    done = run(sys.executable)
    assert run("/no/such/python") == done, "nothing is started again"
    script.write_text("two")
    with pytest.raises(FileNotFoundError):
        run("/no/such/python")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (SERVE.format("1 / 0"), "answered: ZeroDivisionError"),
        (SERVE.format("question.observed[0]"), "suggests row"),
        (SERVE.format("99"), "suggests row 99"),
        ("raise SystemExit(3)", "ended with code 3"),
    ],
)
def test_a_peer_that_fails_is_told(tmp_path, code, words):
    with pytest.raises(PeerError, match=words):
        list(backtest(tmp_path, peer(code)).replays([0]))
    assert not list(tmp_path.iterdir())


def test_an_error_does_not_end_the_stream():
    with opened(peer(SERVE.format("min(question.untested)"))) as stream:
        with pytest.raises(PeerError, match="TypeError"):
            stream.ask({"rows": []})
        assert stream.ask(question(TABLE, "max", [0, 2], 0, ROWS)) == 1


def asked(observed, seed=0, goal="max"):
    known = question(TABLE, goal, observed, seed, ROWS)
    return Question(**json.loads(json.dumps(known)))


def test_a_campaign_that_goes_on_is_told_only_what_is_new():
    told = []
    growing = Growing(lambda _: [], lambda campaign, _, rows, __: (campaign, told.append(rows)))
    first = growing.at(asked([4, 5]))
    assert growing.at(asked([4, 5, 6])) is first
    assert growing.at(asked([4, 5, 6], seed=1)) is not first
    growing.at(asked([4, 5, 6, 7], goal="min"))
    assert told == [[4, 5], [6], [4, 5, 6], [4, 5, 6, 7]]


def test_a_question_is_put_as_tools_want_it():
    rows = [[1.0, 7.0, 0.0], [3.0, 7.0, 5.0], [2.0, 7.0, 10.0]]
    one = Question(["a", "b", "c"], rows, [1], [2.5], "min", 0)
    assert one.X.tolist() == [[0, 0], [1, 0.5], [0.5, 1]], "scaled, without what never changes"
    assert one.untested == [0, 2]
    assert one.gains.tolist() == [-2.5]


def test_mixtures_are_counted_and_sampled():
    assert CASES["listed"].size == 478_170
    assert CASES["wide"].size > 10**12
    small = Mixture(parts=3, steps=4)
    drawn = small.sample(500, np.random.default_rng(0))
    assert len(np.unique(drawn[:, :3], axis=0)) == 15
    assert small.size == 15 * len(TEMPERATURES) * len(HOURS)
    assert small.members(drawn) == len(np.unique(drawn, axis=0))
    assert small.scaled(drawn).min(axis=0).tolist() == [0] * 5
    assert small.scaled(drawn).max(axis=0).tolist() == [1] * 5


def test_only_what_is_in_a_space_as_it_stands_counts():
    small = Mixture(parts=3, steps=4)
    good = [1, 1, 2, TEMPERATURES[0], HOURS[0]]
    wrong = [
        [1.2, 0.8, 2, *good[3:]],
        [1, 1, 1, *good[3:]],
        [-1, 3, 2, *good[3:]],
        [1, 1, 2, TEMPERATURES[0] + 1, HOURS[0]],
    ]
    assert small.members(np.array([good, good, *wrong])) == 1


def test_the_summary_of_known_curves():
    found = np.ones((2, 20))
    found[0, :4] = 0.5
    found[1, :8] = [0, 0, 0, 0, 0, 0.5, 0.5, 0.5]
    told = summary(found)
    assert told["experiments to 80%, median"] == pytest.approx(7)
    assert told["quartiles"] == "6.0 to 8.0"
    assert told["AF at 80%"] == pytest.approx(0.8 * 20 / 9)
    assert told["largest EF"] == pytest.approx(0.75 * 20 / 6), "not the 5 of the random start"
    assert told["first hit, median"] == pytest.approx(3.5)


def test_tables_that_are_not_there_are_skipped_with_a_reason(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert skill(["AgNP"], [], 1, None) == ([], {})
    assert "AgNP skipped: no file" in capsys.readouterr().err

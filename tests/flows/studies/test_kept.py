"""Results that are kept as they come."""

import json

import pytest

from cathode.errors import StudyError
from flows.studies.kept import RESULTS, keeping

KEY = ("trial", "split")


def test_a_torn_line_is_cut_off(tmp_path):
    folder = tmp_path / "out"
    with keeping(folder, KEY, {"seed": 1}, fresh=False) as kept:
        kept.put(("linear", 0), {"rmse": 1.0})
        kept.put(("linear", 1), {"rmse": 2.0})
    file = folder / RESULTS
    file.write_bytes(file.read_bytes()[:-7])
    with keeping(folder, KEY, {"seed": 1}, fresh=False) as kept:
        assert kept.get("linear", 0) == {"rmse": 1.0}
        assert kept.get("linear", 1) is None
        kept.put(("linear", 1), {"rmse": 2.0})
    assert len(file.read_text().splitlines()) == 3


def test_a_torn_first_line_is_written_anew(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / RESULTS).write_text('{"settings": {"se')
    for _ in range(2):
        with keeping(folder, KEY, {"seed": 1}, fresh=False):
            (line,) = (folder / RESULTS).read_text().splitlines()
            assert json.loads(line)["settings"] == {"seed": 1}


def test_what_is_asked_for_afresh_is_made_anew(tmp_path):
    with keeping(tmp_path / "out", KEY, {"seed": 1}, fresh=False) as kept:
        kept.put(("linear", 0), {"rmse": 1.0})
    with keeping(tmp_path / "out", KEY, {"seed": 2}, fresh=True) as kept:
        assert kept.get("linear", 0) is None
    with keeping(tmp_path / "out", KEY, {"seed": 2}, fresh=False) as kept:
        assert kept.get("linear", 0) is None


def test_two_processes_do_not_share_a_folder(tmp_path):
    with (
        keeping(tmp_path / "out", KEY, {}, fresh=False),
        pytest.raises(StudyError, match="another process is at work"),
        keeping(tmp_path / "out", KEY, {}, fresh=False),
    ):
        pass


def test_a_series_of_results_keeps_its_id_until_a_fresh_start(tmp_path):
    ids = []
    for fresh in (False, False, True):
        with keeping(tmp_path / "out", KEY, {}, fresh=fresh) as kept:
            ids.append(kept.id)
    assert ids[0] == ids[1] != ids[2]

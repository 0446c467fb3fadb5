"""Logs of members, as a kill leaves them."""

import numpy as np
import pytest

from flows.crystals.members import Work, _progress, train_members
from surrogates.cgcnn.network import Sizes
from surrogates.cgcnn.trained import Epoch
from surrogates.cgcnn.training import TrainingSettings
from tests.crystal_worlds import toy

WORK = Work(
    "hardness",
    toy(32),
    [(np.arange(24), np.arange(24, 32))],
    Sizes(atom=8, hidden=8, convolutions=1, outputs=2),
    TrainingSettings(epochs=3, batch=8),
    0,
)


@pytest.mark.parametrize("torn", ["[3, 0.5", "[3, 0.5, 0.2", "\x00\x00\x00"])
def test_a_torn_line_is_cut_off_and_training_goes_on(tmp_path, monkeypatch, torn):
    monkeypatch.setenv("CATHODE_WORKERS", "1")
    log = tmp_path / "member-0.log"
    log.write_text(f"[1, 0.9, 0.4]\n[2, 0.7, 0.3]\n{torn}")
    assert _progress(WORK, 1, tmp_path).epoch == Epoch(2, 0.7, 0.3)
    told = []
    train_members(WORK, 1, tmp_path, 1, told.append)
    assert told[-1].done == 3
    lines = log.read_text().splitlines()
    assert lines[:2] == ["[1, 0.9, 0.4]", "[2, 0.7, 0.3]"]
    assert len(lines) == 5
    assert torn not in lines[2]


@pytest.mark.parametrize("line", ["[1, 0.9[2, 0.7, 0.3]", "\x00\x00", "7", "[1, 2]", ""])
def test_a_line_that_cannot_be_read_is_passed_over(tmp_path, line):
    (tmp_path / "member-0.log").write_text(f"[1, 0.9, 0.4]\n{line}\n")
    found = _progress(WORK, 2, tmp_path)
    assert (found.done, found.total, found.epoch) == (1, 6, Epoch(1, 0.9, 0.4))
    (tmp_path / "member-0.log").write_text(f"{line}\n")
    assert _progress(WORK, 2, tmp_path).epoch is None

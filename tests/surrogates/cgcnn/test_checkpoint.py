import os
import signal

import pytest
import torch

from surrogates.cgcnn import checkpoint
from surrogates.cgcnn.checkpoint import read_checkpoint, write_checkpoint


def test_what_is_kept_is_found(tmp_path):
    state = {"a": torch.arange(3), "b": {"c": [1, 0.1, "x", None, True]}}
    write_checkpoint(tmp_path / "new" / "kept.pt", state)
    found = read_checkpoint(tmp_path / "new" / "kept.pt")
    assert torch.equal(found.pop("a"), state.pop("a"))
    assert found == state


def test_there_is_none(tmp_path):
    assert read_checkpoint(tmp_path / "none.pt") is None


@pytest.mark.parametrize("content", [b"", b"torn", b"PK\x03\x04 half a file"])
def test_a_damaged_one_is_told(tmp_path, caplog, content):
    (tmp_path / "kept.pt").write_bytes(content)
    assert read_checkpoint(tmp_path / "kept.pt") is None
    assert "kept.pt is damaged" in caplog.text


def test_what_is_no_state_is_not_taken(tmp_path):
    torch.save([1], tmp_path / "kept.pt")
    assert read_checkpoint(tmp_path / "kept.pt") is None


def test_nothing_in_it_is_executed(tmp_path, caplog):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "exploded"),)

    torch.save({"a": Bomb()}, tmp_path / "kept.pt")
    assert read_checkpoint(tmp_path / "kept.pt") is None
    assert not (tmp_path / "exploded").exists()


def test_killed_while_writing_the_old_one_stays(tmp_path, monkeypatch):
    file = tmp_path / "kept.pt"
    write_checkpoint(file, {"epoch": 1})

    def half(state, out):
        out.write(b"half")
        out.flush()
        os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:
        monkeypatch.setattr(checkpoint.torch, "save", half)
        write_checkpoint(file, {"epoch": 2})
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert read_checkpoint(file) == {"epoch": 1}

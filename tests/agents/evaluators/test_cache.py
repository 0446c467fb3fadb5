import json
import signal
import subprocess
import sys
import time

import pytest

from agents.evaluators.cache import ContentCache


def counting(results):
    calls = []

    def compute():
        calls.append(1)
        return results

    return compute, calls


def test_a_result_is_computed_once(tmp_path):
    compute, calls = counting({"energy": 0.1 + 0.2})
    one, other = (ContentCache(tmp_path).get({"a": 1, "b": [2]}, compute) for _ in "ab")
    assert one == other == {"energy": 0.1 + 0.2}
    assert len(calls) == 1


def test_every_part_of_the_key_matters_and_its_order_does_not(tmp_path):
    compute, calls = counting(1)
    cache = ContentCache(tmp_path)
    for key in ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1, "b": 3}, {"a": 1}):
        cache.get(key, compute)
    assert len(calls) == 3


def test_an_error_keeps_nothing(tmp_path):
    cache = ContentCache(tmp_path)
    with pytest.raises(ZeroDivisionError):
        cache.get({"a": 1}, lambda: 1 / 0)
    assert cache.get({"a": 1}, lambda: 5) == 5


@pytest.mark.parametrize("damage", [b"", b'{"key": {}, "resu', b"\xff\xfe"])
def test_a_damaged_file_is_noticed_and_replaced(tmp_path, caplog, damage):
    cache = ContentCache(tmp_path)
    cache.get({"a": 1}, lambda: 5)
    (file,) = tmp_path.rglob("*.json")
    file.write_bytes(damage)
    assert cache.get({"a": 1}, lambda: 6) == 6
    assert "is damaged" in caplog.text
    assert json.loads(file.read_text())["result"] == 6


SLOW = """
import sys, time
from pathlib import Path
from agents.evaluators.cache import ContentCache
def compute():
    with open(sys.argv[2], "a") as file:
        file.write("x")
    print("computing", flush=True)
    time.sleep(float(sys.argv[3]))
    return 7
print(ContentCache(Path(sys.argv[1])).get({"a": 1}, compute), flush=True)
"""


def start(folder, log, seconds):
    return subprocess.Popen(
        [sys.executable, "-c", SLOW, folder, log, str(seconds)], stdout=subprocess.PIPE, text=True
    )


def test_two_processes_compute_once_between_them(tmp_path):
    log = tmp_path / "log"
    both = [start(tmp_path / "cache", log, 1) for _ in "ab"]
    assert [process.communicate(timeout=60)[0].split()[-1] for process in both] == ["7", "7"]
    assert log.read_text() == "x"


def test_a_killed_process_leaves_no_lock_and_no_half_result(tmp_path):
    log = tmp_path / "log"
    first = start(tmp_path / "cache", log, 600)
    assert first.stdout.readline() == "computing\n"
    first.send_signal(signal.SIGKILL)
    first.communicate()
    began = time.monotonic()
    second = start(tmp_path / "cache", log, 0)
    assert second.communicate(timeout=60)[0].split()[-1] == "7"
    assert time.monotonic() - began < 30
    assert log.read_text() == "xx"

"""Commands under guards: they end with their parent, and are started again when they die."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from flows.services import FIRST_PAUSE, Service

FAMILY = """
import os, subprocess, sys, time
here = [sys.executable, "-c", "import time; time.sleep(600)"]
children = [subprocess.Popen(here), subprocess.Popen(here, start_new_session=True)]
# One whose parent is gone already, in a session of its own.
subprocess.run([sys.executable, "-c", "import subprocess, sys; subprocess.Popen("
    "[sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)"])
print("ready", flush=True)
time.sleep(600)
"""

PARENT = """
import os, sys, time
from pathlib import Path
from flows.services import Service
service = Service("family", [sys.executable, sys.argv[1]], Path(sys.argv[2]), dict(os.environ))
service.start()
time.sleep(600)
"""


@pytest.fixture
def script(tmp_path):
    file = tmp_path / "family.py"
    file.write_text(FAMILY)
    return file


def service(log: Path, *command: str | Path) -> Service:
    return Service("it", [sys.executable, *map(str, command)], log, dict(os.environ))


def wait_for(log: Path, word: str) -> None:
    deadline = time.monotonic() + 60
    while not log.exists() or word not in log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def family_of(script: Path, log: Path) -> list[psutil.Process]:
    """Processes of a service, wherever they are: by the log that they inherited."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(f"/proc/{process.pid}/fd/1").samefile(log):
                found.append(process)
        except OSError:
            continue
    return found


def ended(members: list[psutil.Process]) -> bool:
    """Whether they end soon; those that nobody has buried have."""
    deadline = time.monotonic() + 30
    while [p for p in members if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def test_a_service_stops_with_all_that_came_of_it(script, tmp_path):
    log = tmp_path / "log"
    one = service(log, script)
    one.start()
    wait_for(log, "ready")
    members = family_of(script, log)
    assert len(members) == 5, "guard, command, two children and an orphan"
    one.ask_to_stop()
    one.wait(20)
    assert ended(members)
    assert not one.alive


@pytest.mark.parametrize("victim", ["parent", "guard", "command"])
def test_nobody_outlives_a_kill(script, tmp_path, victim):
    log, source = tmp_path / "log", tmp_path / "parent.py"
    source.write_text(PARENT)
    parent = subprocess.Popen(
        [sys.executable, source, script, log],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    wait_for(log, "ready")
    members = family_of(script, log)
    (guard,) = psutil.Process(parent.pid).children()
    (command,) = (p for p in guard.children() if str(script) in p.cmdline())
    {"parent": parent, "guard": guard, "command": command}[victim].send_signal(signal.SIGKILL)
    if victim == "guard":  # nobody is left to find those of other sessions
        assert ended([command])
    else:
        assert ended(members)
    parent.kill()
    parent.wait()
    for each in family_of(script, log):
        each.kill()


def test_what_dies_is_started_again_after_a_pause(tmp_path):
    log = tmp_path / "log"
    one = service(log, "-c", "print('began', flush=True)")
    one.start()
    said, deadline = [], time.monotonic() + 60
    while len(said) < 2 and time.monotonic() < deadline:
        if words := one.tend():
            said.append(words)
        time.sleep(0.05)
    assert said[0] == f"it ended by itself and is started again in {FIRST_PAUSE:.0f} s: {log}"
    assert f"started again in {2 * FIRST_PAUSE:.0f} s" in said[1]
    assert log.read_text().count("began") == 2
    assert one.last_word() == "began"
    one.ask_to_stop()
    one.wait(10)


def test_what_ignores_to_be_told_is_killed(tmp_path):
    log = tmp_path / "log"
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    one = service(log, "-c", f"{deaf}; print('deaf', flush=True); time.sleep(600)")
    one.start()
    wait_for(log, "deaf")
    members = family_of(log, log)
    one.ask_to_stop()
    one.wait(20)
    assert ended(members)


def test_commands_can_be_stopped_though_a_shell_had_them_ignore_it(tmp_path):
    log = tmp_path / "log"
    code = "import signal; print(signal.getsignal(signal.SIGINT).__name__, flush=True)"
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        one = service(log, "-c", code)
        one.start()
    finally:
        signal.signal(signal.SIGINT, before)
    wait_for(log, "default_int_handler")
    one.wait(10)


def test_a_log_without_a_word_says_so(tmp_path):
    assert service(tmp_path / "none", "-c", "").last_word() == "it left no word"

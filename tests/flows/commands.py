"""Run the ``cathode`` command as a user would: in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil

COMMAND = str(Path(sys.executable).with_name("cathode"))


def cathode(
    *arguments: str | Path, env: Mapping[str, str] | None = None, timeout: float = 300
) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end."""
    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        env=dict(os.environ if env is None else env),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def start(*arguments: str | Path, env: Mapping[str, str]) -> "subprocess.Popen[str]":
    """Start a command and leave it running."""
    return subprocess.Popen(
        [COMMAND, *map(str, arguments)],
        env=dict(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def servers(env: dict[str, str]) -> list[psutil.Process]:
    """Processes of the server and its supervisor at the port of an environment."""
    port = env["PREFECT_API_URL"].split(":")[2].removesuffix("/api")
    found = []
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if port in command and ("flows.server" in command or "prefect" in command):
            found.append(process)
    return found

"""Where the servers of a running platform are, for commands that are started beside it."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from cathode.files import whole_file
from cathode.settings import Settings

NAME = "up.json"


@contextmanager
def known_as(settings: Settings, found: dict[str, Any]) -> Iterator[None]:
    """Let others know where the platform of a home is, as long as the block lasts."""
    file = settings.home / NAME
    content = found | {"pid": os.getpid(), "began": psutil.Process().create_time()}
    with whole_file(file) as out:
        out.write(json.dumps(content).encode())
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def addresses(settings: Settings) -> dict[str, Any]:
    """What the platform of a home has let know; empty where none runs."""
    try:
        found = json.loads((settings.home / NAME).read_text(encoding="utf-8"))
        began = psutil.Process(found["pid"]).create_time()
    except (OSError, ValueError, KeyError, psutil.NoSuchProcess):
        return {}
    return dict(found) if abs(began - found["began"]) < 1 else {}

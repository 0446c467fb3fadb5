"""Results kept by a hash of all that went into them, safe between processes and against kills."""

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock

logger = logging.getLogger(__name__)


class ContentCache:
    """A folder of JSON files named by the hash of their key.

    A file appears whole or not at all. Two processes that want the same result at once compute
    it once: the second waits for the first, or takes over when the first is killed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: Mapping[str, Any], compute: Callable[[], Any]) -> Any:
        """The result kept under ``key``, computed and kept first if there is none.

        Args:
            key: everything the result depends on, ready for JSON.
            compute: makes the result, ready for JSON.
        """
        text = json.dumps(key, sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        path = self.folder / digest[:2] / f"{digest}.json"
        if (kept := _read(path)) is not None:
            return kept["result"]
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")):
            if (kept := _read(path)) is not None:
                return kept["result"]
            result = compute()
            _write_whole(path, json.dumps({"key": key, "result": result}))
            # Read back, so that a fresh and a kept result never differ by a rounding.
            return json.loads(path.read_text(encoding="utf-8"))["result"]


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        logger.warning("%s is damaged: its result is computed again", path)
        return None


def _write_whole(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)

"""Results in a study's folder, kept as they come, so that a killed study goes on."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

from filelock import FileLock, Timeout

from cathode.errors import StudyError
from cathode.settings import REPOSITORY

RESULTS = "results.jsonl"
"""A line with the settings, then a line per result."""

Key = tuple[str | int, ...]


class Kept:
    """Results by what they are of.

    Args:
        file: where they are kept.
        names: what a key consists of, such as trial and split.
        settings: what they were made with.
    """

    def __init__(self, file: Path, names: Sequence[str], settings: Mapping[str, Any]) -> None:
        self._file, self._names = file, tuple(names)
        lines = _whole_lines(file) if file.exists() else []
        if not lines:
            lines = [{"settings": settings, "id": uuid4().hex}]
            _append(file, lines[0])
        self.id = str(lines[0].get("id", ""))
        """Of this series of results; another one after a fresh start."""
        self._found = {tuple(line[n] for n in self._names): line["found"] for line in lines[1:]}

    def get(self, *key: str | int) -> dict[str, Any] | None:
        """A result; None where it is not known yet."""
        return self._found.get(key)

    def put(self, key: Key, found: dict[str, Any]) -> None:
        """Keep a result; of a kill meanwhile a torn line remains, which is cut off later."""
        _append(self._file, {**dict(zip(self._names, key, strict=True)), "found": found})
        self._found[key] = found


@contextmanager
def keeping(
    folder: Path, names: Sequence[str], settings: Mapping[str, Any], *, fresh: bool
) -> Iterator[Kept]:
    """The results kept in a folder, which belongs to this process meanwhile.

    Args:
        folder: of the study; made if there is none.
        names: what a key of a result consists of.
        settings: what results depend on, ready for JSON.
        fresh: whether to give up results made with other settings.

    Raises:
        StudyError: the folder holds something else, or another process is at work in it.
    """
    _check(folder, settings, fresh=fresh)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / RESULTS
    lock = FileLock(folder / f"{RESULTS}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        msg = f"another process is at work in {folder}: wait for it, or give another --out"
        raise StudyError(msg) from error
    try:
        if fresh:
            file.unlink(missing_ok=True)
        yield Kept(file, names, settings)
    finally:
        lock.release()


def _check(folder: Path, settings: Mapping[str, Any], *, fresh: bool) -> None:
    """Refuse a folder that holds something else."""
    file = folder / RESULTS
    if not file.exists():
        if folder.exists() and {each.name for each in folder.iterdir()} - {f"{RESULTS}.lock"}:
            msg = f"{folder} holds other files: give a folder of its own with --out"
            raise StudyError(msg)
        return
    with file.open(encoding="utf-8") as lines:
        first = lines.readline()
    if fresh or not first.endswith("\n"):  # a kill has torn the very first line
        return
    before = json.loads(first)["settings"]
    changed = [name for name in settings if before.get(name) != settings[name]]
    if changed:
        told = "; ".join(
            f"{n}: {_short(before.get(n))}, now {_short(settings[n])}" for n in changed
        )
        msg = (
            f"{folder} holds a study made with other settings ({told}): give another folder with "
            "--out, or --fresh to start anew"
        )
        raise StudyError(msg)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:36]} ..."  # noqa: PLR2004 - a sentence to read


def _append(file: Path, line: Mapping[str, Any]) -> None:
    with file.open("a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")


def _whole_lines(file: Path) -> list[dict[str, Any]]:
    """What is kept; a line that a kill has torn is cut off."""
    whole = file.read_bytes()
    end = whole.rfind(b"\n") + 1
    if end < len(whole):
        with file.open("r+b") as out:
            out.truncate(end)
    return [json.loads(line) for line in whole[:end].splitlines()]


def code_digest(files: Sequence[str], libraries: Sequence[str]) -> str:
    """A hash of the code that results depend on, and of the libraries it calls.

    Args:
        files: of the repository, from its root.
        libraries: names of distributions.
    """
    digest = hashlib.sha256(" ".join(version(name) for name in libraries).encode())
    for file in files:
        digest.update((REPOSITORY / file).read_bytes())
    return digest.hexdigest()[:16]

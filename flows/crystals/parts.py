"""The folder beside a model that holds its training until it is finished."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from cathode.errors import FitError
from cathode.files import whole_file

ENDING = ".pt"
"""Of a model's name; what lies beside it is called the same with other endings."""

ASKED, LOCK = "asked.json", "lock"
"""Files of the folder: what the training was asked for, and what keeps others out."""


def folder_of(model: Path) -> Path:
    """Where the training of a model is kept."""
    return model.with_name(f"{model.name}.parts")


def check_output(model: Path, *, fresh: bool) -> None:
    """Refuse a place where the model cannot be written, before anything is.

    Raises:
        FitError: its folder is missing, its name does not end in .pt, which pictures and tables
            beside it have other endings for, or the model is finished already.
    """
    if not model.parent.is_dir():
        msg = f"--out {str(model)!r}: there is no folder {str(model.parent)!r}: make it first"
        raise FitError(msg)
    if model.is_dir():
        raise FitError(f"--out {str(model)!r} is a folder: give the name of a file")
    if model.suffix != ENDING:
        msg = f"--out {str(model)!r}: the name of a model ends in {ENDING}: give "
        raise FitError(msg + repr(str(model.with_name(model.name + ENDING))))
    if model.exists() and not folder_of(model).exists() and not fresh:
        msg = f"{str(model)!r} is there already: give another --out, or --fresh to train it anew"
        raise FitError(msg)


@contextmanager
def keeping(folder: Path, asked: Mapping[str, Any], *, fresh: bool) -> Iterator[None]:
    """Own the folder meanwhile; it is gone at the end, and stays if that never comes.

    Args:
        folder: made if there is none.
        asked: what results depend on, ready for JSON.
        fresh: whether to give up what it holds of another training.

    Raises:
        FitError: it holds another training, or another process is at work in it.
    """
    asked = json.loads(json.dumps(asked))
    _check(folder, asked, fresh=fresh)
    folder.mkdir(exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        msg = f"another process is at work in {folder}: wait for it, or give another --out"
        raise FitError(msg) from error
    try:
        _check(folder, asked, fresh=fresh)
        if fresh:
            for file in folder.iterdir():
                if file.name != LOCK:
                    file.unlink()
        with whole_file(folder / ASKED) as out:
            out.write(json.dumps(asked, indent=1).encode())
        yield
        shutil.rmtree(folder)
    finally:
        lock.release()


def _check(folder: Path, asked: Mapping[str, Any], *, fresh: bool) -> None:
    file = folder / ASKED
    if not file.exists():
        ours = (LOCK, f".{ASKED}")
        if folder.exists() and any(not f.name.startswith(ours) for f in folder.iterdir()):
            msg = f"{folder} holds other files: give another --out"
            raise FitError(msg)
        return
    if fresh:
        return
    before = json.loads(file.read_text("utf-8"))
    changed = [name for name in asked if before.get(name) != asked[name]]
    if changed:
        told = "; ".join(f"{n}: {before.get(n)}, now {asked[n]}" for n in changed)
        msg = (
            f"{folder} holds a training that was asked for otherwise ({told}): ask as before to "
            "continue it, or give another --out, or --fresh to start anew"
        )
        raise FitError(msg)

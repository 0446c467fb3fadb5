"""Files and folders that appear whole or not at all, and what files hold."""

import hashlib
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_file(file: Path) -> Iterator[BinaryIO]:
    """Write a file under another name beside its own, and rename it when all is on the disk.

    Its folder is made where there is none. Of an error nothing remains, of a kill a hidden file
    that ends in ``.part``.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Fill a folder under another name beside its own, and rename it when all is on the disk.

    Of an error nothing remains, of a kill a hidden folder that ends in ``.part``.

    Raises:
        FileExistsError: the folder is there by then, with something in it; it stays as it is.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    mine = f"{os.getpid()}-{threading.get_ident()}"
    part = folder.with_name(f".{folder.name}.{mine}.part")
    shutil.rmtree(part, ignore_errors=True)  # of a killed process that had the same number
    part.mkdir()
    try:
        yield part
        for file in part.rglob("*"):
            if file.is_file():
                with file.open("rb") as written:
                    os.fsync(written.fileno())
        try:
            part.rename(folder)
        except OSError as error:
            if not folder.exists():
                raise
            msg = f"{folder} is there already"
            raise FileExistsError(msg) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def digest_of(file: Path) -> str:
    """A hash of a file's content, 16 hexadecimal digits.

    Raises:
        OSError: it cannot be read.
    """
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()[:16]

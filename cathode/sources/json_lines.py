"""Records in a file of one JSON object a line, packed or not."""

import gzip
import json
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from cathode.errors import SourceError


def records(path: Path, key: str, wanted: Collection[str]) -> Iterator[dict[str, Any]]:
    """The records of which an entry is wanted, in the order of the file.

    Args:
        path: a file whose name ends in .jsonl or .jsonl.gz.
        key: the entry that names a record.
        wanted: names of records to read.

    Raises:
        SourceError: the file is missing, or a line is no such record.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                record = json.loads(line)
                if not isinstance(record, dict) or not isinstance(record.get(key), str):
                    msg = f"{path}, line {number}: the record has no text {key!r}"
                    raise SourceError(msg)
                if record[key] in wanted:
                    yield record
    except (OSError, ValueError, EOFError, zlib.error) as error:
        msg = f"cannot read the structures {str(path)!r} ({error}): give JSON lines, packed or not"
        raise SourceError(msg) from error

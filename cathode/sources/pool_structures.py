"""Crystals of the rows of a pool."""

from collections.abc import Collection
from pathlib import Path

from cathode.errors import SourceError
from cathode.model import Crystal
from cathode.sources.cgcnn_folder import NOT_PLAIN, is_plain
from cathode.sources.crystal_pack import parsed_cifs
from cathode.sources.json_lines import records
from cathode.sources.pool_table import read_ids


def pool_crystals(
    table: Path, column: str, file: Path, cache: Path | None = None
) -> tuple[Crystal | str, ...]:
    """The crystal of each row, or the reason why it has none.

    Args:
        table: CSV file of the pool.
        column: its column of ids.
        file: JSON lines with ``material_id`` and ``cif``, packed or not, or a folder of files
            named ``ID.cif``.
        cache: folder where parsed crystals are kept; nowhere if None.

    Raises:
        SourceError: the table, its column or the file cannot be read.
    """
    ids = read_ids(table, column)
    refused: dict[str, str] = {}
    if file.is_dir():
        cifs, refused = _cifs_of_folder(file, {*ids})
    else:
        cifs = _cifs_of_lines(file, {*ids})
    known = sorted(cifs)
    parsed = dict(zip(known, parsed_cifs([cifs[name] for name in known], cache), strict=True))
    return tuple(parsed.get(name) or refused.get(name) or _missing(name, file) for name in ids)


def _missing(name: str, file: Path) -> str:
    return f"{file.name} has no {name!r}" if name else "the table names no crystal"


def _cifs_of_lines(file: Path, wanted: Collection[str]) -> dict[str, str]:
    found = {}
    for record in records(file, "material_id", wanted):
        if not isinstance(record.get("cif"), str):
            msg = f"{file}: the record of {record['material_id']!r} has no text under 'cif'"
            raise SourceError(msg)
        found[str(record["material_id"])] = str(record["cif"])
    return found


def _cifs_of_folder(folder: Path, wanted: Collection[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The texts of files, and why some cannot be read; neither of those that are missing."""
    found, refused = {}, {}
    for name in filter(None, wanted):
        if not is_plain(name):
            refused[name] = NOT_PLAIN
            continue
        try:
            found[name] = (folder / f"{name}.cif").read_text("utf-8-sig", errors="replace")
        except FileNotFoundError:
            continue
        except OSError as error:
            refused[name] = f"{name}.cif cannot be read ({error.strerror})"
    return found, refused

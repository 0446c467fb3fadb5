"""Files that a study leaves in its folder."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from cathode.files import digest_of, whole_file
from flows.studies.digits import digits

WRITTEN = ".written.json"
"""What was written into a folder last, with hashes of the content."""


def write_files(folder: Path, content: Mapping[str, bytes]) -> list[Path]:
    """Write files by name; each appears whole or not at all.

    What was written here before, is not written any more and was not touched since is removed:
    it is of properties or methods that the study does not tell of any more.

    Returns:
        The files.
    """
    files = []
    for name, whole in content.items():
        with whole_file(folder / name) as out:
            out.write(whole)
        files.append(folder / name)
    for name, digest in _written(folder).items():
        stale = folder / name
        if name not in content and stale.is_file() and digest_of(stale) == digest:
            stale.unlink()
    with whole_file(folder / WRITTEN) as out:
        out.write(json.dumps({file.name: digest_of(file) for file in files}).encode())
    return files


def _written(folder: Path) -> dict[str, str]:
    """Names and hashes of what was written last; none where nobody knows, and nothing goes."""
    try:
        known = json.loads((folder / WRITTEN).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return {Path(name).name: digest for name, digest in known.items()}


def pages(study: str) -> Environment:
    """Templates of a study's page, with the house's style."""
    environment = Environment(
        loader=ChoiceLoader(
            [PackageLoader("flows", f"studies/{study}"), PackageLoader("cathode", "report")]
        ),
        autoescape=True,
        undefined=StrictUndefined,
    )
    environment.filters["digits"] = digits
    return environment


def finite(value: Any) -> Any:
    """The same with null for what is no finite number, which JSON has no word for."""
    if isinstance(value, Mapping):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [finite(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value

"""Files that a study leaves in its folder."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from cathode.files import whole_file
from flows.studies.digits import digits


def write_files(folder: Path, content: Mapping[str, bytes]) -> list[Path]:
    """Write files by name; each appears whole or not at all.

    Returns:
        The files.
    """
    files = []
    for name, whole in content.items():
        with whole_file(folder / name) as out:
            out.write(whole)
        files.append(folder / name)
    return files


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

"""Which properties a study predicts, of those that a folder has."""

from collections.abc import Sequence
from pathlib import Path

from augment.published import IMPROVEMENT
from cathode.errors import StudyError
from cathode.sources.crystals import properties_in

OF_PAPER = tuple(IMPROVEMENT["anisotropic-5"])
"""Properties of Tables 3 and 4."""


def wanted_properties(folder: Path, asked: Sequence[str], usual: Sequence[str]) -> tuple[str, ...]:
    """What to predict of what a folder has.

    Args:
        folder: of crystals.
        asked: what the user named; the usual ones if empty.
        usual: what is predicted otherwise; all of the paper that the data have, if empty.

    Raises:
        SourceError: it is no folder of crystals.
        StudyError: a property is unknown or absent, or not named where the folder does not say it.
    """
    known = properties_in(folder)
    if known is None:  # a CGCNN folder
        if len(asked) != 1:
            msg = (
                f"{folder} holds one property and does not say which: name that one with "
                "--properties"
            )
            raise StudyError(msg)
        return tuple(asked)
    for name in asked:
        if name not in known:
            _refuse(folder, name, known)
    chosen = asked or [n for n in usual if n in known] or [n for n in OF_PAPER if n in known]
    if not chosen:
        msg = f"{folder} has no property of the paper: name some of {', '.join(known)}"
        raise StudyError(msg)
    return tuple(dict.fromkeys(chosen))


def absent_properties(folder: Path) -> tuple[str, ...]:
    """Properties of the paper that a folder has not; none of one that does not say what it has."""
    known = properties_in(folder)
    return () if known is None else tuple(name for name in OF_PAPER if name not in known)


def _refuse(folder: Path, name: str, known: Sequence[str]) -> None:
    if name in OF_PAPER:
        msg = f"{name} is absent from {folder}: it has {', '.join(known)}"
    else:
        msg = f"unknown property {name!r}: {folder} has {', '.join(known)}"
    raise StudyError(msg)

"""What a study learns from: features and a target, and which rows belong together."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cathode.errors import StudyError
from cathode.rng import derived_seed
from cathode.sources.text_table import TextTable, read_text_table

FEWEST_ROWS = 10
"""Below this many rows a comparison of models would say nothing."""

SAME = 1e-9
"""Standardised columns that differ by less than this hold the same."""


@dataclass(frozen=True, eq=False)
class StudyData:
    """Features and a target.

    Attributes:
        source: the file.
        target: name of the target.
        features: names of the features.
        X: features as they stand in the table, shape (n, d).
        y: the target, shape (n,).
        groups: rows of equal number are never split between training and test, shape (n,).
        group: the column that the groups are from; None where they are rows of equal features.
        constant: features that were left out because they do not vary.
    """

    source: str
    target: str
    features: tuple[str, ...]
    X: NDArray[np.float64]
    y: NDArray[np.float64]
    groups: NDArray[np.intp]
    group: str | None
    constant: tuple[str, ...]

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.y)

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return len(np.unique(self.groups))

    @property
    def digest(self) -> str:
        """A hash of the numbers that a study learns from."""
        digest = hashlib.sha256(json.dumps([self.features, self.target]).encode())
        for values in (self.X, self.y, self.groups.astype("int64")):
            digest.update(str(values.shape).encode())
            digest.update(values.tobytes())
        return digest.hexdigest()[:16]


def read_study_data(
    path: Path,
    target: str,
    features: Sequence[str] | None = None,
    group: str | None = None,
    rows: int | None = None,
    seed: int = 0,
) -> StudyData:
    """Read a table.

    Args:
        path: a CSV file, or numbers parted by blanks.
        target: column of what is to be learned.
        features: columns to learn from; all others if None.
        group: column of what must not be split, such as the composition.
        rows: how many rows to draw at random; all if None.
        seed: of that draw.

    Raises:
        SourceError: the file, a column or a cell is not what it should be.
        StudyError: the columns hold nothing that a study could be made of.
    """
    table = read_text_table(path)
    names = _features(table, target, features, group)
    kept = _drawn(table, rows, seed)
    remedy = "leave the row out, or name the features to learn from with --features"
    y = table.numbers(target, "leave the row out")[kept]
    X = np.column_stack([table.numbers(name, remedy) for name in names])[kept]
    if np.ptp(y) == 0:
        msg = f"{path}: the target {target!r} is {y[0]:g} in all {len(y)} rows: nothing to learn"
        raise StudyError(msg)
    varies = np.ptp(X, axis=0) > 0
    if not varies.any():
        msg = f"{path}: no feature varies ({', '.join(names)}): there is nothing to learn from"
        raise StudyError(msg)
    X, used = X[:, varies], [name for name, kept in zip(names, varies, strict=True) if kept]
    _refuse_equal_columns(path, used, X)
    return StudyData(
        source=str(path),
        target=target,
        features=tuple(used),
        X=X,
        y=y,
        groups=_groups(table, group, X, kept),
        group=group,
        constant=tuple(name for name in names if name not in used),
    )


def _features(
    table: TextTable, target: str, asked: Sequence[str] | None, group: str | None
) -> list[str]:
    """The names of the features, refused where they make no sense."""
    for name in (target, *([group] if group is not None else []), *(asked or [])):
        table.column(name)
    if asked is None:
        if "" in table.headings:
            column = table.headings.index("") + 1
            msg = f"{table.path}: column {column} has no heading: name it, or give --features"
            raise StudyError(msg)
        asked = [name for name in table.headings if name not in {target, group}]
    if not asked:
        msg = f"{table.path} has no column beside {target!r} to learn from: add some"
        raise StudyError(msg)
    for name in asked:
        if name == target:
            msg = f"feature {name!r} is the target: leave it out of --features"
            raise StudyError(msg)
        if list(asked).count(name) > 1:
            msg = f"feature {name!r} is named twice: leave one of them out of --features"
            raise StudyError(msg)
    return list(asked)


def _drawn(table: TextTable, rows: int | None, seed: int) -> NDArray[np.intp]:
    """Numbers of the rows to use, ascending."""
    n = len(table)
    if rows is not None and not FEWEST_ROWS <= rows <= n:
        msg = f"--rows {rows}: {table.path} has {n} rows: draw {FEWEST_ROWS} to {n} of them"
        raise StudyError(msg)
    if n < FEWEST_ROWS:
        msg = f"{table.path} has {n} rows: a study needs at least {FEWEST_ROWS}"
        raise StudyError(msg)
    if rows is None:
        return np.arange(n)
    rng = np.random.default_rng(derived_seed(seed, "rows"))
    return np.sort(rng.choice(n, rows, replace=False))


def _refuse_equal_columns(path: Path, names: Sequence[str], X: NDArray[np.float64]) -> None:
    """Two columns that hold the same would share one function between them, at any ratio."""
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    for i, name in enumerate(names):
        for j in range(i):
            if min(np.abs(scaled[:, i] - s * scaled[:, j]).max() for s in (1, -1)) < SAME:
                msg = (
                    f"{path}: columns {names[j]!r} and {name!r} hold the same (one is the other "
                    "times a number plus a number): leave one of them out with --features"
                )
                raise StudyError(msg)


def _groups(
    table: TextTable, group: str | None, X: NDArray[np.float64], kept: NDArray[np.intp]
) -> NDArray[np.intp]:
    if group is None:
        return np.asarray(np.unique(X, axis=0, return_inverse=True)[1], dtype=np.intp)
    cells = np.array(table.column(group))
    if (empty := np.flatnonzero(cells[kept] == "")).size:
        place = table.places[kept[empty[0]]]
        msg = f"{place}, column {group!r}: the cell is empty: name the group, or leave the row out"
        raise StudyError(msg)
    return np.asarray(np.unique(cells[kept], return_inverse=True)[1], dtype=np.intp)

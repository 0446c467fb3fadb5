"""MLflow's database after it was restored: of this version, and with files where they are now."""

from pathlib import Path

from sqlalchemy import Engine, create_engine, inspect, text

ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
"""Columns in which MLflow keeps where files are, from the root of the disk."""


def adopt(url: str, before: Path, now: Path, *, older: bool) -> None:
    """Bring a database up to date, and have it find the files of a home that has moved.

    Args:
        url: of the database.
        before: home in which it was written.
        now: home in which it is.
        older: whether another version of MLflow wrote it.
    """
    engine = create_engine(url)
    try:
        if older:
            from mlflow.store.db.utils import _upgrade_db

            _upgrade_db(engine)
        if before != now:
            _move(engine, f"{before.as_uri()}/", f"{now.as_uri()}/")
    finally:
        engine.dispose()


def _move(engine: Engine, old: str, new: str) -> None:
    known = inspect(engine)
    tables = set(known.get_table_names())
    with engine.begin() as connection:
        for table, column in ADDRESSES:
            if table not in tables or column not in {c["name"] for c in known.get_columns(table)}:
                continue
            statement = text(
                f"UPDATE {table} SET {column} = :new || substr({column}, :rest) "  # noqa: S608
                f"WHERE substr({column}, 1, :length) = :old"
            )
            values = {"new": new, "old": old, "rest": len(old) + 1, "length": len(old)}
            connection.execute(statement, values)

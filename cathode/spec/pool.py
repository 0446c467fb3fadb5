"""Spec of a space whose candidates are the rows of a table."""

from pathlib import Path

from pydantic import Field

from cathode.spec.base import Spec


class PoolSpec(Spec):
    """Candidates that exist already: structures of a database, samples on a shelf."""

    table: Path = Field(description="CSV file of candidates, relative to the spec's folder")
    name: str = Field(description="column that names each row")
    coordinates: tuple[str, ...] = Field(
        min_length=1, description="columns of numbers in which models see the rows"
    )

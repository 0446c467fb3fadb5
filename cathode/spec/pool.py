"""Spec of a space whose candidates are the rows of a table."""

from pathlib import Path

from pydantic import Field

from cathode.spec.base import Spec


class StructuresSpec(Spec):
    """Where the crystals of a pool's rows are."""

    file: Path = Field(
        description="JSON lines with material_id and cif, packed or not, or a folder of CIF files "
        "named by their ids; relative to the spec's folder"
    )
    column: str = Field(description="column of the table with the id of each row's crystal")


class PoolSpec(Spec):
    """Candidates that exist already: structures of a database, samples on a shelf."""

    table: Path = Field(description="CSV file of candidates, relative to the spec's folder")
    name: str = Field(description="column that names each row")
    coordinates: tuple[str, ...] = Field(
        min_length=1, description="columns of numbers in which models see the rows"
    )
    structures: StructuresSpec | None = Field(
        None, description="crystals of the rows, for surrogates that look at them"
    )

"""Tables of the ledger. Change them only together with a new migration."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UTCDateTime(TypeDecorator[datetime]):
    """Points in time: aware on the way in and out, UTC in the database (SQLite knows no zones)."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Any) -> datetime | None:
        """Write in UTC, without the zone."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Any) -> datetime | None:
        """Read as UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


campaigns = Table(
    "campaigns",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("created_at", UTCDateTime, nullable=False),
)

specs = Table(
    "specs",
    metadata,
    Column("campaign", ForeignKey("campaigns.name"), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("content", JSON, nullable=False),
    Column("recorded_at", UTCDateTime, nullable=False),
    Column("recorded_by", String(200), nullable=False),
)

candidates = Table(
    "candidates",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("content", JSON, nullable=False),
    Column("formula", String(200), nullable=False),
)

turns = Table(
    "turns",
    metadata,
    Column("campaign", ForeignKey("campaigns.name"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("revision", Integer, nullable=False),
    Column("started_at", UTCDateTime, nullable=False),
    Column("finished_at", UTCDateTime),
    ForeignKeyConstraint(["campaign", "revision"], ["specs.campaign", "specs.revision"]),
)

steps = Table(
    "steps",
    metadata,
    Column("campaign", String(64), primary_key=True),
    Column("turn", Integer, primary_key=True, autoincrement=False),
    Column("step", String(20), primary_key=True),
    Column("finished_at", UTCDateTime, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("result", JSON, nullable=False),
    ForeignKeyConstraint(["campaign", "turn"], ["turns.campaign", "turns.number"]),
)

skills = Table(
    "skills",
    metadata,
    Column("campaign", String(64), primary_key=True),
    Column("turn", Integer, primary_key=True, autoincrement=False),
    Column("property", String(64), primary_key=True),
    Column("surrogate", String(100), primary_key=True),
    Column("champion", Boolean, nullable=False),
    Column("metrics", JSON, nullable=False),
    Column("held_out", JSON),
    Column("error", Text),
    ForeignKeyConstraint(["campaign", "turn"], ["turns.campaign", "turns.number"]),
)

proposals = Table(
    "proposals",
    metadata,
    Column("campaign", String(64), primary_key=True),
    Column("turn", Integer, primary_key=True, autoincrement=False),
    Column("rank", Integer, primary_key=True, autoincrement=False),
    Column("candidate", ForeignKey("candidates.id"), nullable=False),
    Column("proposer", String(100), nullable=False),
    Column("acquisition", Float),
    Column("reason", Text, nullable=False),
    Column("predictions", JSON, nullable=False),
    Column("proposed_at", UTCDateTime, nullable=False),
    # A cheaper evaluator; empty for the campaign's own.
    Column("evaluator", String(32)),
    ForeignKeyConstraint(["campaign", "turn"], ["turns.campaign", "turns.number"]),
    Index(None, "campaign", "candidate"),
)

measurements = Table(
    "measurements",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign", ForeignKey("campaigns.name"), nullable=False),
    Column("candidate", ForeignKey("candidates.id"), nullable=False),
    Column("property", String(64), nullable=False),
    Column("unit", String(32), nullable=False),
    Column("value", Float),
    Column("sigma", Float),
    Column("status", String(10), nullable=False),
    Column("bound", String(1)),
    Column("cause", String(64)),
    Column("detail", Text),
    Column("source", String(200), nullable=False),
    Column("fidelity", String(64), nullable=False),
    Column("conditions", JSON, nullable=False),
    Column("recorded_by", String(200), nullable=False),
    Column("recorded_at", UTCDateTime, nullable=False),
    # What was submitted, by a name of the submitter's choice: the same one is stored once.
    Column("submission", String(200), nullable=False, unique=True),
    # The proposal it answers, if it answers one.
    Column("turn", Integer),
    Column("rank", Integer),
    # The measurement this one corrects; that one stays, and no longer counts.
    Column("supersedes", ForeignKey("measurements.id"), unique=True),
    # The cheaper evaluator that answered; empty for the campaign's own.
    Column("evaluator", String(32)),
    ForeignKeyConstraint(
        ["campaign", "turn", "rank"], ["proposals.campaign", "proposals.turn", "proposals.rank"]
    ),
    Index(None, "campaign", "property", "candidate"),
    Index(None, "campaign", "turn", "rank"),
    # All that it takes to say where a campaign stands, without reading the rows themselves.
    Index(
        "ix_measurements_standings",
        *("campaign", "evaluator", "candidate", "property", "status", "bound", "value", "id"),
    ),
    Index(
        "ix_measurements_superseded",
        *("campaign", "supersedes"),
        sqlite_where=text("supersedes IS NOT NULL"),
        postgresql_where=text("supersedes IS NOT NULL"),
    ),
)

reviews = Table(
    "reviews",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign", String(64), nullable=False),
    Column("turn", Integer, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("verdict", String(10), nullable=False),
    Column("reason", Text, nullable=False),
    Column("recorded_by", String(200), nullable=False),
    Column("recorded_at", UTCDateTime, nullable=False),
    ForeignKeyConstraint(
        ["campaign", "turn", "rank"], ["proposals.campaign", "proposals.turn", "proposals.rank"]
    ),
    Index(None, "campaign", "turn", "rank"),
)

locks = Table(
    "locks",
    metadata,
    Column("campaign", String(64), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("host", String(200), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_started", Float, nullable=False),
    Column("acquired_at", UTCDateTime, nullable=False),
    Column("renewed_at", UTCDateTime, nullable=False),
)

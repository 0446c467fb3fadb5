"""What people think of proposals; indexes by which the database says where a campaign stands."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.String(length=64), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign", "turn", "rank"],
            ["proposals.campaign", "proposals.turn", "proposals.rank"],
            name=op.f("fk_reviews_campaign_turn_rank"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
    )
    op.create_index(op.f("ix_reviews_campaign_turn_rank"), "reviews", ["campaign", "turn", "rank"])
    columns = ("campaign", "evaluator", "candidate", "property", "status", "bound", "value", "id")
    op.create_index("ix_measurements_standings", "measurements", [*columns])
    op.create_index(
        "ix_measurements_superseded",
        "measurements",
        ["campaign", "supersedes"],
        sqlite_where=sa.text("supersedes IS NOT NULL"),
        postgresql_where=sa.text("supersedes IS NOT NULL"),
    )

"""Who is asked, and who answered, where a campaign has cheaper evaluators."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Bring the tables forward; what there is was asked of the campaign's own evaluator."""
    op.add_column("proposals", sa.Column("evaluator", sa.String(length=32)))
    op.add_column("measurements", sa.Column("evaluator", sa.String(length=32)))

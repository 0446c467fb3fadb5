"""Alembic's entry: migrate the connection handed over by ``cathode.ledger.database``."""

from alembic import context

from cathode.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()

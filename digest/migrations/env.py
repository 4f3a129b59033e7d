"""Alembic's entry: runs the migrations on the connection that `schema.py` hands over."""

from alembic import context

from digest.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite cannot alter a table in place
    transaction_per_migration=False,
)

with context.begin_transaction():
    context.run_migrations()

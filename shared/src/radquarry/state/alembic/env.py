"""Alembic runs on the connection and the version table that `migrate` gives it."""

from alembic import context

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    version_table=attributes["version_table"],
    transactional_ddl=False,  # the transaction is the caller's, and it holds the lock
)
context.run_migrations()

"""What Alembic runs the steps with: the connection and transaction of `state.migrate`."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()

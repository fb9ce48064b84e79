"""The steps; Alembic finds them by their folder."""

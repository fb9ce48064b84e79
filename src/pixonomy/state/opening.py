"""Opens the state's database, as this release needs it."""

from pathlib import Path

from pixonomy.state.database import FILE, Database, connect
from pixonomy.state.migrate import migrate
from pixonomy.state.token_file import TOKEN_FILE, import_tokens

WAIT_SECONDS = 10.0
"""How long a call waits for a database that others have locked."""


def open_database(
    state: Path, address: str | None = None, wait_seconds: float = WAIT_SECONDS
) -> Database:
    """Return the database of a state at the newest version; see `database.connect`.

    The tokens of an earlier release, in `tokens.json`, move into it.

    Raises:
        SettingError: for an unknown kind of address, or a database of a newer release.
        StateUnavailable: if the database cannot be used.
        StorageError: if the folder or a file in it cannot be used.
    """
    database = connect(state, address, wait_seconds)
    try:
        migrate(database)
        import_tokens(database, state)
    except BaseException:
        database.close()
        raise
    return database


def is_made(state: Path) -> bool:
    """Tell whether a folder has a state, of this release or the first."""
    return (state / FILE).exists() or (state / TOKEN_FILE).exists()

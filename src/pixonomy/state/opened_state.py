"""What all parts of the store work with: the database, the images and the clock."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from pixonomy.state.database import Database
from pixonomy.state.kept_images import KeptImages
from pixonomy.state.state_errors import StateUnavailable


@dataclass
class OpenedState:
    """An open state.

    Attributes:
        database: with all rows.
        images: kept beside it.
        now: the clock, in UTC.
    """

    database: Database
    images: KeptImages
    now: Callable[[], datetime]

    def overwrite_deleted(self) -> None:
        """Leave nothing of deleted rows in SQLite's log; where it is read now, the next call does.

        Each `sweep` calls it.
        """
        with suppress(StateUnavailable):
            self.database.empty_log()

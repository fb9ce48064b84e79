"""What all parts of the store work with: the database, the images and the clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pixonomy.state.database import Database
from pixonomy.state.kept_images import KeptImages


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

"""What a source that holds many pictures tells: rows, and what is broken in it."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Damage:
    """What is wrong with a file, and where, in bytes from its beginning."""

    offset: int
    message: str


@dataclass(frozen=True)
class Indexed:
    """A batch of manifest rows, and the damage found behind them, if any."""

    rows: pl.DataFrame
    damage: Damage | None = None

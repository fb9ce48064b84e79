"""What every source yields: manifest rows, what is broken in it, what was passed over and why."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl


@dataclass(frozen=True)
class Damage:
    """What is wrong with a file, and where, in bytes from its beginning."""

    offset: int
    message: str


@dataclass(frozen=True)
class Indexed:
    """A batch of manifest rows.

    Attributes:
        damage: what was found broken behind the rows, if anything.
        passed_over: how many files were left out, by reason (".heic", "no ending").
        missing: how many files the source names that are not there.
        remarks: sentences that a person should read: what was guessed, what looks odd.
    """

    rows: pl.DataFrame
    damage: Damage | None = None
    passed_over: Mapping[str, int] = field(default_factory=dict)
    missing: int = 0
    remarks: tuple[str, ...] = ()


def join_indexed(found: Sequence[Indexed], rows: pl.DataFrame) -> Indexed:
    """Return `rows` with all that is told of several batches, each remark once."""
    passed_over: Counter[str] = Counter()
    for one in found:
        passed_over.update(one.passed_over)
    remarks = dict.fromkeys(remark for one in found for remark in one.remarks)
    return Indexed(
        rows,
        passed_over=passed_over,
        missing=sum(one.missing for one in found),
        remarks=tuple(remarks),
    )

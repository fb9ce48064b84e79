"""Counts a manifest's rows by keyword, provider and licence while they are streamed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import polars as pl

UNRECOGNISED, UNNAMED = "not recognised", "none named"

_KEY = ("label", "keyword", "provider", "license", "reason")
_COPY = r"^(duplicate of).*"


@dataclass
class OutcomeCounts:
    """Counts of rows.

    Attributes:
        rows, usable: images, and those of them without a problem.
        odd: the numbers of those with a problem.
        copies: those of them that are duplicates of others by their pixels.
    """

    rows: int = 0
    odd: list[int] = field(default_factory=list)
    _counts: list[pl.DataFrame] = field(default_factory=list)

    def watch(self, chunks: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Yield what comes, and count it."""
        for chunk in chunks:
            self.rows += chunk.height
            self.odd += chunk.filter(pl.col("problem").is_not_null())["number"].to_list()
            self._counts.append(_count(chunk))
            yield chunk

    @property
    def usable(self) -> int:
        """Images without a problem."""
        return self.rows - len(self.odd)

    @property
    def copies(self) -> int:
        """Images that are duplicates of others by their pixels."""
        return self.reasons().get("duplicate of another picture", 0)

    def reasons(self) -> dict[str, int]:
        """Return problem → images, the most frequent first."""
        return self._by("reason")

    def licenses(self) -> dict[str, int]:
        """Return SPDX identifier → images; others under what is known of their licence."""
        return self._by("license")

    def of_keywords(self, what: str) -> dict[tuple[str, str], dict[str, int]]:
        """Return (category, keyword) → provider or license → images."""
        found: dict[tuple[str, str], dict[str, int]] = {}
        counts = self._all().group_by("label", "keyword", what).agg(pl.col("len").sum())
        for label, keyword, name, count in counts.sort("len", what, descending=True).iter_rows():
            found.setdefault((label, keyword), {})[name] = count
        return found

    def _all(self) -> pl.DataFrame:
        return pl.concat(self._counts) if self._counts else _count(pl.DataFrame())

    def _by(self, what: str) -> dict[str, int]:
        counts = self._all().filter(pl.col(what).is_not_null()).group_by(what)
        ordered = counts.agg(pl.col("len").sum()).sort("len", what, descending=[True, False])
        return dict(ordered.iter_rows())


def _count(chunk: pl.DataFrame) -> pl.DataFrame:
    is_named = pl.col("license").is_not_null() | pl.col("license_url").is_not_null()
    unknown = pl.when(is_named).then(pl.lit(UNRECOGNISED)).otherwise(pl.lit(UNNAMED))
    return (
        chunk.select(
            "label",
            "keyword",
            "provider",
            license=pl.coalesce("license_id", unknown),
            reason=pl.col("problem").str.replace(_COPY, "$1 another picture"),
        )
        .group_by(_KEY)
        .len()
    )

"""A list of addresses in a CSV or Parquet file, such as PD12M's or CommonCatalog's."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from pixonomy.collecting.finds import Find, Kind, Pace, Page
from pixonomy.collecting.provider import Get, Settings, Terms, plain, whole
from pixonomy.errors import SettingError
from pixonomy.files import existing_path, printable, scan_parquet

_PAGE = 500


class Table:
    """Searches a list by its keyword column, or by the words of its captions."""

    name = "table"
    known: tuple[str, ...] = (
        "path", "url", "keyword", "caption", "license", "license_url", "creator", "page_url",
        "title", "width", "height", "at_once", "per_second",
    )  # fmt: skip
    needs_license = False
    terms = Terms("allowed", "the list's own")
    page_size = _PAGE

    def __init__(self, settings: Settings) -> None:
        """Take `path`, and the columns `url`, `keyword` or `caption`, `license`, `creator` …

        Raises:
            SettingError: if there is no such file or column.
        """
        path = settings.text("path", "")
        if not path:
            raise SettingError("[provider.table] needs path: a CSV or Parquet file.")
        self._path = existing_path(Path(path), "list of addresses")
        self._names = {
            role: settings.text(role, default)
            for role, default in {
                "url": "url", "keyword": "keyword", "caption": "caption", "license": "license",
                "license_url": "license_url", "creator": "creator", "page_url": "page_url",
                "title": "title", "width": "width", "height": "height",
            }.items()
        }  # fmt: skip
        self._pace = Pace(int(settings.number("at_once", 4)), settings.number("per_second", 4))
        with self._scan() as rows:
            columns = rows.collect_schema().names()
        if self._names["url"] not in columns:
            raise SettingError(f"{printable(self._path)} has no column {self._names['url']!r}.")
        self._matched = next(
            (role for role in ("keyword", "caption") if self._names[role] in columns), None
        )
        if self._matched is None:
            raise SettingError(
                f"{printable(self._path)} has neither a column {self._names['keyword']!r} nor "
                f"{self._names['caption']!r} to find keywords in."
            )
        self._names = {role: name for role, name in self._names.items() if name in columns}

    def pace(self, kind: Kind) -> Pace:
        """Return how fast a host may be asked."""
        return self._pace

    async def find(self, keyword: str, at: Mapping[str, Any] | None, get: Get) -> Page:
        """Return the next rows that fit."""
        start = int((at or {}).get("row", 0))
        with self._scan() as table:
            fitting = table.with_row_index("row?").filter(self._fits(keyword))
            total = int(fitting.select(pl.len()).collect().item())
            rows = fitting.slice(start, _PAGE).collect()
        finds = tuple(
            one for row in rows.iter_rows(named=True) if (one := self._find(row)) is not None
        )
        end = start + rows.height
        return Page(finds, {"row": end} if end < total else None, total)

    @contextmanager
    def _scan(self) -> Iterator[pl.LazyFrame]:
        if self._path.suffix.casefold() == ".parquet":
            with scan_parquet(self._path) as rows:
                yield rows
        else:
            yield pl.scan_csv(self._path, infer_schema=False)

    def _fits(self, keyword: str) -> pl.Expr:
        if self._matched == "keyword":
            return pl.col(self._names["keyword"]).str.to_lowercase() == keyword.lower()
        # Each word of the keyword as a whole word of the caption, in any order.
        text = pl.col(self._names["caption"]).str.to_lowercase()
        words = [
            text.str.contains(rf"(^|\W){_escape(word)}(\W|$)") for word in keyword.lower().split()
        ]
        return pl.all_horizontal(words).fill_null(False)

    def _find(self, row: Mapping[str, Any]) -> Find | None:
        def text(role: str) -> str:
            value = row.get(self._names.get(role, ""))
            return plain(value if isinstance(value, str) or value is None else str(value))

        url = text("url")
        if not url:
            return None
        return Find(
            native_id=url,
            image_url=url,
            page_url=text("page_url"),
            title=text("title") or text("caption"),
            creator=text("creator"),
            license=text("license"),
            license_url=text("license_url"),
            width=whole(row.get(self._names.get("width", ""))),
            height=whole(row.get(self._names.get("height", ""))),
        )


def _escape(word: str) -> str:
    return "".join(letter if letter.isalnum() else f"\\{letter}" for letter in word)

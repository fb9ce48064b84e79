"""Searches a list of addresses in a CSV or Parquet file, such as PD12M's or CommonCatalog's."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from pixonomy.collecting.lists import KeywordList, ListForm, Row, scan_list
from pixonomy.collecting.provider import Get, Terms, plain, whole
from pixonomy.collecting.search_results import Kind, Pace, Page, SearchResult
from pixonomy.collecting.settings import Settings, WrongSetting
from pixonomy.errors import SettingError
from pixonomy.storage.files import existing_path, printable

_PAGE = 500
_STORE = "list.sqlite"


def _path_of(settings: Settings) -> Path:
    path = settings.text("path", "")
    if not path:
        raise WrongSetting("path", "[provider.table] needs path: a CSV or Parquet file.")
    try:
        return existing_path(Path(path), "list of addresses")
    except SettingError as error:
        raise WrongSetting("path", str(error)) from None


class Table:
    """Searches a list by its keyword column, or by the words of its captions."""

    name = "table"
    known: tuple[str, ...] = (
        "path", "url", "keyword", "caption", "license", "license_url", "creator", "page_url",
        "title", "width", "height", "at_once", "per_second",
    )  # fmt: skip
    searched_by: Kind = "api"
    has_page_each = False
    needs_license = False
    terms = Terms("allowed", "the list's own")
    page_size = _PAGE

    def __init__(self, settings: Settings) -> None:
        """Take `path`, and the columns `url`, `keyword` or `caption`, `license`, `creator` …

        Raises:
            SettingError: if there is no such file or column.
        """
        self._path = _path_of(settings)
        self._names = {
            role: settings.text(role, default)
            for role, default in {
                "url": "url", "keyword": "keyword", "caption": "caption", "license": "license",
                "license_url": "license_url", "creator": "creator", "page_url": "page_url",
                "title": "title", "width": "width", "height": "height",
            }.items()
        }  # fmt: skip
        self._pace = Pace(settings.count("at_once", 4), settings.number("per_second", 4))
        with scan_list(self._path) as rows:
            columns = rows.collect_schema().names()
        for role, name in self._names.items():
            if name not in columns and (role == "url" or role in settings.values):
                raise WrongSetting(role, f"{printable(self._path)} has no column {name!r}.")
        self._matched = next(
            (role for role in ("keyword", "caption") if self._names[role] in columns), None
        )
        if self._matched is None:
            raise WrongSetting(
                "keyword",
                f"{printable(self._path)} has neither a column {self._names['keyword']!r} nor "
                f"{self._names['caption']!r} to find keywords in.",
            )
        self._names = {role: name for role, name in self._names.items() if name in columns}
        self._form = ListForm(
            self._path,
            tuple(dict.fromkeys(self._names.values())),
            self._names[self._matched],
            self._matched == "caption",
        )
        self._list, self._reading = KeywordList(self._form), asyncio.Lock()

    def pace(self, kind: Kind) -> Pace:
        """Return how fast a host may be asked."""
        return self._pace

    def keep_in(self, folder: Path, keywords: Sequence[str]) -> None:
        """Keep what was read of the list in a folder, for the next run.

        Args:
            keywords: all that will be asked for.
        """
        self._list = KeywordList(self._form, keywords, folder / _STORE)

    async def find(self, keyword: str, at: Mapping[str, object] | None, get: Get) -> Page:
        """Return the next rows that fit; the first time, the whole list is read."""
        row = (at or {}).get("row")
        start = row if isinstance(row, int) else 0
        async with self._reading:
            rows, following = await asyncio.to_thread(self._list.page, keyword, start, _PAGE)
            total = self._list.count(keyword)
        search_results = tuple(one for row in rows if (one := self._find(row)) is not None)
        return Page(search_results, {"row": following} if following is not None else None, total)

    def _find(self, row: Row) -> SearchResult | None:
        def text(role: str) -> str:
            return plain(row.get(self._names.get(role, "")))

        url = text("url")
        if not url:
            return None
        return SearchResult(
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

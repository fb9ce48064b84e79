"""Flickr: pictures under free licences, by its interface; it needs a key.

A search gives 4,000 different pictures and then repeats: it is cut into spans of upload dates, each
small enough.
"""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from pixonomy.collecting.finds import Find, Kind, Pace, Page, Refused, Trouble
from pixonomy.collecting.provider import Get, Settings, Terms, plain, unique, whole
from pixonomy.collecting.replies import read_json, rows, table
from pixonomy.errors import SettingError

_MOST = 4000
_FIRST_DAY = 1_072_915_200  # 2004-01-01: Flickr's first year
_SHORTEST = 86_400  # seconds of a span that is not cut any further
# Ids of its licences that allow use by everybody, as flickr.photos.licenses.getInfo names them.
_LICENCES = {
    "1": ("CC BY-NC-SA 2.0", "https://creativecommons.org/licenses/by-nc-sa/2.0/"),
    "2": ("CC BY-NC 2.0", "https://creativecommons.org/licenses/by-nc/2.0/"),
    "3": ("CC BY-NC-ND 2.0", "https://creativecommons.org/licenses/by-nc-nd/2.0/"),
    "4": ("CC BY 2.0", "https://creativecommons.org/licenses/by/2.0/"),
    "5": ("CC BY-SA 2.0", "https://creativecommons.org/licenses/by-sa/2.0/"),
    "6": ("CC BY-ND 2.0", "https://creativecommons.org/licenses/by-nd/2.0/"),
    "7": ("No known copyright restrictions", "https://www.flickr.com/commons/usage/"),
    "8": ("United States government work", "http://www.usa.gov/copyright.shtml"),
    "9": ("CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    "10": ("Public Domain Mark 1.0", "https://creativecommons.org/publicdomain/mark/1.0/"),
}


class Flickr:
    """Searches Flickr."""

    name = "flickr"
    known: tuple[str, ...] = ("base_url", "licenses", "per_second", "until")
    needs_license = True
    terms = Terms(
        "allowed",
        "https://www.flickr.com/help/terms/api",
        daily_requests=3600 * 24,
    )
    page_size = 500

    def __init__(self, settings: Settings) -> None:
        """Take `base_url`, `licenses` (ids, such as "4,5,9"), `per_second`, and a key."""
        if settings.key is None:
            raise SettingError("Flickr needs a key: set PIXONOMY_FLICKR_KEY, or --keys FILE.")
        self._key = settings.key
        self._base = settings.text("base_url", "https://api.flickr.com/services/rest")
        self._licences = settings.text("licenses", "4,5,7,8,9,10")
        self._per_second = settings.number("per_second", 1)
        self._until = int(settings.number("until", time.time()))

    def pace(self, kind: Kind) -> Pace:
        """Return how fast a host may be asked."""
        return Pace(1 if kind == "api" else 4, self._per_second if kind == "api" else 8)

    async def find(self, keyword: str, at: Mapping[str, Any] | None, get: Get) -> Page:
        """Return a page of a search: of the first span that is left, cut until it is small."""
        spans = [list(map(int, span)) for span in (at or {}).get("spans", [])]
        page = int((at or {}).get("page", 1))
        if at is None:
            spans = [[_FIRST_DAY, self._until]]
        while spans:
            first, last = spans[0]
            photos = await self._ask(keyword, first, last, page, get)
            total = whole(photos.get("total")) or 0
            if total > _MOST and last - first > _SHORTEST:
                middle = (first + last) // 2
                # The newer half first: people put newer pictures to newer things.
                spans[:1] = [[middle + 1, last], [first, middle]]
                page = 1
                continue
            found = unique([one for row in rows(photos, "photo") if (one := _find(row))])
            pages = min(whole(photos.get("pages")) or 0, -(-_MOST // self.page_size))
            if page < pages:
                return Page(found, {"spans": spans, "page": page + 1}, total)
            rest = spans[1:]
            return Page(found, {"spans": rest, "page": 1} if rest else None, total)
        return Page((), None, 0)

    async def _ask(
        self, keyword: str, first: int, last: int, page: int, get: Get
    ) -> dict[str, Any]:
        query = {
            "method": "flickr.photos.search",
            "api_key": self._key,
            "text": keyword,
            "license": self._licences,
            "per_page": self.page_size,
            "page": page,
            "media": "photos",
            "safe_search": 1,
            "min_upload_date": first,
            "max_upload_date": last,
            "extras": "license,owner_name,date_upload,tags,o_dims,url_l",
            "format": "json",
            "nojsoncallback": 1,
        }
        content = read_json(await get(f"{self._base}?{urlencode(query)}", "api"))
        if content.get("stat") != "ok":
            # Its own codes: 100 is a wrong key, 105 a service that is down.
            if content.get("code") in (105, 106):
                raise Trouble("Flickr's interface is down")
            raise Refused(f"Flickr refuses (code {content.get('code')})")
        return table(content, "photos")


def _find(row: Mapping[str, Any]) -> Find | None:
    url, native = row.get("url_l"), row.get("id")
    if not isinstance(url, str) or native is None:
        return None
    licence, licence_url = _LICENCES.get(str(row.get("license")), ("", ""))
    return Find(
        native_id=str(native),
        image_url=url,
        page_url=f"https://www.flickr.com/photos/{plain(row.get('owner'))}/{native}",
        title=plain(row.get("title")),
        creator=plain(row.get("ownername")),
        license=licence,
        license_url=licence_url,
        width=whole(row.get("width_l")),
        height=whole(row.get("height_l")),
    )

"""Searches a MediaWiki's own images: Wikimedia Commons, or another one named by `base_url`.

Rate limits and thumbnail widths after Wikimedia's robot policy: its interface one request at a
time, its media two at a time. What a wiki lacks (the search that knows filetype:, licences by
interface) is asked with the first search, and reported.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from bs4 import BeautifulSoup

from pixonomy.collecting.door import host_of
from pixonomy.collecting.interfaces import asked_wait, error_message, read_answer
from pixonomy.collecting.provider import Get, Terms, plain, unique, whole
from pixonomy.collecting.replies import rows, table
from pixonomy.collecting.search_results import (
    Kind,
    Pace,
    Page,
    Refused,
    Reply,
    SearchResult,
    Trouble,
)
from pixonomy.collecting.settings import Settings, WrongSetting
from pixonomy.json_types import Json, JsonObject

_DEEPEST = 10_000  # offset and limit together
_WIDTHS = (20, 40, 60, 120, 250, 330, 500, 960, 1280, 1920, 3840)
_WIDEST = 10_000
_QUALIFIERS = "filetype:bitmap"  # of CirrusSearch
_CONTINUING = ("continue", "gsr", "ii")  # how parameters begin that a search goes on with
# Codes of errors that pass, as MediaWiki and its search name them (API:Errors_and_warnings).
_PASSING = (
    "maxlag", "ratelimited", "readonly", "internal_api_error", "failed", "search-error",
    "cirrussearch", "timeout", "toomanyrequests",
)  # fmt: skip


class Commons:
    """Searches a MediaWiki's images."""

    name = "commons"
    known: tuple[str, ...] = (
        "base_url", "width", "per_second", "qualifiers", "license", "license_url",
    )  # fmt: skip
    searched_by: Kind = "api"
    has_page_each = False
    needs_license = True
    terms = Terms(
        "allowed",
        "https://foundation.wikimedia.org/wiki/Policy:Terms_of_Use",
        max_per_query=_DEEPEST,
    )
    page_size = 50

    def __init__(self, settings: Settings) -> None:
        """Take these settings.

        `base_url` of the interface (…/api.php), `width` of thumbnails in pixels, `per_second`,
        `qualifiers` added to each search, `license` and `license_url` of images that name none.
        """
        self._base = settings.address("base_url", "https://commons.wikimedia.org/w/api.php")
        if "?" in self._base or "#" in self._base:
            raise WrongSetting("base_url", f"base_url ends with api.php, not as {self._base!r}.")
        self._width = self._thumbnail(settings.count("width", 500))
        self._per_second = settings.number("per_second", 4)
        self._is_asked_for = "qualifiers" in settings.values
        self._qualifiers = plain(settings.text("qualifiers", _QUALIFIERS))
        self._license = plain(settings.text("license", ""))
        self._license_url = settings.address("license_url", "")
        self._extensions: frozenset[str] | None = None  # None: the wiki did not say

    def pace(self, kind: Kind) -> Pace:
        """Return how fast a host may be asked."""
        return Pace(1 if kind == "api" else 2, self._per_second)

    async def find(self, keyword: str, at: Mapping[str, object] | None, get: Get) -> Page:
        """Return a page of a search."""
        offset = min(whole(_continued(at).get("gsroffset")) or 0, _DEEPEST - 1)
        asked = self._qualifiers
        content = await self._search(keyword, at, offset, get)
        if asked and self._lacks("CirrusSearch") and not self._is_asked_for:
            # A search without CirrusSearch takes qualifiers for words, and finds nothing.
            self._qualifiers = ""
            content = await self._search(keyword, at, offset, get)
        pages = rows(table(content, "query"), "pages")
        pages.sort(key=lambda page: whole(page.get("index")) or 0)
        found = [one for page in pages if (one := self._read(page))]
        others = sum(bool(_other_kind(page)) for page in pages)
        return Page(unique(found), _following(content, at, offset), messages=self._messages(others))

    async def _search(
        self, keyword: str, at: Mapping[str, object] | None, offset: int, get: Get
    ) -> JsonObject:
        query = {
            "action": "query",
            "format": "json",
            "formatversion": 2,
            "generator": "search",
            "gsrnamespace": 6,
            "gsrsearch": f"{keyword} {self._qualifiers}".strip(),
            "gsrlimit": min(self.page_size, _DEEPEST - offset),
            "prop": "imageinfo",
            "iiprop": "url|size|mime|sha1|extmetadata",
            "iiurlwidth": self._width,
            "maxlag": 5,
            **_continued(at),
        }
        if self._extensions is None:
            query |= {"meta": "siteinfo", "siprop": "extensions"}
        reply = await get(f"{self._base}?{urlencode(query)}", "api")
        content = _checked(reply)
        extensions = table(content, "query").get("extensions")
        if isinstance(extensions, list):
            names = rows(table(content, "query"), "extensions")
            self._extensions = frozenset(plain(one.get("name")) for one in names)
        return content

    def _lacks(self, extension: str) -> bool:
        return self._extensions is not None and extension not in self._extensions

    def _messages(self, others: int) -> tuple[str, ...]:
        messages = []
        if self._lacks("CirrusSearch"):
            without = (
                f"{self._qualifiers!r} may be taken for words"
                if self._qualifiers
                else f"it is searched without {_QUALIFIERS!r}"
            )
            messages.append(f"{self._base} has no CirrusSearch extension: {without}")
        if self._lacks("CommonsMetadata") and not self._license:
            messages.append(
                f"{self._base} has no CommonsMetadata extension, so its pictures name no licence "
                "and are refused; if all have the same one, set license in [provider.commons]"
            )
        if others:
            messages.append("files that are no photos (PDF, SVG, sound) are passed over")
        return tuple(messages)

    def _thumbnail(self, wanted: int) -> int:
        """Return a width: Wikimedia keeps some ready, others make what they are asked for."""
        if wanted > _WIDEST:
            raise WrongSetting("width", f"width of thumbnails is at most {_WIDEST} pixels.")
        if not host_of(self._base).endswith((".wikimedia.org", ".wikipedia.org")):
            return wanted
        return min((one for one in _WIDTHS if one >= wanted), default=_WIDTHS[-1])

    def _read(self, page: Mapping[str, Json]) -> SearchResult | None:
        infos = rows(page, "imageinfo")
        if not infos or "pageid" not in page or _other_kind(page):
            return None
        info = infos[0]
        about = table(info, "extmetadata")
        url = info.get("thumburl") or info.get("url")
        if not isinstance(url, str):
            return None
        licence = plain(table(about, "LicenseShortName").get("value"))
        licence_url = plain(table(about, "LicenseUrl").get("value"))
        return SearchResult(
            native_id=str(page["pageid"]),
            image_url=url,
            page_url=plain(info.get("descriptionurl")),
            title=plain(page.get("title")).partition(":")[2],
            creator=_words(table(about, "Artist").get("value")),
            license=licence or self._license,
            license_url=licence_url if licence else self._license_url,
            width=whole(info.get("width")),
            height=whole(info.get("height")),
        )


def _checked(reply: Reply) -> JsonObject:
    """Return the answer; an error that a reply of status 200 holds is raised."""
    content = read_answer(reply, "query batchcomplete continue error")
    error = content.get("error")
    if error is None:
        return content
    code = plain(error.get("code") if isinstance(error, dict) else error)[:50]
    message = error_message(content)
    wait = asked_wait(reply, message)
    if code.startswith(_PASSING) or wait is not None:
        raise Trouble(f"the wiki is busy ({code})", wait)
    raise Refused(f"the wiki refuses the search ({code}: {message})")


def _continued(at: object) -> dict[str, str | int]:
    """Return the parameters a search goes on with; what the wiki says of itself is asked apart."""
    given = at if isinstance(at, dict) else {}
    state = {
        name: value
        for name, value in list(given.items())[:10]
        if name.startswith(_CONTINUING) and isinstance(value, str | int) and len(str(value)) < 500
    }
    if "continue" in state:
        parts = str(state["continue"]).split("|")
        state["continue"] = "|".join("" if one == "siteinfo" else one for one in parts)
    return state


def _following(content: Mapping[str, Json], at: object, offset: int) -> dict[str, str | int] | None:
    """Return where the search goes on; a wiki that does not move on has come to its end."""
    following = _continued(content.get("continue"))
    further = whole(following["gsroffset"]) or 0 if "gsroffset" in following else offset
    has_more = bool(set(following) - {"gsroffset", "continue"}) and following != _continued(at)
    moves_on = further > offset or (further == offset and has_more)
    return following if moves_on and further < _DEEPEST else None


def _other_kind(page: Mapping[str, Json]) -> str:
    """Return the kind of a file that is no photo; empty for a photo, or where nothing is said."""
    infos = rows(page, "imageinfo")
    kind = plain(infos[0].get("mime")) if infos else ""
    is_photo = kind.startswith("image/") and kind not in ("image/svg+xml", "image/vnd.djvu")
    return "" if is_photo else kind


def _words(markup: object) -> str:
    """Return the words of a piece of HTML."""
    if not isinstance(markup, str):
        return ""
    return plain(BeautifulSoup(markup[:10_000], "lxml").get_text(" "))

"""What was collected goes in; one page to look at, keyword by keyword, comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pixonomy.pages.render import render


@dataclass(frozen=True)
class KeywordSheet:
    """A keyword and what it has.

    Attributes:
        had, wanted: pictures.
        thumbnails: JPEG data URIs with what they are, for those who do not see them.
    """

    category: str
    keyword: str
    had: int
    wanted: int
    thumbnails: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class CollectedPage:
    """All that the page tells.

    Attributes:
        pictures: different ones that can be used; `left_out`: reason → pictures.
        refused: reason → addresses that were not taken.
        licenses: name → pictures.
    """

    title: str
    pictures: int
    sheets: Sequence[KeywordSheet]
    left_out: Mapping[str, int]
    refused: Mapping[str, int]
    licenses: Mapping[str, int]
    permissions: Mapping[str, str]
    command: str


def render_collected(page: CollectedPage) -> str:
    """Return the page as one HTML5 string; every text from outside is escaped."""
    short = [one for one in page.sheets if one.had < one.wanted]
    return render(Path(__file__).parent, "collected.html", page=page, short=short)

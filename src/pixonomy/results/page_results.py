"""What `collect --try` prints: what a gallery's settings find on one page."""

from collections.abc import Mapping
from dataclasses import dataclass

from pixonomy.results.json_record import Result


@dataclass(frozen=True, kw_only=True)
class PageLinks(Result):
    """Links to pages of single images.

    Attributes:
        selector: the CSS selector that is set, or empty.
        matched: links that it picks.
        of: links on the page.
        pages: the first five addresses.
    """

    selector: str
    matched: int
    of: int
    pages: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PageImage(Result):
    """An image that a page names.

    Attributes:
        image_url: its address.
        how: which way of naming images gives it.
        title, license, license_url: as the page has them.
        width, height: in pixels, as the page has them.
        refused: why it would not be taken; None where it would be.
    """

    image_url: str
    how: str
    title: str | None
    license: str | None
    license_url: str | None
    width: int | None
    height: int | None
    refused: str | None


@dataclass(frozen=True, kw_only=True)
class PageElement(Result):
    """An image that a page shows and no setting picks.

    Attributes:
        image_url: its address.
        element: how a CSS selector could name it.
    """

    image_url: str
    element: str


@dataclass(frozen=True, kw_only=True)
class TryPageResult(Result):
    """What is found on a page; `collect --try` prints it.

    Attributes:
        url: where the page is, after redirects.
        base: what its relative addresses hang from.
        refused: always None here; see `TryRefusedResult`.
        links: to pages of single images.
        next: the next page of results, or None.
        how: images that each way of naming them gives; the first that gives any is taken.
        pictures: the images, the first hundred of them.
        others: images that nothing picks.
        told: sentences about what is missing.
        seconds: how long this call took.
    """

    url: str
    base: str
    refused: None = None
    links: PageLinks
    next: str | None
    how: Mapping[str, int]
    pictures: tuple[PageImage, ...]
    others: tuple[PageElement, ...]
    told: tuple[str, ...]
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class TryRefusedResult(Result):
    """A page that may not, or cannot, be asked for; `collect --try` prints it.

    Attributes:
        url: the page's address.
        refused: why.
        pictures: none.
        told: sentences about the settings.
        seconds: how long this call took.
    """

    url: str
    refused: str
    pictures: tuple[PageImage, ...] = ()
    told: tuple[str, ...] = ()
    seconds: float = 0.0

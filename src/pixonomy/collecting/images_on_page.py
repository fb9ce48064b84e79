"""Finds the images that a page of a gallery names, with what it says of them.

What the user's own selector picks goes before all else. Without one, the first of these that names
any: JSON-LD, IIIF, images that lead to larger ones, `og:image`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from bs4 import BeautifulSoup, Tag

from pixonomy.collecting.door import join
from pixonomy.collecting.iiif import ENDING
from pixonomy.collecting.linked_data import described_images
from pixonomy.collecting.picture_tag import attribute, image_address, is_image_file
from pixonomy.collecting.search_results import SearchResult

SELECTOR, LINKED_DATA, IIIF, IMAGE_LINK, SHARED = (
    "picture selector", "JSON-LD", "IIIF", "link to a picture", "og:image",
)  # fmt: skip

_MOST = 2000  # images of a page
_MOST_LEVELS = 20  # from an image to the link around it
_SHARED = 'meta[property="og:image"], meta[property="og:image:url"], meta[name="og:image"]'
_DESCRIPTIONS = f'[href$="{ENDING}"], [data-iiif], [data-iiif-image]'


@dataclass(frozen=True)
class Place:
    """Where a page is.

    Attributes:
        url: of the page, redirects followed.
        base: what its relative addresses start from.
        license_url: of what it shows, by `rel="license"`; empty without.
    """

    url: str
    base: str
    license_url: str = ""


def place_of_page(page: BeautifulSoup, url: str) -> Place:
    """Return where a page is, with its `<base href>` heeded."""
    named = attribute(page.select_one("base[href]"), "href")
    base = join(url, named) if named else url
    licence = attribute(page.select_one('[rel~="license"][href]'), "href")
    return Place(url, base, join(base, licence) if licence else "")


def read_images(page: BeautifulSoup, place: Place, image: str = "") -> list[SearchResult]:
    """Return the images a page names; of a IIIF image, the address of its info.json.

    Args:
        image: the user's own CSS selector of images; empty: none.
    """
    return next(
        (search_results for _, search_results in name_images(page, place, image) if search_results),
        [],
    )


def name_images(
    page: BeautifulSoup, place: Place, image: str = ""
) -> Iterator[tuple[str, list[SearchResult]]]:
    """Yield each way in which a page may name images, with those it names so."""
    described = described_images(page, place.base, place.url)
    if image:
        chosen = [_from_element(one, place) for one in page.select(image, limit=_MOST)]
        yield SELECTOR, [_with_description(one, described) for one in chosen if one.image_url]
        return
    yield LINKED_DATA, [hit for hit, _ in described]
    elements = page.select(_DESCRIPTIONS, limit=_MOST)
    found = [_from_description(one, place) for one in elements]
    yield IIIF, [one for one in found if one.image_url.partition("?")[0].endswith(ENDING)]
    yield IMAGE_LINK, [_from_element(one, place) for one in _image_links(page)]
    shared = [_from_element(one, place) for one in page.select(_SHARED, limit=_MOST)]
    title = attribute(page.select_one('meta[property="og:title"]'), "content")
    yield SHARED, [replace(one, title=title) for one in shared if one.image_url]


def _image_links(page: BeautifulSoup) -> list[Tag]:
    """Return the links around images that lead to image files."""
    found: dict[int, Tag] = {}
    for shown in page.find_all(["img", "picture"]):
        around = islice(shown.parents, _MOST_LEVELS)
        link = next((one for one in around if one.name == "a"), None)
        if link is not None and is_image_file(attribute(link, "href")):
            found[id(link)] = link
    return list(found.values())[:_MOST]


def _from_element(element: Tag, place: Place) -> SearchResult:
    address = image_address(element, place.base)
    return SearchResult(address, address, place.url, _title(element), license_url=place.license_url)


def _from_description(element: Tag, place: Place) -> SearchResult:
    names = ("data-iiif", "data-iiif-image", "href")
    address = next(filter(None, (attribute(element, name) for name in names)), "")
    address = join(place.base, address)
    return SearchResult(address, address, place.url, _title(element), license_url=place.license_url)


def _with_description(hit: SearchResult, described: list[tuple[SearchResult, str]]) -> SearchResult:
    """Return what JSON-LD says of just this image, if it does."""
    for told, thumbnail in described:
        if hit.image_url in (told.image_url, thumbnail):
            return replace(
                told, native_id=hit.native_id, image_url=hit.image_url,
                title=told.title or hit.title,
                license_url=told.license_url or hit.license_url,
            )  # fmt: skip
    return hit


def _title(element: Tag) -> str:
    inner = element if element.name == "img" else element.select_one("img")
    titles = (attribute(element, "title"), attribute(inner, "alt"), attribute(inner, "title"))
    return next(filter(None, titles), "")

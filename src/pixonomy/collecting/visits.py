"""Visits pages of a gallery side by side and notes the images each names, or why it names none."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urldefrag

from bs4 import BeautifulSoup

from pixonomy.collecting.iiif import ENDING, read_info
from pixonomy.collecting.images_on_page import Place, place_of_page, read_images
from pixonomy.collecting.optout import check_page
from pixonomy.collecting.picture_tag import is_image_file
from pixonomy.collecting.politeness import AGENT
from pixonomy.collecting.provider import Get, plain
from pixonomy.collecting.replies import open_page
from pixonomy.collecting.search_results import (
    GaveUp,
    Gone,
    Left,
    Refused,
    Reply,
    SearchResult,
    Trouble,
)


@dataclass(frozen=True)
class Visit:
    """What a page led to.

    Attributes:
        title: of the page.
        problem: why it is left out, or could not be had; empty where it was read.
        is_worth_another: whether it may be had later.
    """

    url: str
    search_results: tuple[SearchResult, ...] = ()
    title: str = ""
    problem: str = ""
    is_worth_another: bool = False


async def open_at(url: str, get: Get) -> tuple[BeautifulSoup, Place]:
    """Return a page and where it is.

    Raises:
        Refused, Gone, Trouble: see `politeness`, and where the page objects to the use.
    """
    reply = await get(url, "page")
    page = await open_page(reply)
    return page, await asyncio.to_thread(_place, page, reply.url)


def _place(page: BeautifulSoup, url: str) -> Place:
    check_page(page, AGENT)
    return place_of_page(page, url)


async def visit_all(
    urls: Sequence[str], image: str, get: Get, is_last: bool = False
) -> list[Visit]:
    """Visit pages side by side, in the order given.

    Args:
        image: the user's own CSS selector of images; empty: none.
        is_last: pages that fail are not asked for again, so that it is fine if all do.

    Raises:
        Left, GaveUp: where a host is not asked any more, or nothing came of any page.
        BudgetSpent: see `politeness`.
    """
    visits = await asyncio.gather(*(_visit(url, image, get) for url in urls))
    failures = [one for one in visits if isinstance(one, GaveUp)]
    if failures and len(failures) == len(visits) and not is_last:
        raise failures[0]
    return [
        Visit(url, problem=str(one), is_worth_another=True) if isinstance(one, GaveUp) else one
        for url, one in zip(urls, visits, strict=True)
    ]


async def resolve(
    search_results: Sequence[SearchResult], get: Get
) -> tuple[list[SearchResult], list[str]]:
    """Return search results with images in place of descriptions by IIIF, and what went wrong."""
    found, problems = [], []
    for hit in search_results:
        if not hit.image_url.partition("?")[0].endswith(ENDING):
            found.append(hit)
            continue
        try:
            found.append(await _read_description(hit, get))
        except Left:
            raise
        except (Refused, Gone, Trouble) as reason:
            problems.append(str(reason))
    return found, problems


async def _visit(url: str, image: str, get: Get) -> Visit | GaveUp:
    try:
        return await _read(url, image, get)
    except Left:
        raise
    except GaveUp as trouble:
        return trouble
    except (Refused, Gone, Trouble) as reason:
        return Visit(url, problem=str(reason))


async def _read(url: str, image: str, get: Get) -> Visit:
    if is_image_file(url):  # a link that leads to no page, but to the image itself
        search_results, problems = await resolve([SearchResult(url, url, url)], get)
        return Visit(url, tuple(search_results), problem=problems[0] if problems else "")
    page, place = await open_at(url, get)
    named = await asyncio.to_thread(read_images, page, place, image)
    search_results, problems = await resolve(named, get)
    title = plain(page.title.get_text()) if page.title is not None else ""
    return Visit(
        url, tuple(search_results), title, "" if search_results or not problems else problems[0]
    )


async def _read_description(hit: SearchResult, get: Get) -> SearchResult:
    reply: Reply = await get(hit.image_url, "page")
    info = read_info(reply, hit.page_url, hit.title)
    return replace(info, license_url=info.license_url or hit.license_url)


def describe_visits(visits: Sequence[Visit], image: str) -> list[str]:
    """Return sentences on pages that failed, are left out, or name no image."""
    messages = []
    count = len(visits)
    for is_for_later, then in ((True, "asked again at the search's end"), (False, "left out")):
        reasons = Counter(
            one.problem for one in visits if one.problem and one.is_worth_another == is_for_later
        )
        for reason, times in reasons.most_common(3):
            messages.append(f"{times} of {count} pages {then}: {reason}")
    empty = [one.url for one in visits if not one.problem and not one.search_results]
    if empty:
        messages.append(
            f"{_selector(image)} on {len(empty)} of {count} pages, such as {empty[0]}; see why: "
            "--try with that address"
        )
    return messages


def _selector(image: str) -> str:
    if image:
        return f"selector `{image}` (picture) matched no picture"
    return "no picture is named by JSON-LD, IIIF, a link to a larger picture or og:image"


def without_fragment(url: str) -> str:
    """Return an address without what stands behind #."""
    try:
        return urldefrag(url).url
    except ValueError:
        return url

"""Tries the settings of a taxonomy file on one page, for `collect --try-url`."""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pixonomy.collecting.client import Client
from pixonomy.collecting.collector import CollectSettings
from pixonomy.collecting.door import parse
from pixonomy.collecting.known import open_provider
from pixonomy.collecting.politeness import Politeness
from pixonomy.collecting.providers.html import Html
from pixonomy.collecting.run_collection import run_loop
from pixonomy.collecting.search_results import Kind, Pace, Refused, Reply
from pixonomy.collecting.setup import CollectChoices, introduce, own_proxies, private_hosts
from pixonomy.collecting.try_page import Wish, inspect_page
from pixonomy.dataset.taxonomy_toml import KeywordFile, read_keyword_file
from pixonomy.errors import SettingError
from pixonomy.progress import Context
from pixonomy.results.page_results import TryPageResult, TryRefusedResult
from pixonomy.storage.files import printable

_DEFAULT = Context()

Found = TryPageResult | TryRefusedResult


def try_page(
    taxonomy: Path,
    url: str,
    choices: CollectChoices | None = None,
    context: Context = _DEFAULT,
) -> Found:
    """Tell what the settings of `[provider.html]` find on one page; keep nothing.

    Returns:
        A TryPageResult, or a TryRefusedResult for a page that may not be asked for.

    Raises:
        SettingError: for a taxonomy, setting or address that is wrong.
    """
    began = time.monotonic()
    wanted = read_keyword_file(taxonomy)
    choices = replace(choices or CollectChoices(), providers=("html",))
    try:
        parse(url)
    except Refused as reason:
        raise SettingError(f"--try takes a page's address, not {url!r}: {reason}.") from None
    gallery, messages = _open(taxonomy, wanted, url)
    user_agent, hosts = introduce(wanted, choices), private_hosts(wanted, choices)
    proxies = own_proxies(context.report)
    results: list[Found] = []

    async def run_trial() -> None:
        async with Client(user_agent, hosts, proxies=proxies) as client:
            results.append(await _try_url(url, gallery, client, choices))

    run_loop(run_trial)
    (found,) = results
    seconds = round(time.monotonic() - began, 2)
    return replace(found, told=(*messages, *found.told), seconds=seconds)


async def _try_url(url: str, gallery: Html, client: Client, choices: CollectChoices) -> Found:
    def pace(_provider: str, kind: Kind) -> Pace:
        return gallery.pace(kind)

    def spend(_provider: str) -> None:
        """Count no requests: pages of people have no budget."""

    politeness = Politeness(client, pace, spend, choices.retry_policy, choices.clock)

    async def get(
        address: str,
        kind: Kind,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Reply:
        return await politeness.get(address, kind, gallery.name, headers, form)

    smallest = CollectSettings(1).smallest_side
    wish = Wish(gallery.links, gallery.image, gallery.following, smallest, choices.licenses)
    return await inspect_page(url, wish, get)


def try_lines(result: Found) -> list[str]:
    """Return what `try_page` found as lines for people."""
    if isinstance(result, TryRefusedResult):
        return [f"{result.url}: {result.refused}."]
    lines = [f"{result.url}" + _base(result)]
    links = result.links
    if links.selector:
        lines.append(f"links `{links.selector}`: {links.matched} of {links.of} links")
        lines += [f"  {one}" for one in links.pages]
    lines.append(f"next: {result.next or 'none'}")
    how = ", ".join(f"{count} by {name}" for name, count in result.how.items())
    lines.append(f"pictures: {how}")
    for one in result.pictures:
        outcome = f"refused: {one.refused}" if one.refused else "fine"
        licence = one.license or one.license_url or "no licence named"
        lines.append(f"  {one.image_url} ({outcome}; {licence})")
    if result.others:
        lines.append("not picked by any setting:")
        lines += [f"  {other.image_url} ({other.element})" for other in result.others]
    return [*lines, *(f"{sentence}." for sentence in result.told)]


def _base(result: TryPageResult) -> str:
    return f" (addresses start from {result.base})" if result.base != result.url else ""


def _open(taxonomy: Path, wanted: KeywordFile, url: str) -> tuple[Html, list[str]]:
    """Return the gallery, and what is to be told where the file has no settings of one."""
    values, messages = dict(wanted.providers.get("html", {})), []
    if not values:
        messages = [
            f"{printable(taxonomy)} has no [provider.html]: this is what a page names by itself"
        ]
    if "search" not in values:
        values.setdefault("sitemap", url)  # a gallery needs one of both; none is asked here
    gallery = open_provider("html", values, None, taxonomy)
    assert isinstance(gallery, Html)
    return gallery, messages

"""Parses replies as JSON, XML or pages, with every fault in one sentence."""

import asyncio
import codecs
import json

from bs4 import BeautifulSoup, Tag
from lxml import etree

from pixonomy.collecting.search_results import Refused, Reply, Trouble
from pixonomy.json_types import JsonObject

MOST_MARKS = 100_000
"""Signs of a tag in a page, opening and closing ones: seconds of work."""

MOST_LEVELS = 512
"""Levels of a page: browsers go no deeper."""

MOST_XML_MARKS = 1_500_000
"""Signs of a tag in XML: 50,000 pages of a sitemap, with images."""

# Codecs of Python that no page is written in; two of them take hours for a few megabytes.
_NO_LETTERS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"})


def read_json(reply: Reply) -> JsonObject:
    """Return the object that a reply holds.

    Raises:
        Trouble: if it is no JSON object, such as a page that says the service is down.
    """
    try:
        content = json.loads(reply.body)
    except (ValueError, RecursionError) as error:
        start = reply.body.lstrip()[:1]
        what = "a page in place of JSON" if start == b"<" else "broken JSON"
        raise Trouble(f"the interface sent {what}") from error
    if not isinstance(content, dict):
        raise Trouble("the interface sent JSON of another form")
    return content


async def open_page(reply: Reply) -> BeautifulSoup:
    """Do what `read_page` does in a thread: it takes seconds for the largest pages."""
    return await asyncio.to_thread(read_page, reply)


def read_page(reply: Reply) -> BeautifulSoup:
    """Return the tree of a page.

    Raises:
        Refused: for a page larger or deeper than any that people read.
    """
    if reply.body.count(b"<") > MOST_MARKS:
        raise Refused(f"a page of more than {MOST_MARKS:,} tags")
    # Of a text without any tag Beautiful Soup warns that it may be a file's name.
    page = BeautifulSoup(_letters(reply) if b"<" in reply.body else "", "lxml")
    if _depth(page) > MOST_LEVELS:
        raise Refused(f"a page of more than {MOST_LEVELS} levels")
    return page


def xml_root(data: bytes) -> etree._Element:
    """Return the root of an XML file, such as a sitemap; what is broken in it is passed over.

    Entities stay as they are, and depth is bounded by the parser: it is anybody's file.

    Raises:
        Trouble: if it is no XML.
        Refused: if it has more tags than a sitemap of the largest size.
    """
    if data.count(b"<") > MOST_XML_MARKS:
        raise Refused(f"XML of more than {MOST_XML_MARKS:,} tags")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=True)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Trouble("it is no XML") from error
    if root is None:
        raise Trouble("it is no XML")
    return root


def _letters(reply: Reply) -> str | bytes:
    """Return a page's text where its header names the letters; else the parser has to find out."""
    named = reply.headers.get("content-type", "").partition("charset=")[2]
    try:
        known = codecs.lookup(named.partition(";")[0].strip(" \"'")).name
        return reply.body if known in _NO_LETTERS else reply.body.decode(known, "replace")
    except (LookupError, ValueError):
        return reply.body


def _depth(page: BeautifulSoup) -> int:
    """Return the number of levels, or one that is too high."""
    level: list[Tag] = [page]
    for depth in range(MOST_LEVELS + 1):
        level = [one for tag in level for one in tag.children if isinstance(one, Tag)]
        if not level:
            return depth
    return MOST_LEVELS + 1


def table(content: object, key: str) -> JsonObject:
    """Return an object within an object; an empty one where it is something else."""
    found = content.get(key) if isinstance(content, dict) else None
    return found if isinstance(found, dict) else {}


def rows(content: object, key: str) -> list[JsonObject]:
    """Return the objects of a list within an object; none where it is something else."""
    found = content.get(key) if isinstance(content, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

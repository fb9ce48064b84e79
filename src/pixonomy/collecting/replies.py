"""A reply goes in; JSON or a parsed page comes out, or trouble in one sentence."""

import json
from typing import Any

from bs4 import BeautifulSoup

from pixonomy.collecting.finds import Reply, Trouble


def read_json(reply: Reply) -> dict[str, Any]:
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


def read_page(reply: Reply) -> BeautifulSoup:
    """Return the tree of a page."""
    _, named, charset = reply.headers.get("content-type", "").partition("charset=")
    try:
        if named:
            text = reply.body.decode(charset.partition(";")[0].strip(' "'), "replace")
            return BeautifulSoup(text, "lxml")
    except LookupError:  # a charset that nobody knows: the page itself may say
        pass
    return BeautifulSoup(reply.body, "lxml")


def table(content: Any, key: str) -> dict[str, Any]:
    """Return an object within an object; an empty one where it is something else."""
    found = content.get(key) if isinstance(content, dict) else None
    return found if isinstance(found, dict) else {}


def rows(content: Any, key: str) -> list[dict[str, Any]]:
    """Return the objects of a list within an object; none where it is something else."""
    found = content.get(key) if isinstance(content, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

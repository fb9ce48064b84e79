"""Reads the JSON that a provider's interface answers with, and tells an answer from trouble.

An interface that is overloaded often says so with status 200: such a reply is trouble, and never
an answer without images.
"""

import re
import time
from collections.abc import Mapping

from pixonomy.collecting.door import clean
from pixonomy.collecting.provider import plain
from pixonomy.collecting.rate_limits import retry_after
from pixonomy.collecting.replies import read_json
from pixonomy.collecting.search_results import Reply, Trouble
from pixonomy.json_types import Json, JsonObject

_LONGEST = 300  # letters of what an interface says that are told
_WAIT = re.compile(r"\bin (\d{1,6}) seconds?\b")


def read_answer(reply: Reply, expected: str) -> JsonObject:
    """Return the JSON object of a reply that holds a member of one of the names expected.

    Args:
        expected: names, separated by blanks.

    Raises:
        Trouble: where it holds none of them; with what the interface says, if it does.
    """
    content = read_json(reply)
    if any(name in content for name in expected.split()):
        return content
    message = error_message(content)
    if message:
        raise Trouble(f"the interface says {message!r}", asked_wait(reply, message))
    raise Trouble(f"the interface sent JSON without {' or '.join(expected.split())}")


def error_message(content: Mapping[str, Json]) -> str:
    """Return the sentence with which an interface says that something is wrong; empty without."""
    for name in ("detail", "error", "message", "title"):
        value = content.get(name)
        if isinstance(value, dict):
            value = value.get("info") or value.get("message") or value.get("code")
        if isinstance(value, str) and value.strip():
            return clean(plain(value), _LONGEST)
    return ""


def asked_wait(reply: Reply, message: str = "") -> float | None:
    """Return the seconds a reply asks for, by Retry-After or in words; None without."""
    wait = retry_after(reply.headers, time.time())
    if wait is None and (named := _WAIT.search(message)):
        wait = float(named.group(1))
    return wait

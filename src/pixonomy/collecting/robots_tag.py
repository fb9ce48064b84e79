"""Reads a value of X-Robots-Tag, or of a robots meta tag, for a word that objects to our use.

The grammar is Google's (developers.google.com/search/docs/crawling-indexing/robots-meta-tag):
words between commas, some with a value behind a colon, and names of robots before a colon, each of
which holds to the end of its line or to the next name. `noai` and `noimageai` are DeviantArt's.
"""

import email.utils
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from pixonomy.collecting.crawlers import means_us

_OBJECTIONS = frozenset({"noai", "noimageai", "noindex", "noimageindex", "none"})
_WORDS = _OBJECTIONS | set(
    "all index follow nofollow archive noarchive nocache snippet nosnippet notranslate noodp noydir"
    " indexifembedded nositelinkssearchbox nopagereadaloud".split()
)
_UNTIL = "unavailable_after"
_VALUED = frozenset({_UNTIL, "max-snippet", "max-image-preview", "max-video-preview"})
_NAMED = re.compile(r"(\*|[a-z][\w./ -]*?)\s*:\s*(.*)", re.IGNORECASE | re.DOTALL)


def objection(value: str, agent: str, now: float) -> str | None:
    """Return the word of a value that objects to our use; None without any.

    Args:
        value: lines of the header, with a line break between; a robot's name ends with its line.
        agent: the name we go by.
        now: seconds since 1970; "unavailable_after" objects from its date on. One that is no date
            says nothing, as Google takes it.
    """
    for line in re.split(r"[\r\n]+", value):
        for word, told in _addressed_to_us(line.split(","), agent):
            if word in _OBJECTIONS:
                return word
            if word == _UNTIL and (until := _date(told)) is not None and until < now:
                return f"{_UNTIL}: {told[:40]}"
    return None


def _addressed_to_us(parts: list[str], agent: str) -> Iterator[tuple[str, str]]:
    """Yield the words that are said to us, each with its value."""
    is_ours = True
    for place, part in enumerate(parts):
        word, value = part.strip(), ""
        while found := _NAMED.fullmatch(word):
            name, rest = found[1].casefold(), found[2].strip()
            if name in _VALUED or not _is_rule(rest):
                # What is unknown is no robot's name: it would hide what follows it.
                word, value = name, rest
                break
            is_ours, word = name == "*" or means_us(name, agent), rest
        if word == _UNTIL and not re.search(r"\d", value):
            value = ", ".join([value, *(one.strip() for one in parts[place + 1 : place + 2])])
        if is_ours:
            yield word.casefold(), value


def _is_rule(text: str) -> bool:
    name = text.partition(":")[0].strip().casefold()
    return name in _WORDS or name in _VALUED


def _date(text: str) -> float | None:
    """Read a date of RFC 822, RFC 850 or ISO 8601; without a zone it is in UTC."""
    for read in (email.utils.parsedate_to_datetime, datetime.fromisoformat):
        try:
            found = read(text.strip())
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
        except (ValueError, TypeError, OverflowError):
            continue
    return None

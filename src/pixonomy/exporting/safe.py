"""Makes names of labels and images that every file system takes."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

_LONGEST = 100  # bytes of UTF-8; most file systems take 255, and an ending comes behind
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")
_FORBIDDEN = frozenset('/\\:*?"<>|~')  # ~ marks names that had to be told apart
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])[ ]*(\.|$)", re.I)


def make_safe(text: str) -> str:
    """Return a name without anything that a file system could object to or misunderstand.

    Slashes, other signs with a meaning and what cannot be printed become `_`; so do dots in front
    (hidden, or a step up) and dots and blanks at the end. Two texts may give one name.
    """
    if _PLAIN.fullmatch(text) and not _RESERVED.match(text):
        return text
    name = "".join(
        letter if letter.isprintable() and letter not in _FORBIDDEN else "_" for letter in text
    )
    name = name.encode("utf-8", "replace")[:_LONGEST].decode("utf-8", "ignore")
    name = re.sub(r"^[. ]|[. ]$", "_", name)
    return f"_{name}" if _RESERVED.match(name) or not name else name


def tell_apart(texts: Iterable[str], others: Iterable[str] = ()) -> dict[str, str]:
    """Return a safe name for each text.

    No file system takes two of them for one, nor one of them for one of `others`.
    """
    names = {text: make_safe(text) for text in texts}
    taken = Counter(map(alike, [*names.values(), *others]))
    return {
        text: name if taken[alike(name)] == 1 else mark(name, text) for text, name in names.items()
    }


def mark(name: str, text: str) -> str:
    """Return a safe name that a hash of the text sets apart from its likes."""
    return f"{name}~{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def alike(name: str) -> str:
    """Return what is equal for names that some file system takes for one (case, accents)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())

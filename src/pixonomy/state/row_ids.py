"""Ids of rows, and the hashes that stand for what must not be stored."""

import re
import secrets
from hashlib import sha256

_ID = re.compile(r"[0-9a-f]{32}")


def make_id() -> str:
    """Return 128 random bits in hexadecimal: nobody guesses another's id."""
    return secrets.token_hex(16)


def is_id(text: str) -> bool:
    """Tell whether a text can be an id; what anybody sends may be anything."""
    return _ID.fullmatch(text) is not None


def hash_text(text: str) -> str:
    """Return the SHA-256 of any text, in hexadecimal."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def storable(text: str) -> str:
    """Return a text without what no database stores: halves of characters, and NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")

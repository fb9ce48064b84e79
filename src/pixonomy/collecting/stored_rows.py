"""Rows of the state database as plain values."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from pixonomy.collecting.search_results import SearchResult


@dataclass(frozen=True)
class Search:
    """How far a keyword has been searched at a provider.

    Attributes:
        next: see `search_results.Page`; None before the first page, and when it is over.
        walked_at: when its last page came, seconds since 1970.
    """

    next: Mapping[str, object] | None
    is_over: bool
    total: int | None
    walked_at: float | None


@dataclass(frozen=True)
class Waiting:
    """A image that is still to be fetched.

    Attributes:
        number: of the search result; later ones have greater numbers.
    """

    url: str
    hit: SearchResult
    number: int = 0


@dataclass(frozen=True)
class StoredImage:
    """A image in a tar file.

    Attributes:
        number: counts images, from 0.
        offset, length: its bytes, within the tar file.
    """

    sha256: str
    number: int
    shard: int
    offset: int
    length: int
    perceptual_hash: str | None
    width: int | None
    height: int | None
    format: str | None
    fetched_at: float


def pack(hit: SearchResult) -> str:
    """Return a search result as it is noted; id and address have columns of their own."""
    stated = {key: value for key, value in vars(hit).items() if value not in (None, "")}
    return json.dumps({key: stated[key] for key in stated if key not in ("native_id", "image_url")})


def unpack(native_id: str, url: str, about: str) -> SearchResult:
    """Return a search result that was noted."""
    return SearchResult(native_id, url, **json.loads(about))

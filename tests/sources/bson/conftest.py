"""Products of every kind, drawn at random, and what PyMongo finds in a file of them."""

import datetime
import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from struct import pack
from typing import Any

import bson
import pytest
from bson.binary import Binary
from bson.code import Code
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.max_key import MaxKey
from bson.min_key import MinKey
from bson.objectid import ObjectId
from bson.regex import Regex
from bson.timestamp import Timestamp
from hypothesis import strategies as st

Strategy = st.SearchStrategy[bytes]
PRODUCT_FIELDS = ("_id", "category_id", "imgs")


@dataclass(frozen=True)
class Found:
    """What PyMongo finds in one document."""

    product_id: str
    category_id: str | None
    pictures: tuple[bytes, ...]


def encode(fields: list[tuple[str, Any]]) -> bytes:
    """Encode fields in this very order; `bson.encode` would move `_id` to the front."""
    content = b"".join(bson.encode({name: value})[4:-1] for name, value in fields)
    return pack("<i", len(content) + 5) + content + b"\0"


def find_all(data: bytes) -> list[Found]:
    """Return what PyMongo finds in each document of a file."""
    return [
        Found(
            _to_text(product["_id"]) or "",
            _to_text(product.get("category_id")),
            tuple(_pictures(product.get("imgs"))),
        )
        for product in bson.decode_file_iter(io.BytesIO(data))
    ]


def _to_text(found: Any) -> str | None:
    return None if found is None else str(int(found) if isinstance(found, float) else found)


def _pictures(imgs: Any) -> list[bytes]:
    entries = [one for one in imgs if isinstance(one, dict)] if isinstance(imgs, list) else []
    return [bytes(one["picture"]) for one in entries if isinstance(one.get("picture"), bytes)]


def _names() -> st.SearchStrategy[str]:
    letters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    names = st.text(letters, max_size=8) | st.sampled_from(["id", "n" * 200, "picture ", "été"])
    return names.filter(lambda name: name not in (*PRODUCT_FIELDS, "picture"))


def _values() -> st.SearchStrategy[Any]:
    """Values of every type that PyMongo writes."""
    text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
    subtypes = st.sampled_from([0, 2, 5, 128])
    simple = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**31), 2**31 - 1),
        st.integers(-(2**63), 2**63 - 1).map(Int64),
        st.floats(),
        text,
        st.builds(Binary, st.binary(max_size=20), subtypes),
        st.binary(min_size=12, max_size=12).map(ObjectId),
        st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2100, 1, 1)),
        st.builds(Regex, text, st.integers(0, 255).map(lambda flags: flags & 0x6E)),
        st.builds(Code, text) | st.builds(Code, text, st.dictionaries(text, st.booleans())),
        st.builds(Timestamp, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
        st.integers(-(10**20), 10**20).map(lambda number: Decimal128(str(number))),
        st.sampled_from([MinKey(), MaxKey()]),
    )
    return st.recursive(
        simple,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names(), inner, max_size=3),
        max_leaves=6,
    )


def _entries() -> st.SearchStrategy[Any]:
    """What may lie in the array of pictures: {picture, …} in any order, and odd things."""
    subtypes = st.sampled_from([0, 0, 0, 2, 128])
    picture = st.builds(Binary, st.binary(max_size=40), subtypes)
    plain = st.fixed_dictionaries({"picture": picture})
    full = st.builds(
        lambda one, more, is_first: one | more if is_first else more | one,
        plain,
        st.dictionaries(_names(), _values(), max_size=2),
        st.booleans(),
    )
    odd: st.SearchStrategy[Any] = (
        st.just({"picture": None}) | st.none() | st.integers(0, 9) | st.just({})
    )
    return st.one_of(plain, plain, plain, full, odd)


def _products() -> Strategy:
    numbers = st.integers(-(2**31), 2**31 - 1) | st.integers(0, 2**62).map(Int64)
    texts = st.sampled_from(["B00-é", ""]) | st.binary(min_size=12, max_size=12).map(ObjectId)
    whole = st.floats(-(2**52), 2**52).map(math.floor).map(float)
    ids = st.one_of(numbers, numbers, numbers, texts, whole)
    plain = st.binary(max_size=40).map(lambda data: {"picture": data})
    imgs = st.one_of(
        st.lists(plain, max_size=4),
        st.lists(plain, max_size=4),
        st.lists(_entries(), max_size=4),
        st.lists(plain, min_size=10, max_size=13),
        st.none() | st.just("none") | st.just([]),
    )
    more = st.dictionaries(_names(), _values(), max_size=3).map(lambda one: list(one.items()))

    @st.composite
    def draw(choose: Callable[..., Any]) -> bytes:
        fields = [("_id", choose(ids))]
        if choose(st.integers(0, 5)):
            fields.append(("category_id", choose(ids | st.none())))
        if choose(st.integers(0, 5)):
            fields.append(("imgs", choose(imgs)))
        if choose(st.booleans()):
            fields += choose(more)
            fields = choose(st.permutations(fields))
        return encode(fields)

    return draw()


@pytest.fixture(scope="session")
def products() -> Strategy:
    """Encoded products: half of them as Cdiscount's, half with anything in any order."""
    return _products()


@pytest.fixture(scope="session")
def pymongo() -> Callable[[bytes], list[Found]]:
    """Return the oracle."""
    return find_all

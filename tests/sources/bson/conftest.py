"""Products of every kind, drawn at random, and what PyMongo finds in a file of them."""

import datetime
import decimal
import hashlib
import io
import json
import math
import unicodedata
import uuid
from collections.abc import Callable, Iterator
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
    """What PyMongo finds in one document; None stands for what is no picture."""

    product_id: str | None
    category_id: str | None
    has_problem: bool
    images: tuple[bytes | None, ...]


def encode(fields: list[tuple[str, Any]]) -> bytes:
    """Encode fields in this very order; `bson.encode` would move `_id` to the front."""
    content = b"".join(bson.encode({name: value})[4:-1] for name, value in fields)
    return pack("<i", len(content) + 5) + content + b"\0"


def find_all(data: bytes) -> list[Found]:
    """Return what PyMongo finds in each document of a file."""
    return [_find(product) for product in bson.decode_file_iter(io.BytesIO(data))]


def _find(product: dict[str, Any]) -> Found:
    product_id, category = id_text(product.get("_id")), product.get("category_id")
    category_id = _category(category)
    is_odd = category is not None and category_id is None
    is_blank = isinstance(category, str) and not isinstance(category, Code) and not category.strip()
    has_problem = product_id is None or (is_odd and not is_blank)
    return Found(product_id, category_id, has_problem, tuple(_images(product.get("imgs"))))


def id_text(value: Any) -> str | None:
    """Return what an id is as text, from what PyMongo makes of it."""
    text: str | None
    match value:
        case Code() | Regex() | MinKey() | MaxKey() | None:
            return None
        case bool():
            text = "true" if value else "false"
        case int() | ObjectId():
            text = str(value)
        case str():
            text = str(value)
        case float():
            text = str(int(value)) if value.is_integer() else repr(value)
        case Decimal128():
            text = _decimal(value.to_decimal())
        case bytes():
            is_uuid = isinstance(value, Binary) and value.subtype == 4 and len(value) == 16
            text = str(uuid.UUID(bytes=bytes(value))) if is_uuid else value.hex()
        case datetime.datetime():
            text = value.isoformat(timespec="milliseconds") + "Z"
        case Timestamp():
            text = f"{value.time}:{value.inc}"
        case _:
            text = _dump(value)
    if text is None or len(text) > 1024:
        return "sha256:" + hashlib.sha256(bson.encode({"": value})[6:-1]).hexdigest()
    return text


def _decimal(number: decimal.Decimal) -> str:
    if not number.is_finite():
        return "nan" if number.is_nan() else str(float(number))
    number = number.normalize(decimal.Context(prec=34))
    is_whole = number == int(number)
    return str(int(number)) if is_whole and len(str(abs(int(number)))) <= 34 else str(number)


def _dump(value: Any) -> str | None:
    try:
        return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))
    except ValueError:
        return None


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, bool | None):
        return value
    text = id_text(value)
    if text is None:
        raise ValueError
    is_number = isinstance(value, int | float | Decimal128)
    return int(text) if is_number and text and text.removeprefix("-").isdecimal() else text


def _category(value: Any) -> str | None:
    is_number = isinstance(value, float | Decimal128)
    if isinstance(value, str) and not isinstance(value, Code):
        return unicodedata.normalize("NFC", value.strip()) or None
    if isinstance(value, int | ObjectId) or is_number:
        text = id_text(value) or ""
        if not is_number:
            return text
        is_whole = text.removeprefix("-").isdecimal()
        # A larger number has more digits than its type keeps.
        return text if is_whole and abs(int(text)) < 2**63 else None
    is_uuid = isinstance(value, Binary) and value.subtype == 4 and len(value) == 16
    return id_text(value) if is_uuid else None


def _images(imgs: Any) -> Iterator[bytes | None]:
    if isinstance(imgs, dict):
        imgs = [imgs] if "picture" in imgs else list(imgs.values())
    for one in imgs if isinstance(imgs, list) else [imgs]:
        image = one.get("picture", b"" if one else None) if isinstance(one, dict) else one
        if isinstance(one, dict) and one and "picture" not in one:
            yield None
        elif isinstance(image, bytes):
            yield bytes(image)
        elif image is not None:
            yield None


def _names() -> st.SearchStrategy[str]:
    letters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    names = st.text(letters, max_size=8) | st.sampled_from(["id", "n" * 200, "picture ", "été"])
    return names.filter(lambda name: name not in (*PRODUCT_FIELDS, "picture"))


def _values() -> st.SearchStrategy[Any]:
    """Values of every type that PyMongo writes."""
    text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
    subtypes = st.sampled_from([0, 2, 4, 5, 128])
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
        st.sampled_from(["5.0", "5", "1.50", "NaN", "-Infinity", "1E+40", "-0", "1E-6176"]).map(
            Decimal128
        ),
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
    image = st.builds(Binary, st.binary(max_size=40), subtypes)
    plain = st.fixed_dictionaries({"picture": image})
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


def _uuid(value: uuid.UUID) -> Binary:
    return Binary.from_uuid(value)


def _products() -> Strategy:
    numbers = st.integers(-(2**31), 2**31 - 1) | st.integers(0, 2**62).map(Int64)
    texts = st.sampled_from(["B00-é", "", "B01"]) | st.binary(min_size=12, max_size=12).map(
        ObjectId
    )
    whole = st.floats(-(2**52), 2**52).map(math.floor).map(float)
    ids = st.one_of(numbers, numbers, numbers, texts, whole, st.uuids().map(_uuid), _values())
    binary = st.binary(max_size=40)
    plain = st.binary(max_size=40).map(lambda data: {"picture": data})
    imgs = st.one_of(
        st.lists(plain, max_size=4),
        st.lists(plain, max_size=4),
        st.lists(_entries(), max_size=4),
        st.lists(plain, min_size=10, max_size=13),
        st.lists(binary, max_size=12),
        st.lists(binary | plain, max_size=3),
        binary | plain | st.dictionaries(_names(), binary, max_size=3),
        st.none() | st.just("none") | st.just([]),
    )
    more = st.dictionaries(_names(), _values(), max_size=3).map(lambda one: list(one.items()))

    @st.composite
    def draw(choose: Callable[..., Any]) -> bytes:
        has_id = choose(st.integers(0, 9)) > 0
        fields = [("_id", choose(ids))] if has_id else []
        if choose(st.integers(0, 5)):
            fields.append(("category_id", choose(ids | st.none())))
        if choose(st.integers(0, 5)) or not has_id:
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

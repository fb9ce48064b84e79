"""Ids of any type are text to compare; what could only be a mistake is no category."""

import datetime
import uuid
from typing import Any

import bson
import pytest
from bson.binary import Binary
from bson.code import Code
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.objectid import ObjectId
from bson.regex import Regex
from bson.timestamp import Timestamp

from pixonomy.sources.bson.ids import read_category, read_product_id

UUID = uuid.UUID("12345678-1234-5678-1234-567812345678")
OBJECT_ID = ObjectId("0123456789abcdef01234567")
NAN, INFINITY = float("nan"), float("inf")


def encode(value: Any) -> tuple[int, bytes]:
    """Return the type and the bytes of a value."""
    encoded = bson.encode({"": value})
    return encoded[4], encoded[6:-1]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5"),
        (Int64(-5), "-5"),
        (5.0, "5"),
        (-0.0, "0"),
        (1000003437.0, "1000003437"),
        (1.5, "1.5"),
        (INFINITY, "inf"),
        (Decimal128("5"), "5"),
        (Decimal128("5.00"), "5"),
        (Decimal128("5E+2"), "500"),
        (Decimal128("1.50"), "1.5"),
        (Decimal128("-0.0"), "0"),
        (Decimal128("9" * 34), "9" * 34),
        (Decimal128("1E+6111"), "1E+6111"),
        (Decimal128("NaN"), "nan"),
        (Decimal128("-Infinity"), "-inf"),
        ("B00-é", "B00-é"),
        ("", ""),
        (OBJECT_ID, "0123456789abcdef01234567"),
        (Binary.from_uuid(UUID), str(UUID)),
        (Binary(UUID.bytes, 3), UUID.hex),
        (Binary(b"\x01\xff", 0), "01ff"),
        (Binary(b"\x01\xff", 2), "01ff"),
        (True, "true"),
        (False, "false"),
        (datetime.datetime(1969, 12, 31, 23, 59, 59, 999_000), "1969-12-31T23:59:59.999Z"),
        (Timestamp(7, 2), "7:2"),
        ({"shop": 3.0, "number": Int64(4)}, '{"shop":3,"number":4}'),
        ([1, None, True, OBJECT_ID, {"a": "é"}], f'[1,null,true,"{OBJECT_ID}",{{"a":"é"}}]'),
    ],
)
def test_an_id_of_any_type_is_text(value: Any, text: str) -> None:
    assert read_product_id(*encode(value)) == (text, None)


def test_a_date_beyond_the_calendar_is_a_number() -> None:
    assert read_product_id(0x09, (2**62).to_bytes(8, "little")) == (f"{2**62} ms", None)


def test_a_decimal_of_more_digits_than_the_type_has_is_zero() -> None:
    raw = bytes(15) + b"\x60"
    assert read_product_id(0x13, raw) == ("0", None)
    assert str(Decimal128.from_bid(raw).to_decimal().normalize()) == "0"


def test_of_long_and_deep_ids_a_hash_is_compared() -> None:
    deep: Any = 1
    for _ in range(100):
        deep = {"a": deep}
    wide = {"a": "x" * 600, "b": "x" * 600}
    values = ["x" * 2000, "x" * 2001, wide, deep, {"a": deep}, {"a": Regex("b")}]
    texts = [read_product_id(*encode(value))[0] for value in values]
    assert len({*texts}) == len(values)
    for text in texts:
        assert text is not None
        assert text.startswith("sha256:")
        assert len(text) == 71


def test_texts_that_are_not_utf_8_stay_apart() -> None:
    texts = {read_product_id(0x02, b"\x03\0\0\0p" + one + b"\0")[0] for one in (b"\xe2", b"\xea")}
    assert texts == {"p\\xe2", "p\\xea"}


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (None, "the product has no _id"),
        (Regex("a"), "_id is a regular expression, which is no id"),
        (Code("a"), "_id is code, which is no id"),
    ],
)
def test_what_is_no_id_is_told(value: Any, problem: str) -> None:
    assert read_product_id(*encode(value)) == (None, problem)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7, "7"),
        (7.0, "7"),
        (Decimal128("7.0"), "7"),
        (" pe\u0301 ", "pé"),
        ("007", "007"),
        (OBJECT_ID, str(OBJECT_ID)),
        (Binary.from_uuid(UUID), str(UUID)),
        (True, "true"),
        (None, None),
        ("  ", None),
    ],
)
def test_a_category_is_a_whole_number_a_text_or_an_id(value: Any, text: str | None) -> None:
    assert read_category(*encode(value)) == (text, None)


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (NAN, "the number nan"),
        (INFINITY, "the number inf"),
        (7.5, "the number 7.5"),
        (1e300, "the number 1"),
        (Decimal128("NaN"), "the number nan"),
        (Decimal128("1E+100"), "the number 1E+100"),
        ([7], "a list"),
        ({"id": 7}, "a document"),
        (Binary(b"seven"), "a binary"),
        (datetime.datetime(2020, 1, 1), "a date"),
        (Timestamp(7, 2), "a timestamp"),
        (Regex("7"), "a regular expression"),
        ("x" * 2000, "a text of 2000 bytes"),
    ],
)
def test_what_is_no_category_is_a_problem(value: Any, what: str) -> None:
    text, problem = read_category(*encode(value))
    assert text is None
    assert problem is not None
    assert problem.startswith(f"category_id is {what}")
    assert problem.endswith("which is no category")


def test_a_category_that_is_not_utf_8_is_a_problem() -> None:
    problem = "category_id is a text that is not UTF-8"
    assert read_category(0x02, b"\x03\0\0\0p\xe2\0") == (None, problem)

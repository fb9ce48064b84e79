"""Thrift, compact: wanted numbers are read, the rest is passed over, nothing is believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixonomy.storage.thrift import Ended, Malformed, Reader, Struct, Wanted


def number(value: int) -> bytes:
    return varint((value << 1) ^ (value >> 63))


def varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])


POINT = b"\x15" + number(7) + b"\x16" + number(-8) + b"\0"  # {1: 7, 2: -8}
ALL = (
    b"\x11\x12"  # 1: true, 2: false
    + b"\x13\xff"  # 3: a byte
    + b"\x14" + number(-300)  # 4: int16
    + b"\x17" + bytes(8)  # 5: double
    + b"\x18" + varint(3) + b"abc"  # 6: binary
    + b"\x19\x2c" + POINT + POINT  # 7: a list of structs
    + b"\x19\x23\x01\x02"  # 8: a list of bytes
    + b"\x19\x31\x01\x02\x01"  # 9: a list of booleans
    + b"\x1c" + POINT  # 10: a struct
    + b"\x19\x0c"  # 11: an empty list
    + b"\x06" + number(500) + number(2**62)  # 500: int64, its number written out
    + b"\0"
)  # fmt: skip


def read_point(reader: Reader) -> Struct:
    return reader.read({1: None, 2: None})


WANTED: Wanted = {4: None, 7: [read_point], 10: read_point, 11: [read_point], 500: None, 501: None}


def test_wanted_fields_are_read_and_all_others_passed_over() -> None:
    reader = Reader(ALL + b"behind")
    point = Struct({1: 7, 2: -8})
    wanted = Struct({4: -300, 500: 2**62}, {10: point}, {7: [point] * 2, 11: []})
    assert reader.read(WANTED) == wanted
    assert reader.place == len(ALL)
    assert Reader(ALL).read({}) == Struct()


def test_bytes_that_end_too_early_are_told() -> None:
    for size in range(len(ALL)):
        with pytest.raises(Ended):
            Reader(ALL[:size]).read(WANTED)


@pytest.mark.parametrize(
    ("data", "wanted", "told"),
    [
        (b"\x19\xfc" + varint(2**31 - 1) + POINT, WANTED, "a list of 2147483647 values"),
        (b"\x39\xfc" + varint(2**31 - 1) + POINT, {}, "a list of 2147483647 values"),
        (b"\x18" + varint(2**40) + b"abc", {}, "a value longer than what is there"),
        (b"\x15" + b"\xff" * 20, {1: None}, "a number of more than 64 bits"),
        (b"\x1e\0", {}, "the unknown type 14"),
        (b"\x1c" * 50 + bytes(50), {}, "too deep"),
        (b"\x19\x19" * 50, {}, "too deep"),
        (b"\x18\x01a\0", {1: None}, "a field of type 8 instead of a number"),
        (b"\x15\x02\0", {1: [read_point]}, "a field of type 5 instead of a list"),
        (b"\x15\x02\0", {1: read_point}, "a field of type 5 instead of a struct"),
        (b"\x19\x15\x02\0", {1: [read_point]}, "a list of type 5 instead of structs"),
    ],
)
def test_what_breaks_the_protocol_is_told(data: bytes, wanted: Wanted, told: str) -> None:
    with pytest.raises(Malformed, match=told):
        Reader(data).read(wanted)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_struct_or_malformed(data: bytes) -> None:
    try:
        found = Reader(data).read(WANTED)
    except Malformed:
        return
    assert {*found.numbers, *found.structs, *found.lists} <= set(WANTED)

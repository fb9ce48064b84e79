"""Every member that the standard library finds is found, and hostile bytes do no harm."""

import io
import os
import re
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.sources.damage import Damage
from pixonomy.sources.tar_members import TarMember, is_tar, scan_tar

FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
NAMES = st.binary(min_size=1, max_size=300).filter(lambda name: b"\0" not in name)


def pack(
    members: dict[str, bytes], format: int = tarfile.PAX_FORMAT, end: bool = True
) -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=format) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    if not end:
        stream.truncate(archive.offset - 2 * tarfile.BLOCKSIZE)
    return stream


def raw_header(**changes: bytes) -> bytes:
    """Return a header with some fields written by hand and the checksum right."""
    block = bytearray(tarfile.TarInfo("a.jpg").tobuf(tarfile.USTAR_FORMAT))
    places = {"size": (124, 12), "type": (156, 1), "map": (386, 96), "extended": (482, 1)}
    for field, value in changes.items():
        start, length = places[field]
        block[start : start + length] = value.ljust(length, b"\0")
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def walk(stream: io.BytesIO) -> tuple[list[TarMember], list[Damage]]:
    found = list(scan_tar(stream))
    members = [one for one in found if isinstance(one, TarMember)]
    damage = [one for one in found if isinstance(one, Damage)]
    assert len(damage) <= 1
    size = len(stream.getvalue())
    assert all(one.offset >= 0 and one.offset + one.size <= size for one in members)
    assert all(0 <= one.offset <= size for one in damage)
    return members, damage


def data_of(stream: io.BytesIO, member: TarMember) -> bytes:
    return stream.getvalue()[member.offset : member.offset + member.size]


@pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS)
@settings(max_examples=150, deadline=None)
@given(st.dictionaries(NAMES, st.binary(max_size=1500), max_size=6))
def test_the_standard_library_finds_the_same_members(
    format: int, content: dict[bytes, bytes]
) -> None:
    members = {os.fsdecode(name): data for name, data in content.items()}
    try:
        stream = pack(members, format)
    except ValueError:  # a name that this format cannot hold
        return
    stream.seek(0)
    with tarfile.open(fileobj=stream) as archive:
        # In pax, it takes slashes off the end of names.
        expected = [
            (one.name.rstrip("/"), one.offset_data, one.size) for one in archive if one.isreg()
        ]
    found, damage = walk(stream)
    plain = [one for one in found if one.kind == "file"]
    assert [(one.name.rstrip("/"), one.offset, one.size) for one in plain] == expected
    assert damage == []


def test_old_tars_without_a_magic_are_read() -> None:
    block = bytearray(raw_header(size=b"5"))
    block[257:265] = bytes(8)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    (member,), damage = walk(io.BytesIO(bytes(block) + b"abcde".ljust(512, b"\0") + bytes(1024)))
    assert (member.name, member.size, damage) == ("a.jpg", 5, [])


def test_a_size_beyond_octal_is_read() -> None:
    size = b"\x80" + (5).to_bytes(11, "big")
    (member,), _ = walk(io.BytesIO(raw_header(size=size) + b"abcde".ljust(512, b"\0")))
    assert member.size == 5


def test_folders_links_and_devices_hold_no_data() -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for type in (tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.SYMTYPE):
            info = tarfile.TarInfo("x")
            info.type, info.linkname = type, "/dev/zero"
            archive.addfile(info)
    members, damage = walk(stream)
    assert [one.kind for one in members] == ["other", "other", "other", "symlink"]
    assert {one.size for one in members} == {0}
    assert damage == []


@pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize("target", ["a.jpg", "./x/é.jpg", "x" * 180 + "/1.jpg"])
def test_what_a_link_leads_to_is_told_in_every_format(format: int, target: str) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=format) as archive:
        for type in (tarfile.LNKTYPE, tarfile.SYMTYPE):
            info = tarfile.TarInfo("b.jpg")
            info.type, info.linkname = type, target
            try:
                archive.addfile(info)
            except ValueError:  # too long for this format
                return
    members, damage = walk(stream)
    assert [(one.kind, one.target) for one in members] == [("link", target), ("symlink", target)]
    assert damage == []


def test_a_link_that_claims_a_size_has_none() -> None:
    stream = io.BytesIO(raw_header(type=b"1", size=b"77777777777") + bytes(1024))
    (member,), damage = walk(stream)
    assert (member.kind, member.size, damage) == ("link", 0, [])


def test_sparse_files_of_both_kinds_are_told_apart() -> None:
    old = raw_header(type=b"S", size=b"5", extended=b"\1") + bytes(504) + b"\1" + bytes(7)
    members, damage = walk(io.BytesIO(old + bytes(512) + b"abcde".ljust(512, b"\0") + bytes(1024)))
    assert [(one.kind, one.offset, one.size) for one in members] == [("sparse", 1536, 5)]
    assert damage == []
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("GNUSparseFile.0/a.jpg")
        info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.name": "a.jpg"}
        archive.addfile(info)
    (member,), _ = walk(stream)
    assert (member.kind, member.name) == ("sparse", "a.jpg")


def test_a_global_header_holds_for_all_that_follow() -> None:
    stream = io.BytesIO()
    headers = {"path": "same.jpg", "comment": "x"}
    with tarfile.open(
        fileobj=stream, mode="w", format=tarfile.PAX_FORMAT, pax_headers=headers
    ) as archive:
        archive.addfile(tarfile.TarInfo("a"))
        archive.addfile(tarfile.TarInfo("b"))
    members, _ = walk(stream)
    assert [one.name for one in members] == ["same.jpg", "same.jpg"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (raw_header(size=b"-1"), "size that is no number"),
        (raw_header(size=b"0x10"), "size that is no number"),
        (raw_header(size=b"\xff" * 12), "size that is no number"),
        (raw_header(size=b"77777777777"), "ends 8589934591 bytes before"),
        (raw_header(size=b"\x80" + b"\xff" * 11), "bytes before a member does"),
        (raw_header(type=b"x", size=b"77777777777"), "a header of 8589934591 bytes"),
        (raw_header(type=b"L", size=b"1000"), "inside a header"),
        (raw_header(type=b"S", size=b"5", extended=b"\1"), "inside a header"),
        (raw_header()[:-1], "inside a header"),
        (b"\xff" * 512, "wrong checksum|no number"),
        (b"", "without the end mark"),
        (raw_header(type=b"x", size=b"10") + b"9 size=-1".ljust(512, b"\0"), "damaged pax"),
        (raw_header(type=b"x", size=b"12") + b"10 size=-1\n".ljust(512, b"\0"), "damaged pax"),
        (raw_header(type=b"x", size=b"13") + b"999999 a=b\n".ljust(512, b"\0"), "damaged pax"),
        (raw_header(type=b"x", size=b"13") + b"0 path=a.jpg\n".ljust(512, b"\0"), "damaged pax"),
        (
            raw_header(type=b"x", size=b"13") + b"11 size=-1\n".ljust(512, b"\0") + raw_header(),
            "size that is no number",
        ),
        (
            raw_header(type=b"x", size=b"6777")
            + (b"3575 size=" + b"9" * 3564 + b"\n").ljust(3584, b"\0")
            + raw_header(),
            "size that is no number",
        ),
    ],
)
def test_headers_that_lie_end_the_walk_with_a_reason(content: bytes, message: str) -> None:
    before = pack({"whole.jpg": b"123"}, end=False).getvalue()
    members, (damage,) = walk(io.BytesIO(before + content))
    assert [one.name for one in members] == ["whole.jpg"]
    assert damage.offset == len(before)
    assert re.search(message, damage.message), damage.message


def test_a_million_headers_before_a_member_are_walked_not_climbed() -> None:
    chain = raw_header(type=b"x") * 20_000 + raw_header() + bytes(1024)
    (member,), damage = walk(io.BytesIO(chain))
    assert (member.header, damage) == (20_000 * 512, [])


def test_pax_records_that_nobody_reads_are_not_kept() -> None:
    records = b"".join(b"%d k%06d=v\n" % (len(b"00 k000000=v\n"), n) for n in range(50_000))
    size = b"%o" % len(records)
    padding = bytes(-len(records) % 512)
    everywhere = raw_header(type=b"g", size=size) + records + padding
    (member,), damage = walk(io.BytesIO(everywhere * 3 + raw_header() + bytes(1024)))
    assert (member.name, damage) == ("a.jpg", [])


WHOLE = pack({f"{n}.jpg": bytes([n]) * (300 * n) for n in range(1, 6)}).getvalue()
ENDS = [one.offset + one.size for one in walk(io.BytesIO(WHOLE))[0]]


@pytest.mark.parametrize("cut", [*range(0, 6000, 97), *ENDS])
def test_a_cut_tar_keeps_what_was_whole(cut: int) -> None:
    members, damage = walk(io.BytesIO(WHOLE[:cut]))
    assert len(members) == sum(end <= cut for end in ENDS)
    is_over = cut >= ENDS[-1] + -ENDS[-1] % 512 + 512
    assert bool(damage) == (not is_over)


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
@settings(max_examples=300, deadline=None)
def test_no_flipped_bits_lead_outside_the_file(place: int, mask: int) -> None:
    content = bytearray(WHOLE)
    content[place] ^= mask
    members, _ = walk(io.BytesIO(bytes(content)))
    assert len(members) <= 5
    whole_before = sum(end <= place for end in ENDS)
    assert [one.offset + one.size for one in members][:whole_before] == ENDS[:whole_before]


@given(st.binary(max_size=4000))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_walked_to_an_end(content: bytes) -> None:
    walk(io.BytesIO(content))


@pytest.mark.parametrize("padding", [0, 512, 100_352])
def test_tars_joined_by_cat_are_walked_to_the_last(padding: int) -> None:
    first, second = pack({"a": b"1"}).getvalue(), pack({"b": b"2"}).getvalue()
    stream = io.BytesIO(first + bytes(padding) + second)
    members, damage = walk(stream)
    assert [(one.name, data_of(stream, one)) for one in members] == [("a", b"1"), ("b", b"2")]
    assert damage == []


def test_what_is_no_tar_behind_the_end_mark_is_left_alone() -> None:
    for behind in (b"a signature", bytes(600) + b"x" * 900, bytes(20 * 1024**2)):
        members, damage = walk(io.BytesIO(pack({"a": b"1"}).getvalue() + behind))
        assert ([one.name for one in members], damage) == (["a"], [])


def test_a_tar_is_known_by_its_first_header(tmp_path: Path) -> None:
    assert is_tar(pack({}))
    assert is_tar(pack({"a": b"1"}))
    assert not is_tar(io.BytesIO(b"no tar" * 200))
    assert not is_tar(io.BytesIO(b"PK"))

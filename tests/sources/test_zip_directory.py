"""Every entry that the standard library finds is found, and a lying directory does no harm."""

import io
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.sources.damage import Damage
from pixonomy.sources.zip_directory import (
    Misplaced,
    ZipEntry,
    find_data,
    find_directory,
    is_truncated,
    scan_directory,
)

NAMES = st.text(min_size=1, max_size=30).map(lambda name: name.encode("utf-8", "ignore").decode())


def pack(members: dict[str, bytes], method: int = zipfile.ZIP_STORED, **options: bytes) -> bytes:
    stream = io.BytesIO(options.get("prefix", b""))
    stream.seek(0, 2)
    with zipfile.ZipFile(stream, "a", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
        archive.comment = options.get("comment", b"")
    return stream.getvalue()


def walk(content: bytes) -> tuple[list[tuple[ZipEntry, bytes | str]], list[Damage]]:
    """Return the entries, each with its bytes in the file or what is wrong with it."""
    file = io.BytesIO(content)
    directory = find_directory(file)
    if directory is None:
        return [], []
    assert 0 <= directory.start <= directory.end <= len(content)
    found: list[tuple[ZipEntry, bytes | str]] = []
    damage = []
    for one in scan_directory(file, directory):
        if isinstance(one, Damage):
            damage.append(one)
            continue
        try:
            start = find_data(file, directory, one)
        except Misplaced as fault:
            found.append((one, str(fault)))
            continue
        assert start >= 0
        assert start + one.size <= directory.start
        found.append((one, content[start : start + one.size]))
    return found, damage


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(NAMES.filter(lambda name: name and "\0" not in name), st.binary(max_size=99)),
    st.binary(max_size=40).filter(lambda prefix: b"PK" not in prefix),
    st.binary(max_size=40).filter(lambda comment: b"PK" not in comment),
)
def test_the_standard_library_finds_the_same_entries(
    members: dict[str, bytes], prefix: bytes, comment: bytes
) -> None:
    content = pack(members, prefix=prefix, comment=comment)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        expected = [(archive.read(one), one.compress_size) for one in archive.infolist()]
        names = [one.filename for one in archive.infolist()]
    found, damage = walk(content)
    assert [(data, entry.size) for entry, data in found] == expected
    unix = [name if "/" in name else name.replace("\\", "/") for name in names]
    assert [entry.name for entry, _ in found] == unix
    assert damage == []


def test_numbers_of_zip64_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 3)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    for prefix in (b"", b"a program in front"):
        content = pack({"a.jpg": b"123456", "b.jpg": b"7", "c.jpg": b"89abcdef"}, prefix=prefix)
        assert b"PK\6\6" in content
        found, damage = walk(content)
        assert [data for _, data in found] == [b"123456", b"7", b"89abcdef"]
        assert damage == []


def test_names_without_a_mark_of_utf_8_are_read_all_the_same() -> None:
    content = pack({"aaaa.jpg": b"1"})
    names = [b"\xc3\xa9\xc3\xa9.jpg", b"\x82\x82\x82\x82.jpg", b"a\\\\b.jpg", b"a\0bc.jpg"]
    read = [walk(content.replace(b"aaaa.jpg", name))[0][0][0].name for name in names]
    assert read == ["éé.jpg", "éééé.jpg", "a//b.jpg", "a"]


def unicode_path(name: bytes, stored: bytes) -> bytes:
    field = b"\1" + zlib.crc32(stored).to_bytes(4, "little") + name
    return b"up" + len(field).to_bytes(2, "little") + field


@pytest.mark.parametrize(
    ("stored", "field", "name"),
    [
        (b"a?.jpg", unicode_path("aж.jpg".encode(), b"a?.jpg"), "aж.jpg"),
        (b"a\xe9.jpg", unicode_path("aж.jpg".encode(), b"a\xe9.jpg"), "aж.jpg"),
        (b"a?.jpg", b"xx\4\0abcd" + unicode_path("ж.jpg".encode(), b"a?.jpg"), "ж.jpg"),
        (b"a?.jpg", unicode_path("aж.jpg".encode(), b"old.jpg"), "a?.jpg"),
        (b"a?.jpg", unicode_path(b"\xff.jpg", b"a?.jpg"), "a?.jpg"),
        (b"a?.jpg", b"up\xff\xff\1", "a?.jpg"),
    ],
)
def test_a_unicode_name_in_the_extra_field_counts_if_it_is_of_this_name(
    stored: bytes, field: bytes, name: str
) -> None:
    info = zipfile.ZipInfo("x" * len(stored))
    info.extra = field
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(info, b"1")
    content = stream.getvalue().replace(info.filename.encode(), stored)
    ((entry, data),), _ = walk(content)
    assert (entry.name, data, entry.is_guessed) == (name, b"1", False)


def test_names_are_guessed_only_where_nothing_tells_their_encoding() -> None:
    content = pack({"aaaa.jpg": b"1"})
    for name, is_guessed in ((b"\xe9\xe9.txt", True), (b"\xc3\xa9.txtt", False)):
        (entry, _), *_ = walk(content.replace(b"aaaa.jpg", name.ljust(8)))[0]
        assert entry.is_guessed == is_guessed


def test_a_stored_member_that_grows_when_it_is_unpacked_is_told() -> None:
    content = directory_field(pack({"a.jpg": b"123"}), 24, b"\x99\0\0\0")
    ((_, problem),), _ = walk(content)
    assert problem == "the zip contradicts itself about the member"


def test_a_directory_longer_than_one_stretch_is_walked() -> None:
    members = {f"{'x' * 200}/{number:05d}.jpg": b"" for number in range(8000)}
    found, damage = walk(pack(members))
    assert [entry.name for entry, _ in found] == list(members)
    assert damage == []


def directory_field(content: bytes, at: int, value: bytes) -> bytes:
    """Overwrite a field of the first entry in the central directory."""
    start = content.index(b"PK\1\2") + at
    return content[:start] + value + content[start + len(value) :]


@pytest.mark.parametrize(
    ("at", "value", "problem"),
    [
        (42, b"\xf0\xff\xff\xff", "points outside the zip"),
        (42, b"\1\0\0\0", "points where no member is"),
        (20, b"\xf0\xff\xff\xff", "contradicts itself"),
        (10, b"\x08\0", "contradicts itself"),
    ],
)
def test_an_entry_that_lies_is_told(at: int, value: bytes, problem: str) -> None:
    content = directory_field(pack({"a.jpg": b"123", "b.jpg": b"456"}), at, value)
    (first, second), damage = walk(content)
    assert problem in str(first[1])
    assert second[1] == b"456"
    assert damage == []


def test_a_size_beyond_the_zip_is_told() -> None:
    content = pack({"a.jpg": b"123"})
    both = content.replace(b"\3\0\0\0\3\0\0\0", b"\x33\x33\0\0\3\0\0\0")
    ((_, problem),), _ = walk(both)
    assert problem == "the zip's member is larger than the zip"


def test_entries_that_are_missing_are_damage() -> None:
    content = pack({"a.jpg": b"1", "b.jpg": b"2"})
    end = content.rindex(b"PK\5\6")
    told = content[: end + 10] + b"\3\0" + content[end + 12 :]
    found, (damage,) = walk(told)
    assert len(found) == 2
    assert damage.message == "the zip tells of 3 members and lists 2"
    second = content.rindex(b"PK\1\2")
    found, (damage,) = walk(content[:second] + b"XX" + content[second + 2 :])
    assert len(found) == 1
    assert damage.offset == second
    assert "directory is damaged" in damage.message


def test_a_directory_that_cannot_be_is_none() -> None:
    content = pack({"a.jpg": b"1"})
    end = content.rindex(b"PK\5\6")
    for at, value in ((12, b"\xff\xff\xff\x7f"), (16, b"\xff\xff\xff\x7f")):
        forged = content[: end + at] + value + content[end + at + 4 :]
        assert find_directory(io.BytesIO(forged)) is None


def test_a_cut_zip_is_known_from_no_zip() -> None:
    assert is_truncated(io.BytesIO(pack({"a": b"1"})[:-30]))
    assert not is_truncated(io.BytesIO(b"hello"))
    assert find_directory(io.BytesIO(pack({"a": b"1"})[:-30])) is None
    assert find_directory(io.BytesIO(b"")) is None


WHOLE = pack({f"cat/{n}.jpg": bytes([n]) * 50 * n for n in range(6)}, zipfile.ZIP_DEFLATED)


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
@settings(max_examples=200, deadline=None)
def test_no_flipped_byte_leads_outside_the_file(place: int, mask: int) -> None:
    content = bytearray(WHOLE)
    content[place] ^= mask
    walk(bytes(content))


@given(st.binary(max_size=200), st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_before_an_end_are_walked(start: bytes, middle: bytes) -> None:
    end = WHOLE[WHOLE.rindex(b"PK\5\6") :]
    walk(start + b"PK\1\2" + middle + end)

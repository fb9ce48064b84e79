"""Reads the members of a tar file, header by header: ustar, pax, GNU and the old kind.

Every byte is taken as hostile. Formats: POSIX.1-2017, pax; the GNU tar manual, "Basic Tar Format".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

from pixonomy.sources.damage import Damage

_BLOCK = 512
_BYTE_RANGE = 64 * 1024  # bytes read at once
_MOST_PADDING = 16 * 1024**2  # bytes of zeros behind an end mark; tapes want a few kilobytes
_MOST_TEXT = 1024 * 1024  # bytes of a long name or of a set of pax records
_USTAR = b"ustar\0"
_NAME, _SIZE, _TARGET = "path", "size", "linkpath"
_SPARSE, _SPARSE_NAME = "GNU.sparse.", "GNU.sparse.name"
_OCTAL = re.compile(rb"[0-7]*")
_RECORD = re.compile(rb"(\d{1,7}) ")

Kind = Literal["file", "link", "symlink", "sparse", "other"]
_KINDS: dict[bytes, Kind] = {
    b"1": "link", b"2": "symlink", b"S": "sparse",
    b"3": "other", b"4": "other", b"5": "other", b"6": "other",  # devices, folders, pipes
    b"D": "other", b"M": "other", b"V": "other",  # GNU: folder lists, later volumes, labels
}  # fmt: skip
_LONG = {b"L": _NAME, b"K": _TARGET}  # GNU: what does not fit stands in front of its member
_LINKS = (b"1", b"2")
_WITHOUT_DATA = (b"1", b"2", b"3", b"4", b"5", b"6")  # whatever size they claim


@dataclass(frozen=True, slots=True)
class TarMember:
    """A member of a tar file.

    Attributes:
        name: as stored; bytes that are not UTF-8 are surrogates.
        header: where its own header begins, in bytes.
        offset, size: of its data, which lies in the file whole.
        target: what a link leads to, as stored: of a hard link ("link") the name of a member, of
            a symbolic one ("symlink") a path as seen from its folder.
    """

    name: str
    header: int
    offset: int
    size: int
    kind: Kind
    target: str = ""


class _Broken(Exception):
    """The archive cannot be followed any further, and why."""


@dataclass(frozen=True, slots=True)
class _Header:
    name: str
    target: str
    size: int
    type: bytes
    is_extended: bool  # an old GNU sparse file whose map goes on behind the header


def is_tar(file: BinaryIO) -> bool:
    """Tell whether a file begins like a tar: with a whole header, or with its end mark."""
    try:
        _read_header(file, 0, _BLOCK)
    except _Broken:
        return False
    return True


def scan_tar(file: BinaryIO) -> Iterator[TarMember | Damage]:
    """Yield the members of a tar file in their order; damage comes last, and ends the walk."""
    size = file.seek(0, 2)
    everywhere: dict[str, str] = {}
    place = 0
    while True:
        try:
            member, place = _read_member(file, place, size, everywhere)
        except _Broken as fault:
            yield Damage(min(place, size), str(fault))
            return
        if member is not None:
            yield member
            continue
        behind = _find_more(file, place, size)
        if behind is None:
            return
        place, everywhere = behind, {}


def _find_more(file: BinaryIO, place: int, file_size: int) -> int | None:
    """Return where another tar begins behind an end mark: people join tars with `cat`."""
    last = min(file_size, place + _MOST_PADDING)
    while place < last:
        file.seek(place)
        rest = file.read(min(_BYTE_RANGE, last - place))
        zeros = len(rest) - len(rest.lstrip(b"\0"))
        place += zeros
        if zeros < len(rest):
            place -= place % _BLOCK
            return place if _is_header(file, place, file_size) else None
    return None


def _is_header(file: BinaryIO, place: int, file_size: int) -> bool:
    try:
        return _read_header(file, place, file_size) is not None
    except _Broken:
        return False


def _read_member(
    file: BinaryIO, place: int, file_size: int, everywhere: dict[str, str]
) -> tuple[TarMember | None, int]:
    """Return the member at `place` and where the next begins; None and its place at the end mark.

    Args:
        everywhere: pax records that hold for all members to come; changed where they are.
    """
    records: dict[str, str] = {}
    while True:
        header = _read_header(file, place, file_size)
        if header is None:
            return None, place
        data = place + _BLOCK
        if header.type not in (b"x", b"g", b"X", b"L", b"K"):
            break
        text = _read_text(file, data, header.size, file_size)
        if header.type in _LONG:  # a pax record that says the same goes before it
            records.setdefault(_LONG[header.type], _decode(text.partition(b"\0")[0]))
        elif header.type == b"g":
            everywhere.update(_read_pax(text))
        else:
            records.update(_read_pax(text))
        place = data + _padded(header.size)
    records = {**everywhere, **records}
    if header.is_extended:
        data = _skip_sparse_map(file, data)
    member = _to_member(header, records, place, data)
    missing = member.offset + member.size - file_size
    if missing > 0:
        raise _Broken(f"the file ends {missing} bytes before a member does")
    return member, member.offset + _padded(member.size)


def _to_member(header: _Header, records: dict[str, str], place: int, data: int) -> TarMember:
    kind = _KINDS.get(header.type, "file")
    if _SPARSE in records:
        kind = "sparse"
    name = records.get(_SPARSE_NAME) or records.get(_NAME) or header.name
    if header.type == b"\0" and name.endswith("/"):  # how tar wrote folders before ustar
        kind = "other"
    size = _to_size(records[_SIZE]) if records.get(_SIZE) else header.size
    target = (records.get(_TARGET) or header.target) if kind in ("link", "symlink") else ""
    return TarMember(name, place, data, 0 if header.type in _WITHOUT_DATA else size, kind, target)


def _read_header(file: BinaryIO, place: int, file_size: int) -> _Header | None:
    """Read one block; None for the zeros that end an archive."""
    if place >= file_size:
        raise _Broken("the file ends without the end mark of a tar; members may be missing")
    file.seek(place)
    block = file.read(_BLOCK)
    if len(block) < _BLOCK:
        raise _Broken("the file ends inside a header")
    if not block.strip(b"\0"):
        return None
    # The sum counts its own field as spaces; some old writers summed signed bytes.
    checksum = _read_number(block[148:156])
    unsigned = sum(block) - sum(block[148:156]) + 8 * 32
    if checksum != unsigned and checksum != unsigned - 256 * _count_high(block):
        raise _Broken("a header with a wrong checksum")
    name = block[:100].partition(b"\0")[0]
    if block[257:263] == _USTAR:
        prefix = block[345:500].partition(b"\0")[0]
        name = prefix + b"/" + name if prefix else name
    kind = block[156:157]
    is_extended = kind == b"S" and block[482] != 0
    target = _decode(block[157:257].partition(b"\0")[0]) if kind in _LINKS else ""
    return _Header(_decode(name), target, _read_number(block[124:136]), kind, is_extended)


def _count_high(block: bytes) -> int:
    return sum(byte > 127 for byte in block[:148] + block[156:])


def _read_number(field: bytes) -> int:
    """Read octal text, or GNU's binary for what does not fit."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    text = field.strip(b" \0")
    if _OCTAL.fullmatch(text) is None:
        raise _Broken("a header with a size that is no number")
    return int(text or b"0", 8)


def _read_text(file: BinaryIO, place: int, length: int, file_size: int) -> bytes:
    if length > _MOST_TEXT:
        raise _Broken(f"a header of {length} bytes")
    if place + length > file_size:
        raise _Broken("the file ends inside a header")
    file.seek(place)
    return file.read(length)


def _read_pax(text: bytes) -> dict[str, str]:
    """Read records "length key=value\\n"; only those that say where a member lies are kept."""
    records = {}
    place = 0
    while place < len(text) and text[place]:
        found = _RECORD.match(text, place)
        end = place + (int(found[1]) if found else 0)
        if found is None or end <= found.end() or text[end - 1 : end] != b"\n":
            raise _Broken("a damaged pax header")
        name, _, value = text[found.end() : end - 1].partition(b"=")
        key = _decode(name)
        if key in (_NAME, _SIZE, _TARGET, _SPARSE_NAME):
            records[key] = _decode(value)
        if key.startswith(_SPARSE):
            records[_SPARSE] = ""
        place = end
    return records


def _to_size(text: str) -> int:
    if re.fullmatch(r"[0-9]{1,19}", text) is None:
        raise _Broken("a pax header with a size that is no number")
    return int(text)


def _skip_sparse_map(file: BinaryIO, place: int) -> int:
    """Return where the data of an old GNU sparse file begins."""
    while True:
        file.seek(place)
        block = file.read(_BLOCK)
        if len(block) < _BLOCK:
            raise _Broken("the file ends inside a header")
        place += _BLOCK
        if not block[504]:
            return place


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _decode(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")

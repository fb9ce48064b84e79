"""A zip file goes in; what its central directory tells of each member comes out.

Every byte is taken as hostile. Format: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 to 4.5.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import BinaryIO

from pixonomy.sources.damage import Damage

STORED, DEFLATED = 0, 8  # methods of compression

_END, _END_MARK = Struct("<4s4H2LH"), b"PK\5\6"
_LOCATOR, _LOCATOR_MARK = Struct("<4sLQL"), b"PK\6\7"  # of the end in zip64
_END64, _END64_MARK = Struct("<4sQ2H2L4Q"), b"PK\6\6"
_ENTRY, _ENTRY_MARK = Struct("<4s4B4H3L5H2L"), b"PK\1\2"
_LOCAL, _LOCAL_MARK = Struct("<4s5H3L2H"), b"PK\3\4"
_SIGNATURE_MARK = b"PK\5\5"  # may follow the last entry
_LONGEST_TEXT = 0xFFFF
_LONGEST_ENTRY = _ENTRY.size + 3 * _LONGEST_TEXT
_STRETCH = 1024 * 1024  # bytes of the directory read at once
_IN_ZIP64 = 0xFFFFFFFF  # a number that stands in the extra field instead
_ZIP64 = 0x0001
_IS_ENCRYPTED, _IS_UTF8 = 0x0001, 0x0800


class Misplaced(Exception):
    """The directory tells of a member that is not there, and what is wrong."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Where the central directory lies.

    Attributes:
        start, end: in bytes from the beginning of the file.
        prefix: bytes before the zip itself, as in programs that unpack themselves.
        count: of the entries, as told; many programs tell it modulo 65,536.
    """

    start: int
    end: int
    prefix: int
    count: int


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """A member as the central directory tells it, which may be a lie.

    Attributes:
        name: with / between folders.
        place: where the directory tells of it, in bytes.
        header: where its local header is said to begin.
        size: bytes it takes in the file.
    """

    name: str
    place: int
    header: int
    size: int
    method: int
    is_encrypted: bool


def is_cut(file: BinaryIO) -> bool:
    """Tell whether a file without a directory begins like a zip."""
    file.seek(0)
    return file.read(4) == _LOCAL_MARK


def find_directory(file: BinaryIO) -> Directory | None:
    """Return where the central directory lies; None if the file has none."""
    file_size = file.seek(0, 2)
    start = max(0, file_size - _END.size - _LONGEST_TEXT)
    file.seek(start)
    tail = file.read()
    found = tail.rfind(_END_MARK)
    while found >= 0:
        if found + _END.size <= len(tail):
            *_, count, size, offset, comment = _END.unpack_from(tail, found)
            if found + _END.size + comment <= len(tail):
                return _place(file, start + found, (count, size, offset))
        found = tail.rfind(_END_MARK, 0, found)
    return None


def _place(file: BinaryIO, end: int, told: tuple[int, int, int]) -> Directory | None:
    if end >= _LOCATOR.size:
        file.seek(end - _LOCATOR.size)
        mark, _, place, _ = _LOCATOR.unpack(file.read(_LOCATOR.size))
        # Bytes before the zip shift it: then it lies right before its locator.
        for guess in (place, end - _LOCATOR.size - _END64.size) if mark == _LOCATOR_MARK else ():
            if not 0 <= guess <= end - _END64.size:
                continue
            file.seek(guess)
            record = _END64.unpack(file.read(_END64.size))
            if record[0] == _END64_MARK:
                told, end = record[-3:], guess
                break
    count, size, offset = told
    if size > end or end - size < offset:
        return None
    return Directory(end - size, end, end - size - offset, count)


def walk_directory(file: BinaryIO, directory: Directory) -> Iterator[ZipEntry | Damage]:
    """Yield the members in the directory's order; damage comes last, and ends the walk."""
    place = first = directory.start
    stretch, found = b"", 0
    while place < directory.end:
        at = place - first
        if at + _LONGEST_ENTRY > len(stretch) and first + len(stretch) < directory.end:
            file.seek(place)
            first, at = place, 0
            stretch = file.read(min(_STRETCH, directory.end - place))
        if stretch.startswith(_SIGNATURE_MARK, at):
            break
        read = _read_entry(stretch, at, place)
        if read is None:
            yield Damage(place, "the zip's directory is damaged; members may be missing")
            return
        entry, length = read
        yield entry
        place, found = place + length, found + 1
    if (found - directory.count) % 65_536:
        yield Damage(place, f"the zip tells of {directory.count} members and lists {found}")


def _read_entry(stretch: bytes, at: int, place: int) -> tuple[ZipEntry, int] | None:
    if not stretch.startswith(_ENTRY_MARK, at) or at + _ENTRY.size > len(stretch):
        return None
    fields = _ENTRY.unpack_from(stretch, at)
    flags, method = fields[5], fields[6]
    size, unpacked, name_length, extra_length, comment_length = fields[10:15]
    header = fields[18]
    name_end = at + _ENTRY.size + name_length
    length = _ENTRY.size + name_length + extra_length + comment_length
    if at + length > len(stretch):
        return None
    if _IN_ZIP64 in (size, unpacked, header):
        extra = stretch[name_end : name_end + extra_length]
        _, size, header = _read_zip64(extra, (unpacked, size, header))
    name = _decode(stretch[at + _ENTRY.size : name_end], bool(flags & _IS_UTF8))
    return ZipEntry(name, place, header, size, method, bool(flags & _IS_ENCRYPTED)), length


def _read_zip64(extra: bytes, told: tuple[int, ...]) -> tuple[int, ...]:
    """Replace the numbers that did not fit by those in the extra field, which are in order."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = (int.from_bytes(extra[at + two : at + two + 2], "little") for two in (0, 2))
        if kind == _ZIP64:
            field = extra[at + 4 : at + 4 + length]
            large = iter([field[eight : eight + 8] for eight in range(0, len(field) - 7, 8)])
            return tuple(
                int.from_bytes(next(large, b""), "little") if one == _IN_ZIP64 else one
                for one in told
            )
        at += 4 + length
    return told


def _decode(name: bytes, is_utf8: bool) -> str:
    """Read a name; many programs write UTF-8 without saying so, and \\ for folders."""
    name = name.partition(b"\0")[0]
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        text = name.decode("utf-8", "replace") if is_utf8 else name.decode("cp437")
    return text if "/" in text else text.replace("\\", "/")


def find_data(file: BinaryIO, directory: Directory, entry: ZipEntry) -> int:
    """Return where the bytes of a member begin, from its local header.

    Raises:
        Misplaced: if it is not there, or its bytes would not lie before the directory whole.
    """
    header = directory.prefix + entry.header
    if header + _LOCAL.size > directory.start:
        raise Misplaced("the zip's directory points outside the zip")
    file.seek(header)
    fields = _LOCAL.unpack(file.read(_LOCAL.size))
    mark, flags, method, size = fields[0], fields[2], fields[3], fields[7]
    name_length, extra_length = fields[-2:]
    if mark != _LOCAL_MARK:
        raise Misplaced("the zip's directory points where no member is")
    # A local size of 0 stands behind the member instead.
    if method != entry.method or flags & _IS_ENCRYPTED or size not in (0, entry.size, _IN_ZIP64):
        raise Misplaced("the zip contradicts itself about the member")
    data = header + _LOCAL.size + name_length + extra_length
    if data + entry.size > directory.start:
        raise Misplaced("the zip's member is larger than the zip")
    return int(data)

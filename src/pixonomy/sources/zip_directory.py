"""Reads the central directory of a zip file: what it states of each member, checked before use.

Every byte is taken as hostile. Format: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 to 4.5.
"""

import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import BinaryIO, NamedTuple

from pixonomy.sources.damage import Damage

STORED, DEFLATED = 0, 8  # methods of compression

_END, _END_SIGNATURE = Struct("<4s4H2LH"), b"PK\5\6"
_LOCATOR, _LOCATOR_SIGNATURE = Struct("<4sLQL"), b"PK\6\7"  # of the end in zip64
_END64, _END64_SIGNATURE = Struct("<4sQ2H2L4Q"), b"PK\6\6"
_ENTRY, _ENTRY_SIGNATURE = Struct("<4s4B4H3L5H2L"), b"PK\1\2"
_LOCAL, _LOCAL_SIGNATURE = Struct("<4s5H3L2H"), b"PK\3\4"
_SIGNATURE = b"PK\5\5"  # may follow the last entry
_LONGEST_TEXT = 0xFFFF
_LONGEST_ENTRY = _ENTRY.size + 3 * _LONGEST_TEXT
_BYTE_RANGE = 1024 * 1024  # bytes of the directory read at once
_IN_ZIP64 = 0xFFFFFFFF  # a number that stands in the extra field instead
_ZIP64, _UNICODE_PATH = 0x0001, 0x7075  # kinds of extra fields; the second is Info-ZIP's
_UNICODE_FLAG = _UNICODE_PATH.to_bytes(2, "little")
_IS_ENCRYPTED, _IS_UTF8 = 0x0001, 0x0800
_UNIX = 3  # the system that a member was made on


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


class ZipEntry(NamedTuple):
    """A member as the central directory tells it, which may be a lie.

    Attributes:
        name: with / between folders.
        place: where the directory tells of it, in bytes.
        header: where its local header is said to begin.
        size: bytes it takes in the file.
        unpacked: bytes it has.
        crc: CRC-32 of those; 0 where nobody has told it.
        is_guessed: whether the name is in no known encoding: it is read as the format says.
    """

    name: str
    place: int
    header: int
    size: int
    unpacked: int
    crc: int
    method: int
    is_encrypted: bool
    is_link: bool
    is_guessed: bool

    @property
    def end(self) -> int:
        """Where it ends at the earliest: the name, of unknown length, is left out."""
        return self.header + _LOCAL.size + self.size


def is_truncated(file: BinaryIO) -> bool:
    """Tell whether a file without a directory begins like a zip."""
    file.seek(0)
    return file.read(4) == _LOCAL_SIGNATURE


def is_last_part(file: BinaryIO) -> bool:
    """Tell whether a file ends like the last of several that a zip was cut into."""
    found = _find_end(file)
    return found is not None and 0 < found[1][1] < 0xFFFF


def find_directory(file: BinaryIO) -> Directory | None:
    """Return where the central directory lies; None if the file has none."""
    found = _find_end(file)
    if found is None:
        return None
    *_, count, size, offset, _ = found[1]
    return _place(file, found[0], (count, size, offset))


def _find_end(file: BinaryIO) -> tuple[int, tuple[int, ...]] | None:
    """Return where the record that ends every zip lies, and its fields."""
    file_size = file.seek(0, 2)
    start = max(0, file_size - _END.size - _LONGEST_TEXT)
    file.seek(start)
    tail = file.read()
    found = tail.rfind(_END_SIGNATURE)
    while found >= 0:
        if found + _END.size <= len(tail):
            fields = _END.unpack_from(tail, found)
            if found + _END.size + fields[-1] <= len(tail):
                return start + found, fields
        found = tail.rfind(_END_SIGNATURE, 0, found)
    return None


def _place(file: BinaryIO, end: int, declared: tuple[int, int, int]) -> Directory | None:
    if end >= _LOCATOR.size:
        file.seek(end - _LOCATOR.size)
        signature, _, place, _ = _LOCATOR.unpack(file.read(_LOCATOR.size))
        # Bytes before the zip shift it: then it lies right before its locator.
        for guess in (
            (place, end - _LOCATOR.size - _END64.size) if signature == _LOCATOR_SIGNATURE else ()
        ):
            if not 0 <= guess <= end - _END64.size:
                continue
            file.seek(guess)
            record = _END64.unpack(file.read(_END64.size))
            if record[0] == _END64_SIGNATURE:
                declared, end = record[-3:], guess
                break
    count, size, offset = declared
    if size > end or end - size < offset:
        return None
    return Directory(end - size, end, end - size - offset, count)


def scan_directory(file: BinaryIO, directory: Directory) -> Iterator[ZipEntry | Damage]:
    """Yield the members in the directory's order; damage comes last, and ends the walk."""
    place = first = directory.start
    byte_range, found = b"", 0
    while place < directory.end:
        at = place - first
        if at + _LONGEST_ENTRY > len(byte_range) and first + len(byte_range) < directory.end:
            file.seek(place)
            first, at = place, 0
            byte_range = file.read(min(_BYTE_RANGE, directory.end - place))
        if byte_range.startswith(_SIGNATURE, at):
            break
        read = _read_entry(byte_range, at, place)
        if read is None:
            yield Damage(place, "the zip's directory is damaged; members may be missing")
            return
        entry, length = read
        yield entry
        place, found = place + length, found + 1
    if (found - directory.count) % 65_536:
        yield Damage(place, f"the zip tells of {directory.count} members and lists {found}")


def _read_entry(byte_range: bytes, at: int, place: int) -> tuple[ZipEntry, int] | None:
    if not byte_range.startswith(_ENTRY_SIGNATURE, at) or at + _ENTRY.size > len(byte_range):
        return None
    (
        _,
        _,
        system,
        _,
        _,
        flags,
        method,
        _,
        _,
        crc,
        size,
        unpacked,
        *lengths,
        _,
        _,
        attributes,
        header,
    ) = _ENTRY.unpack_from(byte_range, at)
    name_length, extra_length, comment_length = lengths
    name_end = at + _ENTRY.size + name_length
    length = _ENTRY.size + name_length + extra_length + comment_length
    if at + length > len(byte_range):
        return None
    stored = byte_range[at + _ENTRY.size : name_end]
    extra = byte_range[name_end : name_end + extra_length] if extra_length else b""
    if _IN_ZIP64 in (size, unpacked, header):
        unpacked, size, header = _read_zip64(extra, (unpacked, size, header))
    name, is_guessed = _read_name(stored, flags, extra)
    is_link = system == _UNIX and stat.S_ISLNK(attributes >> 16)
    is_encrypted = flags & _IS_ENCRYPTED != 0
    sizes = (header, size, unpacked, crc, method)
    return ZipEntry(name, place, *sizes, is_encrypted, is_link, is_guessed), length


def _read_zip64(extra: bytes, declared: tuple[int, int, int]) -> tuple[int, int, int]:
    """Replace the numbers that did not fit by those in the extra field, which are in order."""
    field = _find_extra(extra, _ZIP64)
    large = iter([field[eight : eight + 8] for eight in range(0, len(field) - 7, 8)])
    unpacked, size, header = (
        int.from_bytes(next(large, b""), "little") if field and one == _IN_ZIP64 else one
        for one in declared
    )
    return unpacked, size, header


def _find_extra(extra: bytes, wanted: int) -> bytes:
    """Return an extra field of one kind; empty where there is none."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = (int.from_bytes(extra[at + two : at + two + 2], "little") for two in (0, 2))
        if kind == wanted:
            return extra[at + 4 : at + 4 + length]
        at += 4 + length
    return b""


def _read_name(stored: bytes, flags: int, extra: bytes) -> tuple[str, bool]:
    r"""Read a name, and tell whether its encoding is a guess.

    Many programs write UTF-8 without saying so, and \ for folders.
    """
    plain = stored
    if extra and not flags & _IS_UTF8 and _UNICODE_FLAG in extra:
        plain = _read_unicode_path(extra, stored) or stored
    if b"\0" in plain:
        plain = plain.partition(b"\0")[0]
    is_guessed = False
    try:
        name = plain.decode()
    except UnicodeDecodeError:
        name, is_guessed = plain.decode("cp437"), True
    return (name if "/" in name else name.replace("\\", "/")), is_guessed


def _read_unicode_path(extra: bytes, stored: bytes) -> bytes:
    """Return the name in UTF-8 that an extra field gives; empty if it is that of another name."""
    field = _find_extra(extra, _UNICODE_PATH)
    is_current = field[:1] == b"\1" and field[1:5] == zlib.crc32(stored).to_bytes(4, "little")
    try:
        return field[5:].decode().encode() if is_current else b""
    except UnicodeDecodeError:
        return b""


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
    signature, flags, method, size = fields[0], fields[2], fields[3], fields[7]
    name_length, extra_length = fields[-2:]
    if signature != _LOCAL_SIGNATURE:
        raise Misplaced("the zip's directory points where no member is")
    # A local size of 0 stands behind the member instead.
    if method != entry.method or flags & _IS_ENCRYPTED or size not in (0, entry.size, _IN_ZIP64):
        raise Misplaced("the zip contradicts itself about the member")
    data = header + _LOCAL.size + name_length + extra_length
    if data + entry.size > directory.start:
        raise Misplaced("the zip's member is larger than the zip")
    if method == STORED and entry.size != entry.unpacked:
        raise Misplaced("the zip contradicts itself about the member")
    return int(data)

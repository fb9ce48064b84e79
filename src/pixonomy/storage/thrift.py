"""Reads whole numbers out of Thrift's compact protocol, which Parquet's headers are written in.

Nothing in the bytes is believed: no count or length reaches beyond them. The protocol is described
in thrift/doc/specs/thrift-compact-protocol.md of Apache Thrift.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _STRUCT = 1, 2, 3, 7, 8, 12
_INTEGERS = frozenset({4, 5, 6})
_LISTS = frozenset({9, 10})
_DEEPEST = 32  # structs and lists inside each other
_VARINT_BYTES = 10  # of 64 bits


@dataclass(slots=True)
class Struct:
    """The wanted fields of a struct that are there, by number."""

    numbers: dict[int, int] = field(default_factory=dict)
    structs: dict[int, "Struct"] = field(default_factory=dict)
    lists: dict[int, list["Struct"]] = field(default_factory=dict)


ReadStruct = Callable[["Reader"], Struct]
Wanted = Mapping[int, ReadStruct | list[ReadStruct] | None]
"""Fields of a struct by number: None for a whole number, else what reads an inner struct; in a list
of one, what reads each struct of a list."""


class Malformed(ValueError):
    """The bytes are not of the protocol."""


class Ended(Malformed):
    """The bytes end too early."""


class Reader:
    """Walks over bytes once; `place` is the offset of the next one."""

    def __init__(self, data: bytes) -> None:
        self.data, self.place = data, 0

    def read(self, wanted: Wanted) -> Struct:
        """Read a struct.

        Raises:
            Malformed: where the bytes do not follow the protocol.
        """
        found = Struct()
        number = 0
        while kind := self._byte():
            step, kind = kind >> 4, kind & 15
            number = number + step if step else self._integer()
            if number not in wanted:
                self._skip(kind, 0, True)
                continue
            read = wanted[number]
            if read is None:
                found.numbers[number] = self._number(kind)
            elif isinstance(read, list):
                found.lists[number] = self._structs(kind, read[0])
            elif kind == _STRUCT:
                found.structs[number] = read(self)
            else:
                raise Malformed(f"a field of type {kind} instead of a struct")
        return found

    def _number(self, kind: int) -> int:
        if kind not in _INTEGERS:
            raise Malformed(f"a field of type {kind} instead of a number")
        return self._integer()

    def _structs(self, kind: int, read: ReadStruct) -> list[Struct]:
        if kind not in _LISTS:
            raise Malformed(f"a field of type {kind} instead of a list")
        count, inner = self._list()
        if count and inner != _STRUCT:
            raise Malformed(f"a list of type {inner} instead of structs")
        return [read(self) for _ in range(count)]

    def _list(self) -> tuple[int, int]:
        """Return how many values follow, and their type."""
        head = self._byte()
        count, kind = head >> 4, head & 15
        if count == 15:
            count = self._varint()
        if count > len(self.data) - self.place:  # each takes a byte at least
            raise Ended(f"a list of {count} values in fewer bytes")
        return count, kind

    def _skip(self, kind: int, depth: int, is_field: bool) -> None:
        if depth > _DEEPEST:
            raise Malformed("structs too deep inside each other")
        if kind in _INTEGERS:
            self._varint()
        elif kind == _BINARY:
            self._pass(self._varint())
        elif kind in (_TRUE, _FALSE):
            self._pass(0 if is_field else 1)  # a field's value is in its type
        elif kind == _STRUCT:
            while inner := self._byte():
                if not inner >> 4:
                    self._varint()
                self._skip(inner & 15, depth + 1, True)
        elif kind in _LISTS:
            count, inner = self._list()
            for _ in range(count):
                self._skip(inner, depth + 1, False)
        elif kind in (_BYTE, _DOUBLE):
            self._pass(1 if kind == _BYTE else 8)
        else:
            raise Malformed(f"the unknown type {kind}")

    def _pass(self, count: int) -> None:
        if count > len(self.data) - self.place:
            raise Ended("a value longer than what is there")
        self.place += count

    def _byte(self) -> int:
        try:
            byte = self.data[self.place]
        except IndexError:
            raise Ended("it ends too early") from None
        self.place += 1
        return byte

    def _integer(self) -> int:
        number = self._varint()
        # Zigzag: the sign is in the lowest bit, so that small negative numbers are short as well.
        return (number >> 1) ^ -(number & 1)

    def _varint(self) -> int:
        data, place = self.data, self.place
        number = 0
        for shift in range(0, 7 * _VARINT_BYTES, 7):
            if place >= len(data):
                raise Ended("it ends too early")
            byte = data[place]
            place += 1
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                self.place = place
                return number
        raise Malformed("a number of more than 64 bits")

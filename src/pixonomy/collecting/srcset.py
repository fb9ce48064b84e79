"""Reads the addresses that a `srcset` offers, each with its width or density."""

from collections.abc import Iterator
from dataclasses import dataclass

_MOST = 200  # candidates of one list
_SPACE = " \t\n\f\r"


@dataclass(frozen=True)
class Candidate:
    """A version of an image.

    Attributes:
        width: in pixels; 0 where the list says none.
        density: pixels of the image for each of the page; 1 where the list says none.
    """

    address: str
    width: float = 0.0
    density: float = 1.0


def parse_srcset(text: str) -> list[Candidate]:
    """Read a list as browsers do; a version whose descriptors make no sense is left out.

    Source: WHATWG HTML, "Parsing a srcset attribute": an address ends at white space alone, so
    that it may hold commas; commas at its end close the candidate.
    """
    found: list[Candidate] = []
    place = 0
    while len(found) < _MOST:
        while place < len(text) and text[place] in _SPACE + ",":
            place += 1
        if place >= len(text):
            break
        start = place
        while place < len(text) and text[place] not in _SPACE:
            place += 1
        address = text[start:place]
        descriptors: list[str] = []
        if address.endswith(","):
            address = address.rstrip(",")
        else:
            descriptors, place = _descriptors(text, place)
        one = _candidate(address, descriptors)
        if one is not None:
            found.append(one)
    return found


def _descriptors(text: str, place: int) -> tuple[list[str], int]:
    """Return the words up to the next comma outside parentheses, and the place behind it."""
    end, depth = place, 0
    while end < len(text) and (depth or text[end] != ","):
        depth += {"(": 1, ")": -1 if depth else 0}.get(text[end], 0)
        end += 1
    return text[place:end].split(), end + 1


def _candidate(address: str, descriptors: list[str]) -> Candidate | None:
    width = density = None
    for word, number in _numbers(descriptors):
        if number is None or number < 0:
            return None
        if word == "w" and width is None and density is None and number > 0:
            width = number
        elif word == "x" and density is None and width is None:
            density = number
        elif word != "h":
            return None
    return Candidate(address, width or 0.0, 1.0 if density is None else density)


def _numbers(descriptors: list[str]) -> Iterator[tuple[str, float | None]]:
    for one in descriptors:
        digits = one[:-1]
        is_number = digits.isascii() and "_" not in digits and "n" not in digits.casefold()
        try:
            yield one[-1], float(digits) if is_number else None
        except ValueError:
            yield one[-1], None

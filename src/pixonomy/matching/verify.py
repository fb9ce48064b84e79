"""Candidate pairs go in; those whose pixels agree come out, with a score."""

from collections.abc import Sequence
from dataclasses import dataclass

from pixonomy.errors import UndecodableImage
from pixonomy.fetch import read_all
from pixonomy.images.decode import Pixels, decode
from pixonomy.images.descriptor import to_view
from pixonomy.locate import Location
from pixonomy.matching.agreement import agree
from pixonomy.matching.judge import judge
from pixonomy.matching.placement import placements
from pixonomy.matching.register import lay_as_is, register

_SIDE = 160  # pixels of the longer side at which pictures are compared
_BLUR = 1.2  # pixels: noise, compression and a misfit of half a pixel do not matter
_ENLARGED_BLUR = 0.7  # pixels of its own, where a picture is smaller than that
_TINY_BLUR = 2.4  # pixels: of pictures of less than about 56 pixels


@dataclass(frozen=True)
class Suspicion:
    """Two pictures that may show the same.

    Attributes:
        first, second: their numbers in the task.
        places: numbers of likely `placements`.
        is_in_place: whether they may be alike edge on edge.
    """

    first: int
    second: int
    places: tuple[int, ...]
    is_in_place: bool


@dataclass(frozen=True)
class Task:
    """Some pictures and what is suspected of them."""

    locations: Sequence[Location]
    suspicions: Sequence[Suspicion]


@dataclass(frozen=True)
class _View:
    """A picture as it is compared, and the pixels by which it is to be blurred."""

    pixels: Pixels
    blur: float


def verify(task: Task) -> list[float]:
    """Return a score, 0 to 1, for each suspicion: 0 where the pixels do not agree."""
    pictures = _read(task.locations)
    return [_compare(pictures, one) for one in task.suspicions]


def _compare(pictures: dict[int, _View], suspicion: Suspicion) -> float:
    first, second = pictures.get(suspicion.first), pictures.get(suspicion.second)
    if first is None or second is None:
        return 0.0
    blur = max(first.blur, second.blur)
    is_tiny = blur >= _TINY_BLUR
    if suspicion.is_in_place:
        score = judge(agree(second.pixels, lay_as_is(first.pixels, second.pixels), blur), is_tiny)
        if score > 0:
            return score
    guesses = [placements()[number] for number in suspicion.places]
    registered = register(first.pixels, second.pixels, guesses)
    if registered is None:
        return 0.0
    return judge(agree(second.pixels, registered, blur), is_tiny)


def _view(data: bytes) -> _View:
    pixels = decode(data, _SIDE // 2)
    enlarged = _SIDE / max(pixels.shape[:2])
    return _View(to_view(pixels, _SIDE), _BLUR * max(1.0, _ENLARGED_BLUR * enlarged))


def _read(locations: Sequence[Location]) -> dict[int, _View]:
    """Return those pictures that can still be read."""
    pictures: dict[int, _View] = {}
    for number, data in read_all(locations):
        if isinstance(data, UndecodableImage):
            continue
        try:
            pictures[number] = _view(data)
        except UndecodableImage:  # it has changed since the survey
            continue
    return pictures

"""Decides on the pixels of candidate pairs, and scores those that show the same."""

from collections.abc import Sequence
from dataclasses import dataclass

from pixonomy.dataset.location import Location
from pixonomy.dataset.read import read_all
from pixonomy.errors import UndecodableImage
from pixonomy.images.decode import decode
from pixonomy.images.descriptor import to_view
from pixonomy.near_duplicates.block_statistics import agree
from pixonomy.near_duplicates.decide import decide_pair
from pixonomy.near_duplicates.registration import Registered, View, lay_as_is, register, view
from pixonomy.near_duplicates.windows import AffineTransform

_SIDE = 160  # pixels of the longer side at which images are compared
_BLUR = 1.2  # pixels: noise, compression and a misfit of half a pixel do not matter
_ENLARGED_BLUR = 0.7  # pixels of its own, where an image is smaller than that
_TINY_BLUR = 2.4  # pixels: of images of less than about 56 pixels


@dataclass(frozen=True)
class Suspicion:
    """Two images that may show the same.

    Attributes:
        first, second: their numbers in the task.
        placement: from the second to the first, where they may be alike; or None.
        is_in_place: whether they may be alike edge on edge.
    """

    first: int
    second: int
    placement: AffineTransform | None
    is_in_place: bool


@dataclass(frozen=True)
class Task:
    """Some images and the candidate pairs among them."""

    locations: Sequence[Location]
    suspicions: Sequence[Suspicion]


@dataclass(frozen=True)
class _Image:
    """An image as it is compared, and the pixels by which it is to be blurred."""

    view: View
    blur: float


def verify(task: Task) -> list[float]:
    """Return a score, 0 to 1, for each suspicion: 0 where the pixels do not agree."""
    images = _read(task.locations)
    return [_compare(images, one) for one in task.suspicions]


def _compare(images: dict[int, _Image], suspicion: Suspicion) -> float:
    first, second = images.get(suspicion.first), images.get(suspicion.second)
    if first is None or second is None:
        return 0.0
    blur = max(first.blur, second.blur)
    is_tiny = blur >= _TINY_BLUR

    def decide_aligned(over: View, registered: Registered | None, may_have_caption: bool) -> float:
        if registered is None:
            return 0.0
        return decide_pair(agree(over.pixels, registered, blur), is_tiny, may_have_caption)

    if suspicion.is_in_place:
        # Either way round: what is too light or too dark in one shows in the other alone.
        both = (first.view, second.view)
        for (one, other), may_have_caption in ((both, True), (both[::-1], False)):
            score = decide_aligned(other, lay_as_is(one, other, is_tiny), may_have_caption)
            if score > 0:
                return score
        if suspicion.placement is None:
            return 0.0
    assert suspicion.placement is not None
    laid = register(first.view, second.view, suspicion.placement, is_tiny)
    return decide_aligned(second.view, laid, True)


def _prepare(data: bytes) -> _Image:
    pixels = decode(data, _SIDE // 2)
    enlarged = _SIDE / max(pixels.shape[:2])
    return _Image(view(to_view(pixels, _SIDE)), _BLUR * max(1.0, _ENLARGED_BLUR * enlarged))


def _read(locations: Sequence[Location]) -> dict[int, _Image]:
    """Return those images that can still be read."""
    images: dict[int, _Image] = {}
    for number, data in read_all(locations):
        if isinstance(data, UndecodableImage):
            continue
        try:
            images[number] = _prepare(data)
        except UndecodableImage:  # it has changed since it was measured
            continue
    return images

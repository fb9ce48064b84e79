"""A classifier that stays loaded and answers files, bytes, Pillow images and arrays."""

import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeAlias, overload

import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage

from pixonomy.bundle.answer import Answer, Square, classify_squares
from pixonomy.bundle.explain_answer import Explainer, Explanation, open_explainer
from pixonomy.bundle.load import Bundle, load_bundle
from pixonomy.dataset.location import Location
from pixonomy.dataset.read import read_bytes
from pixonomy.errors import SettingError, UndecodableImage
from pixonomy.executors.local import count_cores
from pixonomy.images.decode import decode_opened
from pixonomy.images.pixels import Pixels, check_size
from pixonomy.images.resize import frame, resize
from pixonomy.storage.address import Address
from pixonomy.storage.files import printable

Image: TypeAlias = (
    str | os.PathLike[str] | bytes | bytearray | PillowImage.Image | npt.NDArray[np.uint8]
)
"""A path, an encoded image, an image that Pillow has opened, or RGB or grey pixels."""

_NAMED = 5  # labels in what `repr` says
_KNOWN = "a path, bytes, a Pillow image or a NumPy array"


class Classifier:
    """A bundle, loaded once, that answers as often as it is called; threads may share it."""

    def __init__(self, bundle: Bundle, path: Path) -> None:
        """Take a loaded bundle; `path` is where it lies, for people."""
        self._bundle, self._path = bundle, path

    @property
    def labels(self) -> tuple[str, ...]:
        """The ids of the categories that it knows."""
        return self._bundle.labels

    @property
    def names(self) -> tuple[str, ...]:
        """What people call the categories, in the order of `labels`."""
        return self._bundle.names

    def __repr__(self) -> str:
        named = ", ".join(self.names[:_NAMED]) + (", …" if len(self.names) > _NAMED else "")
        size = self._bundle.resize_spec.size
        where = printable(self._path)
        return f"<Classifier {where}: {len(self.names)} categories ({named}), {size} px>"

    @overload
    def __call__(self, images: Image) -> Answer: ...  # type: ignore[overload-overlap] # a str
    @overload
    def __call__(self, images: Sequence[Image]) -> list[Answer]: ...
    def __call__(self, images: Image | Sequence[Image]) -> Answer | list[Answer]:
        """Answer one image, or each of a list; memory grows with the answers alone.

        Files and bytes get the answers of `classify`, to the bit. A Pillow image or an array is
        taken at its full size, where a large JPEG file is decoded at a reduced one: answers may
        differ a little. One that cannot be read is answered, too, with the verdict `unreadable`.

        Args:
            images: paths; encoded images; Pillow images; arrays, uint8, of shape (height, width, 3)
                in RGB or (height, width) in grey.

        Raises:
            SettingError: if one is of another type, or an array of another dtype or shape.
        """
        if isinstance(images, list | tuple):
            for place, one in enumerate(images):
                _check(one, f"image {place} of the list")
            return list(classify_squares(self._bundle, self._squares(images)))
        _check(images, "the image")
        (answer,) = classify_squares(self._bundle, self._squares([images]))  # type: ignore[list-item]
        return answer

    def explain(self, image: Image, label: str | None = None) -> Explanation | None:
        """Return what the parts of an image contribute to a category's logit, exactly.

        Args:
            label: the id of the category; None: the likeliest one.

        Returns:
            None where that is not known exactly, see `bundle.explain_answer`.

        Raises:
            SettingError: if the label is unknown, or the image of another type.
            UndecodableImage: if the image cannot be read.
        """
        _check(image, "the image")
        if self._explainer is None:
            return None
        return self._explainer.explain(self._square(image), label)

    @cached_property
    def _explainer(self) -> Explainer | None:
        return open_explainer(self._bundle, self._path)

    def _squares(self, images: Sequence[Image]) -> Iterator[Square | UndecodableImage]:
        for image in images:
            try:
                yield self._square(image)
            except UndecodableImage as error:
                yield error

    def _square(self, image: Image) -> Square:
        spec = self._bundle.resize_spec
        if isinstance(image, np.ndarray):
            return resize(_to_rgb(image), spec)
        if isinstance(image, PillowImage.Image):
            return resize(decode_opened(image), spec)
        if isinstance(image, bytes | bytearray):
            return frame(bytes(image), spec)
        return frame(read_image(Path(image)), spec)


def load(path: str | os.PathLike[str], threads: int | None = None) -> Classifier:
    """Load a bundle, or the bundle in a run, to be asked as often as wanted; needs no PyTorch.

    Args:
        threads: that the network runs on; None: one for each core that the process may use.

    Raises:
        SettingError: if there is no bundle at `path`.
        BundleError: if it cannot be trusted, see `load_bundle`.
    """
    if threads is not None and threads < 1:
        raise SettingError(f"A network runs on at least one thread, not {threads}.")
    place = Path(path)
    return Classifier(load_bundle(place, threads or count_cores()), place)


def read_image(path: Path) -> bytes:
    """Return the bytes of an image file.

    Raises:
        UndecodableImage: if there is no file, or it is larger than any image.
    """
    return read_bytes(Location(printable(path), Address(path)))


def _check(image: object, which: str) -> None:
    """Refuse what is no `Image` before anything is decoded."""
    if isinstance(image, np.ndarray):
        is_rgb = image.ndim == 3 and image.shape[2] == 3
        if image.dtype == np.uint8 and (is_rgb or image.ndim == 2):
            return
        raise SettingError(
            "An array has to be uint8, of shape (height, width, 3) in RGB or (height, width) in "
            f"grey; {which} is {image.dtype} of shape {image.shape}."
        )
    if not isinstance(image, str | os.PathLike | bytes | bytearray | PillowImage.Image):
        raise SettingError(
            f"An image is {_KNOWN}, or a list of those; {which} is of type {type(image).__name__}."
        )


def _to_rgb(array: npt.NDArray[np.uint8]) -> Pixels:
    check_size(array.shape[1], array.shape[0])
    if array.ndim == 2:
        array = np.repeat(array[:, :, None], 3, axis=2)
    return np.ascontiguousarray(array)

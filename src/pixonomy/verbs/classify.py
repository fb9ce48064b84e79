"""A bundle and picture files go in; which category each shows, and how sure, comes out."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pixonomy.bundle.answer import classify_images
from pixonomy.bundle.load import load_bundle
from pixonomy.dataset.location import Location
from pixonomy.dataset.read import read_bytes
from pixonomy.errors import UndecodableImage
from pixonomy.progress import Context
from pixonomy.storage.address import Address
from pixonomy.storage.files import printable

_DEFAULT = Context()


def classify(bundle: Path, images: Sequence[Path], context: Context = _DEFAULT) -> dict[str, Any]:
    """Classify picture files; one that cannot be read is answered with a problem.

    Returns:
        {images: [{path, verdict, label, name, confidence, top, problem}]}; the verdict is `sure`,
        `unsure`, `none` or `unreadable`.
    """
    loaded = load_bundle(bundle, context.cores)
    answers = classify_images(loaded, (_read(path) for path in images))
    return {
        "images": [
            {"path": printable(path), **asdict(answer)}
            for path, answer in zip(images, answers, strict=True)
        ]
    }


def _read(path: Path) -> bytes | UndecodableImage:
    try:
        return read_bytes(Location(printable(path), Address(path)))
    except UndecodableImage as error:
        return error

"""A bundle and picture files go in; which category each shows, and how sure, comes out."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pixonomy.bundle.answer import classify_images
from pixonomy.bundle.load import load_bundle
from pixonomy.dataset.read import Fetched
from pixonomy.progress import Context
from pixonomy.sources.named_images import find_images

_DEFAULT = Context()


def classify(bundle: Path, images: Sequence[Path], context: Context = _DEFAULT) -> dict[str, Any]:
    """Classify images in the order in which they are named; memory grows with the answers alone.

    One that cannot be read is answered with a problem.

    Args:
        images: files, folders, globs (`photos/*.jpg`) and manifests, see `find_images`.

    Returns:
        {images: [{path, verdict, label, name, confidence, top, problem}]}; the verdict is `sure`,
        `unsure`, `none` or `unreadable`.
    """
    loaded = load_bundle(bundle, context.cores)
    paths: deque[str] = deque()  # of those that were read and have no answer yet

    def read() -> Iterator[Fetched]:
        for image in find_images(images, context.report):
            paths.append(image.path)
            yield image.data

    answers = classify_images(loaded, read())
    return {"images": [{"path": paths.popleft(), **asdict(answer)} for answer in answers]}

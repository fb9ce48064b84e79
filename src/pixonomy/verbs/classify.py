"""Answers which category image files show, and how sure that is."""

from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from pixonomy.bundle.answer import classify_images
from pixonomy.bundle.load import load_bundle
from pixonomy.dataset.read import Fetched
from pixonomy.progress import Context
from pixonomy.results.answer_results import ClassifyResult, ImageAnswer
from pixonomy.sources.named_images import find_images

_DEFAULT = Context()


def classify(bundle: Path, images: Sequence[Path], context: Context = _DEFAULT) -> ClassifyResult:
    """Classify images in the order in which they are named; memory grows with the answers alone.

    One that cannot be read is answered with a problem.

    Args:
        images: files, folders, globs (`photos/*.jpg`) and manifests, see `find_images`.

    Returns:
        A ClassifyResult.
    """
    loaded = load_bundle(bundle, context.cores)
    paths: deque[str] = deque()  # of those that were read and have no answer yet

    def read() -> Iterator[Fetched]:
        for image in find_images(images, context.report):
            paths.append(image.path)
            yield image.data

    answers = classify_images(loaded, read())
    # Paths and goals of a category are shared by all its answers: they are not copied.
    rows = (
        vars(answer) | {"path": paths.popleft(), "top": tuple(answer.top)} for answer in answers
    )
    return ClassifyResult(images=tuple(ImageAnswer(**row) for row in rows))

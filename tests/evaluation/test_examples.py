import base64
import io
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from PIL import Image

from pixonomy.evaluation.examples import gather_mistakes

NAMES = {"cat": "Cat", "dog": "Dog"}


def answer(confidences: Sequence[float], predicted: str) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "image_id": [f"{predicted}-{row}" for row in range(len(confidences))],
            "label": ["cat"] * len(confidences),
            "predicted": [predicted] * len(confidences),
            "confidence": confidences,
        }
    )


def paint_grey(image_ids: Sequence[str]) -> Mapping[str, np.ndarray]:
    return {image_id: np.full((3, 8, 8), 128, dtype=np.uint8) for image_id in image_ids}


def test_the_surest_mistakes_come_first_and_right_answers_never() -> None:
    predictions = pl.concat([answer([0.5, 0.9, 0.7], "dog"), answer([1.0], "cat")])
    mistakes = gather_mistakes(predictions, [("cat", "dog", 3)], NAMES, paint_grey)
    assert [one.image_id for one in mistakes.surest] == ["dog-1", "dog-2", "dog-0"]
    assert mistakes.pairs[0].examples == mistakes.surest
    assert (mistakes.pairs[0].true, mistakes.pairs[0].share) == ("Cat", "75.0%")


def test_no_more_pictures_are_asked_for_than_shown_and_each_only_once() -> None:
    asked: list[str] = []

    def paint_and_tell(image_ids: Sequence[str]) -> Mapping[str, np.ndarray]:
        asked.extend(image_ids)
        return paint_grey(image_ids)

    many = answer(np.linspace(0.1, 0.9, 100).tolist(), "dog")
    mistakes = gather_mistakes(many, [("cat", "dog", 100)], NAMES, paint_and_tell)
    assert (len(mistakes.pairs[0].examples), len(mistakes.surest)) == (6, 12)
    assert len(asked) == len(set(asked)) == 12


def test_without_mistakes_no_picture_is_asked_for() -> None:
    def refuse(image_ids: Sequence[str]) -> Mapping[str, np.ndarray]:
        raise AssertionError(image_ids)

    mistakes = gather_mistakes(answer([0.9], "cat"), [], NAMES, refuse)
    assert (mistakes.pairs, mistakes.surest) == ((), ())


def test_a_picture_is_described_for_those_who_do_not_see_it() -> None:
    mistakes = gather_mistakes(answer([0.9], "dog"), [], NAMES, lambda _: {})
    assert mistakes.surest[0].source is None
    assert mistakes.surest[0].alt == "Cat, taken for Dog (90.0% sure): dog-0"


def test_a_picture_is_shown_upright_in_its_colours_within_160_pixels() -> None:
    pixels = np.zeros((3, 100, 400), dtype=np.uint8)
    pixels[0] = 200
    mistakes = gather_mistakes(answer([0.9], "dog"), [], NAMES, lambda _: {"dog-0": pixels})
    uri = mistakes.surest[0].source or ""
    image = Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))
    assert (image.format, image.size) == ("JPEG", (160, 40))
    assert np.abs(np.asarray(image).mean(axis=(0, 1)) - (200, 0, 0)).max() < 4

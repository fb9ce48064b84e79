import base64
import io
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from PIL import Image

from pixonomy.evaluation.examples import Gallery, ImageReader, ImageSource, gather
from pixonomy.evaluation.label_issues import LabelIssues, Suspect
from pixonomy.evaluation.metrics import measure

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


def show(predictions: pl.DataFrame, images: ImageReader = paint_grey) -> Gallery:
    metrics = measure(predictions, list(NAMES), "cat")
    return gather(predictions, metrics, NAMES, ImageSource(images))


def decode(uri: str | None) -> np.ndarray:
    assert uri is not None
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))))


def test_the_surest_mistakes_come_first_and_right_answers_never() -> None:
    gallery = show(pl.concat([answer([0.5, 0.9, 0.7], "dog"), answer([1.0], "cat")]))
    assert [one.image_id for one in gallery.surest] == ["dog-1", "dog-2", "dog-0"]
    assert gallery.pairs[0].examples == gallery.surest
    assert (gallery.pairs[0].true, gallery.pairs[0].share) == ("Cat", "75.0%")
    assert gallery.anchors == {"cell-0-1", "cell-0-0"}


def test_each_picture_is_asked_for_once() -> None:
    asked: list[str] = []

    def paint_and_tell(image_ids: Sequence[str]) -> Mapping[str, np.ndarray]:
        asked.extend(image_ids)
        return paint_grey(image_ids)

    gallery = show(answer(np.linspace(0.1, 0.9, 100).tolist(), "dog"), paint_and_tell)
    assert (len(gallery.pairs[0].examples), len(gallery.surest)) == (6, 12)
    assert len(asked) == len(set(asked)) == 12


def test_a_flawless_classifier_has_no_mistakes_but_right_answers_to_show() -> None:
    gallery = show(answer([0.9], "cat"))
    assert (gallery.pairs, gallery.surest) == ((), ())
    assert gallery.cells[0].examples[0].alt == "Cat, rightly answered (90.0% sure): cat-0"


def test_a_picture_is_described_for_those_who_do_not_see_it() -> None:
    gallery = show(answer([0.9], "dog"), lambda _: {})
    assert gallery.surest[0].source is None
    assert gallery.surest[0].alt == "Cat, taken for Dog (90.0% sure): dog-0"


def test_a_picture_is_shown_upright_in_its_colours_within_160_pixels() -> None:
    pixels = np.zeros((3, 100, 400), dtype=np.uint8)
    pixels[0] = 200
    shown = decode(show(answer([0.9], "dog"), lambda _: {"dog-0": pixels}).surest[0].source)
    assert shown.shape == (40, 160, 3)
    assert np.abs(shown.mean(axis=(0, 1)) - (200, 0, 0)).max() < 4


def test_what_the_source_has_lost_is_shown_as_the_network_sees_it_and_counted() -> None:
    def white(image_ids: Sequence[str]) -> Mapping[str, np.ndarray]:
        assert list(image_ids) == ["dog-1"]
        return {"dog-1": np.full((3, 8, 8), 255, np.uint8)}

    predictions = answer([0.9, 0.8], "dog")
    source = ImageSource(lambda _: paint_grey(["dog-0"]), white)
    gallery = gather(predictions, measure(predictions, list(NAMES), "cat"), NAMES, source)
    assert gallery.stand_ins == 1
    assert [decode(one.source).mean().round() for one in gallery.surest] == [128, 255]


def test_where_an_answer_comes_from_is_tinted_and_the_rest_is_grey() -> None:
    def attend(shown: Mapping[str, np.ndarray], labels: Sequence[str]) -> dict[str, np.ndarray]:
        assert set(labels) == {"dog"}
        left = np.array([[1, 0], [1, 0]], np.float32)
        return dict.fromkeys(shown, left)

    predictions = answer([0.9], "dog")
    metrics = measure(predictions, list(NAMES), "cat")
    green = np.zeros((3, 80, 80), np.uint8)
    green[1] = 180
    source = ImageSource(lambda _: {"dog-0": green}, attention=attend)
    gallery = gather(predictions, metrics, NAMES, source)
    tinted = decode(gallery.surest[0].attention).astype(int)
    left, right = tinted[:, :8].mean(axis=(0, 1)), tinted[:, -8:].mean(axis=(0, 1))
    assert left[0] - left[2] > 80
    assert np.ptp(right) < 12


def test_a_suspected_label_is_shown_with_what_it_probably_should_be() -> None:
    predictions = answer([0.9, 0.8], "dog")
    label_issues = LabelIssues(1, (Suspect("dog-1", "cat", "dog", 0.04, "a sentence"),))
    metrics = measure(predictions, list(NAMES), "cat")
    source = ImageSource(paint_grey)
    (shown,) = gather(predictions, metrics, NAMES, source, label_issues).label_issues
    assert (shown.example.image_id, shown.suggested, shown.quality) == ("dog-1", "Dog", "4.0%")

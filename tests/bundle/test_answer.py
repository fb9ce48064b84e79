"""Answers of the trained bundle: one a picture, in order, problems included."""

from pathlib import Path

import polars as pl
import pytest

from pixonomy.bundle.answer import Answer, classify_images
from pixonomy.bundle.calibrate import Calibration
from pixonomy.bundle.load import Bundle, load_bundle
from pixonomy.errors import UndecodableImage


@pytest.fixture
def bundle(fitted_run: Path) -> Bundle:
    return load_bundle(fitted_run)


@pytest.fixture
def encoded(fitted_images: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(fitted_images.rglob("0*.jpg"))]


def with_calibration(bundle: Bundle, calibration: Calibration) -> Bundle:
    return Bundle(
        bundle.labels, bundle.names, bundle.resize_spec, calibration, bundle.network, bundle.about
    )


def test_an_answer_names_all_categories_from_the_most_likely_down(
    bundle: Bundle, encoded: list[bytes]
) -> None:
    for answer in classify_images(bundle, encoded[:5]):
        shares = [one["confidence"] for one in answer.top]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) == pytest.approx(1, abs=1e-5)
        assert {one["label"] for one in answer.top} == set(bundle.labels)
        assert answer.confidence == shares[0]
        assert answer.problem is None


def test_answers_keep_their_order_around_pictures_that_cannot_be_read(
    bundle: Bundle, encoded: list[bytes]
) -> None:
    alone = list(classify_images(bundle, encoded[:3]))
    damaged = UndecodableImage("the file is missing")
    mixed: list[bytes | UndecodableImage] = [
        encoded[0],
        damaged,
        encoded[1],
        b"text",
        encoded[2],
        b"",
    ]
    answers = list(classify_images(bundle, mixed))
    assert [answers[place].top for place in (0, 2, 4)] == [one.top for one in alone]
    assert answers[1] == Answer("unreadable", None, None, 0.0, [], "the file is missing")
    assert answers[3].problem == "not a picture in a known format"
    assert answers[5].problem == "the file is empty"


def test_more_pictures_than_a_batch_are_all_answered(bundle: Bundle, encoded: list[bytes]) -> None:
    answers = list(classify_images(bundle, encoded))
    assert len(answers) == len(encoded) > 64
    assert answers[70].top[0] == next(iter(classify_images(bundle, encoded[70:]))).top[0]


def test_only_pictures_that_cannot_be_read_are_answered_too(bundle: Bundle) -> None:
    assert [one.verdict for one in classify_images(bundle, [b"", b"x"])] == ["unreadable"] * 2
    assert list(classify_images(bundle, [])) == []


def test_none_of_these_has_no_label_but_the_nearest_category(
    bundle: Bundle, encoded: list[bytes]
) -> None:
    strict = with_calibration(bundle, Calibration(none_energy=1e9))
    (answer,) = classify_images(strict, encoded[:1])
    assert (answer.verdict, answer.label, answer.name) == ("none", None, None)
    assert answer.top[0]["label"] in bundle.labels


def test_a_high_threshold_makes_answers_unsure(bundle: Bundle, encoded: list[bytes]) -> None:
    strict = with_calibration(bundle, Calibration(sure=1.1))
    assert {one.verdict for one in classify_images(strict, encoded[:5])} == {"unsure"}


def test_answers_equal_the_stored_predictions(
    bundle: Bundle, fitted_run: Path, fitted_images: Path
) -> None:
    stored = pl.read_parquet(fitted_run / "predictions.parquet")
    images = [(fitted_images / name).read_bytes() for name in stored["image_id"]]
    answers = list(classify_images(bundle, images))
    assert [one.top[0]["label"] for one in answers] == stored["predicted"].to_list()
    assert [one.confidence for one in answers] == pytest.approx(
        stored["confidence"].to_list(), abs=1e-5
    )
    assert [one.verdict for one in answers] == stored["verdict"].to_list()

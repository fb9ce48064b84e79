from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from pixonomy.images.decode import Pixels
from pixonomy.near_duplicates.find_pairs import ComparedImages, find_pairs
from pixonomy.progress import Context

Draw = Callable[[int], Pixels]
Encode = Callable[..., bytes]
ImageStatistics = Callable[[Sequence[bytes]], Path]
OTHERS = 14


def turn(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 4, 1.0)
    return np.asarray(cv2.warpAffine(pixels, matrix, (width, height)), np.uint8)


def caption(pixels: Pixels) -> Pixels:
    image = Image.fromarray(pixels)
    ImageDraw.Draw(image).text(
        (12, 150), "see you soon in the shop", "white", ImageFont.load_default(18),
        stroke_width=1, stroke_fill="black",
    )  # fmt: skip
    return np.asarray(image)


ALTERED: dict[str, Callable[[Pixels], Pixels]] = {
    "cropped": lambda pixels: pixels[12:-18, 8:-28],
    "padded": lambda pixels: np.pad(pixels, ((20, 20), (24, 24), (0, 0))),
    "mirrored": lambda pixels: pixels[:, ::-1],
    "turned": turn,
    "captioned": caption,
    "brightened": lambda pixels: (255 * (pixels / 255) ** 0.7).astype(np.uint8),
    "halved": lambda pixels: pixels.reshape(100, 2, 120, 2, 3).mean((1, 3)).astype(np.uint8),
    "grey": lambda pixels: np.repeat(pixels.mean(2, keepdims=True).astype(np.uint8), 3, axis=2),
}


@pytest.mark.parametrize("how", ALTERED)
def test_an_altered_copy_is_found_among_others(
    how: str, draw: Draw, encode: Encode, measure_images: ImageStatistics
) -> None:
    images = [encode(draw(number)) for number in range(OTHERS)]
    table = measure_images([*images, encode(ALTERED[how](draw(3)), 80)])
    pairs = find_pairs(ComparedImages(table, table.parent))
    assert pairs.select("first", "second", "how").rows() == [(3, OTHERS, "pixels")]
    assert 0.5 < pairs["score"][0] <= 1


def test_different_pictures_are_no_pairs(
    draw: Draw, encode: Encode, measure_images: ImageStatistics
) -> None:
    table = measure_images([encode(draw(number)) for number in range(40)])
    assert find_pairs(ComparedImages(table, table.parent)).height == 0


def test_of_pictures_with_equal_bytes_the_first_stands_for_all(
    draw: Draw, encode: Encode, measure_images: ImageStatistics
) -> None:
    one, copy = encode(draw(1)), encode(draw(1)[:, ::-1])
    table = measure_images([encode(draw(2)), one, one, copy, copy])
    pairs = find_pairs(ComparedImages(table, table.parent))
    assert pairs.select("first", "second").rows() == [(1, 3)]


def test_blank_pictures_are_no_copies_of_each_other(
    encode: Encode, measure_images: ImageStatistics
) -> None:
    plain = [encode(np.full((60, 60, 3), level, np.uint8)) for level in (250, 251, 252, 253)]
    table = measure_images(plain)
    assert find_pairs(ComparedImages(table, table.parent)).height == 0


def test_a_survey_without_pictures_has_no_pairs(measure_images: ImageStatistics) -> None:
    table = measure_images([])
    pairs = find_pairs(ComparedImages(table, table.parent))
    assert pairs.columns == ["first", "second", "how", "score"]
    assert pairs.height == 0


def test_a_picture_that_is_gone_has_no_pairs(
    draw: Draw, encode: Encode, measure_images: ImageStatistics
) -> None:
    table = measure_images([encode(draw(1)), encode(draw(1), 60)])
    (table.parent / "pictures").unlink()
    assert find_pairs(ComparedImages(table, table.parent)).height == 0


def test_the_same_survey_gives_the_same_pairs_and_leaves_nothing_behind(
    draw: Draw, encode: Encode, measure_images: ImageStatistics
) -> None:
    images = [encode(draw(number)) for number in range(OTHERS)]
    table = measure_images(images + [encode(draw(number)[5:, 9:]) for number in range(OTHERS)])
    before = sorted(table.parent.iterdir())
    calls: list[tuple[str, int, int]] = []
    around = Context(2, lambda *call: calls.append(call))
    first, second = (find_pairs(ComparedImages(table, table.parent), context=around) for _ in "ab")
    assert first.equals(second)
    assert first.height >= OTHERS - 1
    assert sorted(table.parent.iterdir()) == before
    assert calls[-1][1] == calls[-1][2]


def test_embeddings_bring_candidates_that_thumbnails_miss(
    draw: Draw, encode: Encode, measure_images: ImageStatistics
) -> None:
    images = [encode(draw(number)) for number in range(OTHERS)]
    table = measure_images([*images, encode(draw(3)[:, ::-1])])
    vectors = np.random.default_rng(0).normal(size=(OTHERS + 1, 24)).astype(np.float16)
    vectors[OTHERS] = vectors[3]
    pairs = find_pairs(ComparedImages(table, table.parent, vectors))
    assert pairs.select("first", "second").rows() == [(3, OTHERS)]

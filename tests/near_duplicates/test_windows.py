import cv2
import numpy as np
import pytest

from pixonomy.images.decode import Pixels
from pixonomy.images.descriptor import THUMBNAIL_SIDE
from pixonomy.near_duplicates.dct_vectors import (
    Thumbnails,
    coarse_window_vectors,
    third_vectors,
    to_thumbnails,
    whole_vectors,
    window_vectors,
)
from pixonomy.near_duplicates.transform import place, placements
from pixonomy.near_duplicates.windows import Window, coarse_windows, fine_windows, invert


def draw(seed: int, side: int = 320) -> Pixels:
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 9), np.uint8)
    return np.asarray(cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)


def thumbnail(image: Pixels) -> Thumbnails:
    size = (THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return small.reshape(1, -1)


def test_the_first_window_is_the_picture_itself() -> None:
    for windows in (coarse_windows(), fine_windows()):
        assert windows[0] == Window()
        assert len(set(windows)) == len(windows)


@pytest.mark.parametrize("window", fine_windows()[::7])
def test_inverting_a_placement_leads_back(window: Window) -> None:
    there, back = window.placement, invert(window.placement)
    assert back[:, :2] @ there[:, :2] == pytest.approx(np.eye(2))
    assert back[:, :2] @ there[:, 2] + back[:, 2] == pytest.approx(np.zeros(2), abs=1e-9)


def test_a_window_looks_like_the_crop_that_it_describes() -> None:
    image = draw(0)
    window = Window(0.86, left=1.0, top=0.0)
    crop = image[: round(0.86 * 320), 320 - round(0.86 * 320) :]
    seen = window_vectors(thumbnail(image), (window,))[0, 0]
    assert seen @ whole_vectors(thumbnail(crop))[0] > 0.99
    assert seen @ whole_vectors(thumbnail(image))[0] < 0.95
    roughly = coarse_window_vectors(thumbnail(image), (window,))[0, 0]
    assert roughly @ seen > 0.99


def test_vectors_have_unit_length_and_blank_thumbnails_none() -> None:
    thumbnails = np.concatenate([thumbnail(draw(1)), np.full((1, 1024), 77, np.uint8)])
    for vectors in (whole_vectors(thumbnails), third_vectors(thumbnails)[:, 0]):
        assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0])


def test_a_caption_leaves_one_third_as_it_was() -> None:
    image = draw(2)
    captioned = image.copy()
    captioned[230:300] = 255
    both = np.concatenate([thumbnail(image), thumbnail(captioned)])
    upper, lower = (third_vectors(both)[:, part] for part in (0, 1))
    assert upper[0] @ upper[1] == pytest.approx(1)
    assert lower[0] @ lower[1] < 0.9


def test_the_place_of_a_mirrored_crop_is_found() -> None:
    image = draw(3)
    crop = image[22:298, 22:298][:, ::-1]
    both = np.concatenate([thumbnail(image), thumbnail(crop)])
    placed = place(both, np.array([0]), np.array([1]))
    assert placed.cosine[0] > 0.97
    best = placements()[placed.places[0, 0]]
    assert best[0, 0] == pytest.approx(-276 / 320, abs=0.05)
    assert (placements()[place(both, np.array([1]), np.array([0])).places[0, 0]].shape) == (2, 3)


def test_thumbnails_come_from_descriptors() -> None:
    assert to_thumbnails([bytes(1024), bytes([7]) * 1024])[:, 0].tolist() == [0, 7]

from collections.abc import Callable

import numpy as np
import pytest

from pixonomy.images.decode import Pixels
from pixonomy.images.descriptor import describe
from pixonomy.near_duplicates.align_thumbnails import BlockCorrelation, Guesses, register_thumbnails
from pixonomy.near_duplicates.dct_vectors import to_thumbnails
from pixonomy.near_duplicates.transform import place

Draw = Callable[[int], Pixels]


def compare(one: Pixels, other: Pixels) -> BlockCorrelation:
    described = [describe(np.ascontiguousarray(image)) for image in (one, other)]
    thumbnails = to_thumbnails([data for data in described if data is not None])
    first, second = np.array([0]), np.array([1])
    places = place(thumbnails, first, second).places
    return register_thumbnails(thumbnails, Guesses(first, second, places, np.array([True])))


def test_a_crop_is_alike_where_it_lies(draw: Draw) -> None:
    whole = draw(4)
    found = compare(whole, whole[20:180, 24:216])
    assert found.worst[0] > 0.6
    assert found.placement[0][:, :2] == pytest.approx(np.eye(2) * 0.8, abs=0.03)
    assert found.placement[0][:, 2] == pytest.approx([0.1, 0.1], abs=0.03)


def test_a_caption_leaves_the_rest_alike(draw: Draw) -> None:
    captioned = draw(4).copy()
    captioned[150:170, 10:200:6] = 255 - captioned[150:170, 10:200:6]
    assert compare(draw(4), captioned).beside[0] > 0.97


def test_others_are_not_alike(draw: Draw) -> None:
    found = compare(draw(1), draw(2))
    assert found.worst[0] < 0.42
    assert found.beside[0] < 0.97


def test_no_pairs_give_nothing(draw: Draw) -> None:
    none = np.zeros(0, np.int64)
    found = register_thumbnails(
        np.zeros((2, 1024), np.uint8),
        Guesses(none, none, np.zeros((0, 2), np.int64), none.astype(np.bool_)),
    )
    assert found.worst.shape == found.beside.shape == (0,)

from collections.abc import Callable

import numpy as np
import pytest

from pixonomy.images.decode import Pixels
from pixonomy.near_duplicates.registration import lay_as_is, register, view
from pixonomy.near_duplicates.windows import Window, invert

Draw = Callable[[int], Pixels]


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_crop_is_laid_where_it_was_cut_from(draw: Draw, mirrored: bool) -> None:
    whole = draw(4)
    crop = whole[20:180, 30:210]
    crop = np.ascontiguousarray(crop[:, ::-1] if mirrored else crop)
    guess = Window(0.78, is_mirrored=mirrored).placement
    found = register(view(whole), view(crop), guess)
    assert found is not None
    assert found.share == pytest.approx(crop.size / whole.size, abs=0.02)
    inside = found.is_seen
    assert inside.mean() > 0.95
    assert np.abs(found.seen[inside].astype(float) - crop[inside]).mean() < 4


def test_a_picture_is_laid_over_its_crop_the_other_way_round(draw: Draw) -> None:
    whole = draw(4)
    crop = np.ascontiguousarray(whole[20:180, 30:210])
    found = register(view(crop), view(whole), invert(Window(0.78).placement))
    assert found is not None
    assert found.is_seen.mean() == pytest.approx(crop.size / whole.size, abs=0.04)
    assert found.share > 0.95


def test_other_pictures_are_not_brought_together(draw: Draw) -> None:
    assert register(view(draw(1)), view(draw(2)), Window().placement) is None


def test_a_blank_picture_is_laid_nowhere(draw: Draw) -> None:
    blank = np.full_like(draw(1), 255)
    assert register(view(blank), view(draw(1)), Window().placement) is None


def test_pictures_of_other_shapes_are_laid_edge_on_edge(draw: Draw) -> None:
    laid = lay_as_is(view(draw(1)[::2]), view(draw(1)))
    assert laid is not None
    assert laid.seen.shape == draw(1).shape
    assert laid.share == pytest.approx(1, abs=0.05)


def test_other_pictures_are_not_laid_edge_on_edge(draw: Draw) -> None:
    assert lay_as_is(view(draw(1)), view(draw(2))) is None

from collections.abc import Callable

import numpy as np
import pytest

from pixonomy.images.decode import Pixels
from pixonomy.matching.register import lay_as_is, register
from pixonomy.matching.variants import Window

Draw = Callable[[int], Pixels]


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_crop_is_laid_where_it_was_cut_from(draw: Draw, mirrored: bool) -> None:
    whole = draw(4)
    crop = whole[20:180, 30:210]
    crop = np.ascontiguousarray(crop[:, ::-1] if mirrored else crop)
    found = register(whole, crop, [Window(0.78, is_mirrored=mirrored).placement])
    assert found is not None
    assert found.share == pytest.approx(crop.size / whole.size, abs=0.02)
    inside = found.is_seen
    assert inside.mean() > 0.95
    assert np.abs(found.seen[inside].astype(float) - crop[inside]).mean() < 4


def test_other_pictures_are_not_brought_together(draw: Draw) -> None:
    assert register(draw(1), draw(2), [Window().placement]) is None


def test_a_blank_picture_is_laid_nowhere(draw: Draw) -> None:
    assert register(np.full_like(draw(1), 255), draw(1), [Window().placement]) is None


def test_pictures_of_other_shapes_are_laid_edge_on_edge(draw: Draw) -> None:
    laid = lay_as_is(draw(1)[::2], draw(1))
    assert laid.seen.shape == draw(1).shape
    assert laid.share == pytest.approx(1, abs=0.05)

import numpy as np
import pytest

from pixonomy.near_duplicates.block_correlation import beside_caption, correlate, worst_quarter


def noise(seed: int, side: int = 32) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (1, side, side), np.uint8)


EVERYWHERE = np.ones((1, 32, 32), np.bool_)


def test_a_picture_is_like_itself_in_every_block() -> None:
    blocks = correlate(noise(0), noise(0), EVERYWHERE, 4)
    assert blocks.shape == (1, 8, 8)
    assert blocks.min() > 0.99
    assert worst_quarter(blocks)[0] > 0.99


def test_one_different_part_in_four_decides() -> None:
    other = noise(0)
    other[:, :16, :16] = noise(1)[:, :16, :16]
    blocks = correlate(noise(0), other, EVERYWHERE, 4)
    assert np.median(blocks) > 0.99
    assert worst_quarter(blocks)[0] < 0.5


def test_blocks_that_are_plain_or_not_seen_say_nothing() -> None:
    plain, half = np.full((1, 32, 32), 200, np.uint8), EVERYWHERE.copy()
    half[:, :, 16:] = False
    assert np.isnan(correlate(plain, plain, EVERYWHERE, 4)).all()
    blocks = correlate(noise(0), noise(0), half, 4)
    assert np.isfinite(blocks[..., :4]).all()
    assert np.isnan(blocks[..., 4:]).all()
    assert worst_quarter(correlate(plain, plain, EVERYWHERE, 4))[0] == 0


def test_a_caption_is_left_out_and_other_differences_are_not() -> None:
    captioned, mottled = noise(0), noise(0)
    captioned[:, 12:20] = noise(1)[:, 12:20]
    mottled[:, ::4] = noise(1)[:, ::4]
    assert beside_caption(correlate(noise(0), captioned, EVERYWHERE, 4))[0] > 0.99
    assert beside_caption(correlate(noise(0), mottled, EVERYWHERE, 4))[0] < 0.9


@pytest.mark.parametrize("measure", [worst_quarter, beside_caption])
def test_no_pictures_have_no_likeness(measure: object) -> None:
    empty = np.zeros((0, 32, 32), np.uint8)
    blocks = correlate(empty, empty, np.zeros((0, 32, 32), np.bool_), 4)
    assert measure(blocks).shape == (0,)  # type: ignore[operator]

import io

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from pixonomy.errors import SettingError, UndecodableImage
from pixonomy.images.resize import (
    FITS,
    MAX_SIZE,
    MIN_SIZE,
    Fit,
    ResizeSpec,
    frame,
    frame_into,
    resize,
)

Grid = npt.NDArray[np.uint8]


def noise(height: int, width: int, seed: int = 0) -> Grid:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def encode(pixels: Grid, format: str) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format, **({"quality": 95} if format == "JPEG" else {}))
    return stream.getvalue()


@given(st.integers(1, 300), st.integers(1, 300), st.integers(8, 130), st.sampled_from(FITS))
@example(1, 3000, 64, "stretch")
@example(1, 3000, 64, "pad")
@example(3000, 1, 64, "pad")
@example(3000, 1, 64, "crop")
@example(1, 1, 1024, "crop")
@settings(max_examples=150, deadline=None)
def test_every_shape_becomes_the_same_square(height: int, width: int, size: int, fit: Fit) -> None:
    square = resize(noise(height, width), ResizeSpec(size, fit))
    assert square.shape == (3, size, size)
    assert square.dtype == np.uint8
    assert square.flags.c_contiguous


@given(st.integers(1, 90), st.integers(1, 90), st.sampled_from(["stretch", "crop"]))
@settings(max_examples=50, deadline=None)
def test_one_colour_stays_that_colour(height: int, width: int, fit: Fit) -> None:
    pixels = np.full((height, width, 3), (10, 120, 250), np.uint8)
    square = resize(pixels, ResizeSpec(32, fit))
    assert (square == np.array([10, 120, 250], np.uint8)[:, None, None]).all()


def test_a_picture_of_the_right_size_is_left_as_it_is() -> None:
    pixels = noise(32, 32)
    for fit in ("stretch", "pad", "crop"):
        assert np.array_equal(resize(pixels, ResizeSpec(32, fit)), pixels.transpose(2, 0, 1))


def test_shrinking_averages_all_pixels() -> None:
    assignment = np.indices((320, 160)).sum(axis=0) % 2 * 255
    pixels = np.repeat(assignment[:, :, None], 3, axis=2).astype(np.uint8)
    square = resize(pixels, ResizeSpec(16)).astype(int)
    assert np.abs(square - 127).max() <= 1


def average(side: int, size: int) -> npt.NDArray[np.float64]:
    """What each of `size` stretches takes of `side` pixels, shape (size, side)."""
    edges = np.linspace(0, side, size + 1)
    pixels = np.arange(side)
    covered = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    shares: npt.NDArray[np.float64] = np.maximum(covered, 0) * size / side
    return shares


@given(st.integers(48, 150), st.integers(48, 150))
@settings(max_examples=100, deadline=None)
def test_shrinking_is_within_a_few_grey_levels_of_the_exact_means(height: int, width: int) -> None:
    down, right = np.mgrid[0:height, 0:width]
    waves = 127 + 60 * np.sin(down / 7) * np.cos(right / 5)
    pixels = (waves[:, :, None] + noise(height, width) / 16).astype(np.uint8)
    shares = average(height, 32), average(width, 32)
    exact = np.einsum("ij,jkc,lk->cil", shares[0], pixels, shares[1], optimize=True)
    assert np.abs(resize(pixels, ResizeSpec(32)) - exact).mean() < 1


@given(st.integers(40, 260), st.integers(40, 260), st.sampled_from(FITS))
@settings(max_examples=100, deadline=None)
def test_a_size_is_the_same_alone_and_beside_others(height: int, width: int, fit: Fit) -> None:
    data = encode(noise(height, width), "JPEG")
    resize_specs = [ResizeSpec(size, fit) for size in (16, 32, 50, 64, 100)]
    squares = [np.zeros((3, one.size, one.size), np.uint8) for one in resize_specs]
    frame_into(data, resize_specs, squares)
    for resize_spec, square in zip(resize_specs, squares, strict=True):
        assert np.array_equal(square, frame(data, resize_spec))


def test_padding_keeps_the_whole_picture_in_the_middle_of_white() -> None:
    square = resize(np.zeros((20, 40, 3), np.uint8), ResizeSpec(32, "pad"))
    assert (square[:, 8:24] == 0).all()
    assert (square[:, :8] == 255).all()
    assert (square[:, 24:] == 255).all()


def test_cropping_takes_the_middle() -> None:
    pixels = noise(32, 100)
    square = resize(pixels, ResizeSpec(32, "crop"))
    assert np.array_equal(square, pixels[:, 34:66].transpose(2, 0, 1))


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("shape", [(50, 70), (600, 400), (9, 500)])
def test_framing_a_lossless_file_is_resizing_its_pixels(fit: Fit, shape: tuple[int, int]) -> None:
    pixels, resize_spec = noise(*shape), ResizeSpec(48, fit)
    assert np.array_equal(frame(encode(pixels, "PNG"), resize_spec), resize(pixels, resize_spec))


@pytest.mark.parametrize("fit", FITS)
def test_the_short_cut_for_large_jpegs_gives_nearly_the_same_square(fit: Fit) -> None:
    down, right = np.mgrid[0:900, 0:1200]
    waves = 127 + 100 * np.sin(down / 40) * np.cos(right / 60)
    pixels = np.stack([waves, waves[::-1], waves[:, ::-1]], axis=2).astype(np.uint8)
    resize_spec = ResizeSpec(64, fit)
    squares = frame(encode(pixels, "JPEG"), resize_spec), resize(pixels, resize_spec)
    assert np.abs(squares[0].astype(float) - squares[1]).mean() < 2


def test_what_is_no_picture_cannot_be_framed() -> None:
    with pytest.raises(UndecodableImage):
        frame(b"no picture", ResizeSpec(32))


@pytest.mark.parametrize("size", [0, -1, MIN_SIZE - 1, MAX_SIZE + 1])
def test_an_impossible_size_names_the_possible_ones(size: int) -> None:
    with pytest.raises(SettingError, match=f"{MIN_SIZE} to {MAX_SIZE} pixels, not {size}"):
        ResizeSpec(size)


def test_an_unknown_fit_names_the_known_ones() -> None:
    with pytest.raises(SettingError, match=r"stretch, pad, crop, not 'squeeze'"):
        ResizeSpec(64, "squeeze")  # type: ignore[arg-type]

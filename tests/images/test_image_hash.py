import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from pixonomy.images.image_hash import (
    LUMA_HASH,
    ImageFingerprint,
    examine,
    fingerprint,
    hash_kind,
)


def draw(seed: int, size: tuple[int, int] = (300, 200)) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 7, 3), np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def encode(image: Image.Image, format: str = "JPEG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def bits_apart(one: str | None, other: str | None) -> int:
    assert one is not None
    assert other is not None
    assert hash_kind(one) == hash_kind(other)
    bits = [int(text.removeprefix(hash_kind(text)), 16) for text in (one, other)]
    return (bits[0] ^ bits[1]).bit_count()


def test_the_sha_256_is_that_of_the_bytes() -> None:
    data = encode(draw(0))
    assert fingerprint(data).sha256 == hashlib.sha256(data).hexdigest()


def test_a_perceptual_hash_has_64_bits() -> None:
    for found, mark in (
        (fingerprint(encode(draw(0))), LUMA_HASH),
        (examine(encode(draw(0))).fingerprint, ""),
    ):
        hashed = found.perceptual_hash or ""
        assert hash_kind(hashed) == mark
        assert len(hashed.removeprefix(mark)) == 16


def test_hashes_of_two_kinds_are_never_equal_and_all_else_is() -> None:
    data = encode(draw(0, (800, 600)))
    luma, colours = fingerprint(data), examine(data).fingerprint
    assert luma.perceptual_hash != colours.perceptual_hash
    assert replace(luma, perceptual_hash=None) == replace(colours, perceptual_hash=None)


@pytest.mark.parametrize("quality", [60, 80])
@pytest.mark.parametrize("kind", [fingerprint, lambda data: examine(data).fingerprint])
def test_most_copies_of_another_size_or_quality_have_an_equal_hash(
    quality: int, kind: Callable[[bytes], ImageFingerprint]
) -> None:
    """The pixels are compared only where hashes are equal: what is missed here stays missed."""
    equal = 0
    for seed in range(30):
        image = draw(seed, (640, 480))
        copy = image.resize((493, 370), Image.Resampling.LANCZOS)
        one, other = kind(encode(image, quality=92)), kind(encode(copy, quality=quality))
        equal += one.perceptual_hash == other.perceptual_hash
    assert equal >= 16


@pytest.mark.parametrize("cut", [30, 0.5, 0.9])
def test_a_torn_picture_is_as_odd_in_grey_as_in_colours(cut: float) -> None:
    data = encode(draw(0, (800, 600)), quality=90)
    torn = data[: int(cut if cut > 1 else cut * len(data))]
    luma, colours = fingerprint(torn), examine(torn).fingerprint
    assert luma.problem == colours.problem is not None


def test_grey_and_cmyk_and_cut_files_are_hashed_like_others() -> None:
    plain = fingerprint(encode(draw(3), "PNG")).perceptual_hash
    for data in (
        encode(draw(3).convert("L"), quality=95),
        encode(draw(3).convert("CMYK"), quality=95),
        encode(draw(3), quality=95, progressive=True),
    ):
        assert bits_apart(fingerprint(data).perceptual_hash, plain) <= 4


@pytest.mark.parametrize("seed", range(5))
def test_the_same_picture_stored_otherwise_looks_alike_and_another_does_not(seed: int) -> None:
    plain = fingerprint(encode(draw(seed), "PNG")).perceptual_hash
    for data in (encode(draw(seed), quality=60), encode(draw(seed, (600, 400)), "WEBP")):
        assert bits_apart(fingerprint(data).perceptual_hash, plain) <= 4
    assert bits_apart(fingerprint(encode(draw(seed + 100))).perceptual_hash, plain) > 10


def test_the_hash_is_that_of_the_upright_picture() -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    turned = encode(draw(1).rotate(180), "PNG", exif=exif)
    assert (
        fingerprint(turned).perceptual_hash == fingerprint(encode(draw(1), "PNG")).perceptual_hash
    )


def test_a_mirrored_picture_is_another_picture() -> None:
    hashes = [
        fingerprint(encode(image)).perceptual_hash for image in (draw(1), ImageOps.mirror(draw(1)))
    ]
    assert bits_apart(hashes[0], hashes[1]) > 10


@pytest.mark.parametrize("colour", ["white", "black", "red"])
def test_blank_pictures_have_no_perceptual_hash_and_no_problem(colour: str) -> None:
    found = fingerprint(encode(Image.new("RGB", (50, 50), colour)))
    assert (found.perceptual_hash, found.problem) == (None, None)


@given(st.binary(max_size=300))
@settings(max_examples=50, deadline=None)
def test_odd_bytes_have_a_problem_and_a_hash_but_never_raise(data: bytes) -> None:
    found = fingerprint(data)
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    if found.problem is not None:
        assert found.perceptual_hash is None


@pytest.mark.parametrize(("format", "ending"), [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp")])
def test_size_and_format_are_those_of_the_whole_file(format: str, ending: str) -> None:
    found = fingerprint(encode(draw(1, (1801, 900)), format))
    assert (found.width, found.height, found.format) == (1801, 900, ending)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_width_and_height_are_told_upright_even_where_the_scale_hides_it(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = fingerprint(encode(draw(1, (1600, 1599)), exif=exif))
    upright = (1599, 1600) if orientation >= 5 else (1600, 1599)
    assert (found.width, found.height) == upright


def test_what_is_no_picture_has_no_size_and_no_format() -> None:
    found = fingerprint(b"no picture")
    assert (found.width, found.height, found.format) == (None, None, None)


def test_the_hash_does_not_depend_on_what_else_the_pixels_are_for() -> None:
    data = encode(draw(2, (2000, 1500)))
    plain = examine(data)
    framed = examine(data, framed_side=500)
    assert plain.fingerprint == framed.fingerprint
    assert plain.pixels is not None
    assert framed.framed is not None
    assert min(plain.pixels.shape[:2]) >= 256
    assert min(framed.framed.shape[:2]) >= 1000
    assert plain.framed is plain.pixels

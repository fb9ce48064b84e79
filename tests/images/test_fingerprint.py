import hashlib
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from pixonomy.images.fingerprint import fingerprint


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
    return (int(one, 16) ^ int(other, 16)).bit_count()


def test_the_sha_256_is_that_of_the_bytes() -> None:
    data = encode(draw(0))
    assert fingerprint(data).sha256 == hashlib.sha256(data).hexdigest()


def test_a_perceptual_hash_has_64_bits() -> None:
    assert len(fingerprint(encode(draw(0))).perceptual_hash or "") == 16


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

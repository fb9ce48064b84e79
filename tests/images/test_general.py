import io
import struct
import subprocess
import sys
import threading
import warnings
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFile

from pixonomy.errors import UndecodableImage
from pixonomy.images.decode import decode, decode_opened
from pixonomy.images.general import FORMATS, Quiet, vanishes_on_white


def draw() -> Image.Image:
    """Draw red with a blue corner at the top left."""
    image = Image.new("RGB", (32, 24), (200, 50, 20))
    image.paste((0, 0, 255), (0, 0, 12, 8))
    return image


def encode(image: Image.Image, format: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def bmp(alpha_mask: int, alpha: int) -> bytes:
    """Give a 2 x 2 bitmap of 32 bits with masks (BITMAPV4HEADER)."""
    pixels = bytes([20, 50, 200, alpha]) * 4
    head = struct.pack("<IiiHHIIiiII", 108, 2, 2, 1, 32, 3, len(pixels), 0, 0, 0, 0)
    head += struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, alpha_mask)
    head = head.ljust(108, b"\0")
    return b"BM" + struct.pack("<IHHI", 122 + len(pixels), 0, 0, 122) + head + pixels


@pytest.mark.parametrize("format", ["PNG", "TIFF", "WEBP", "TGA", "BMP"])
def test_alpha_that_is_zero_throughout_was_never_written(format: str) -> None:
    clear = draw()
    clear.putalpha(0)
    options = {"lossless": True, "exact": True} if format == "WEBP" else {}
    assert np.array_equal(decode(encode(clear, format, **options)), np.asarray(draw()))


def test_grey_and_palettes_with_zero_alpha_throughout_are_opaque_too() -> None:
    assert (decode(encode(Image.new("LA", (9, 9), (90, 0)), "PNG")) == 90).all()
    palette = draw().quantize(4)
    found = decode(encode(palette, "PNG", transparency=bytes(4)))
    assert np.array_equal(found, np.asarray(palette.convert("RGB")))


def test_alpha_that_is_told_as_no_bits_is_none() -> None:
    half = draw()
    half.putalpha(128)
    data = bytearray(encode(half, "TGA"))
    assert data[17] & 15 == 8
    assert decode(bytes(data))[-1, -1].tolist() == [227, 152, 137]
    data[17] &= 0xF0
    assert np.array_equal(decode(bytes(data)), np.asarray(draw()))


@pytest.mark.parametrize(
    ("mask", "alpha", "colour"),
    [(0, 77, [200, 50, 20]), (0xFF000000, 0, [200, 50, 20]), (0xFF000000, 128, [227, 152, 137])],
)
def test_a_bitmap_has_the_alpha_that_its_mask_says(mask: int, alpha: int, colour: Any) -> None:
    assert decode(bmp(mask, alpha))[0, 0].tolist() == colour


@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("AVIF", {"quality": 95}),
    ],
)
def test_exif_turns_pictures_of_every_format_that_has_it(format: str, options: Any) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    found = decode(encode(draw(), format, exif=exif, **options)).astype(int)
    expected = np.asarray(draw().transpose(Image.Transpose.ROTATE_270))
    assert found.shape == expected.shape
    assert np.abs(found - expected).mean() < 3


def test_a_damaged_exif_block_does_not_make_the_pixels_unreadable() -> None:
    data = encode(draw(), "PNG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert np.array_equal(decode(data), np.asarray(draw()))


def test_sixteen_bit_white_on_black_may_be_stored_the_other_way_round() -> None:
    values = Image.fromarray(np.linspace(0, 65_535, 64).astype(np.uint16).reshape(8, 8))
    plain = decode(encode(values, "TIFF"))
    turned = decode(encode(values, "TIFF", tiffinfo={262: 0}))
    assert np.abs(turned.astype(int) - (255 - plain.astype(int))).max() <= 1


def test_white_and_transparent_logos_vanish_and_others_do_not() -> None:
    logo = Image.new("RGBA", (60, 60), (255, 255, 255, 0))
    logo.paste((255, 255, 255, 255), (20, 20, 40, 40))
    black = Image.new("RGBA", (60, 60), (255, 255, 255, 255))
    for format in ("PNG", "WEBP", "TIFF"):
        assert decode(encode(logo, format)).std() < 3
        assert vanishes_on_white(encode(logo, format))
        assert not vanishes_on_white(encode(black, format))
    white = Image.new("RGB", (9, 9), "white")
    assert not vanishes_on_white(encode(white, "PNG"))
    assert not vanishes_on_white(encode(white, "JPEG"))


SAVED = [name for name in FORMATS if name not in ("DIB", "JPEG")]


@pytest.mark.parametrize("format", SAVED)
@pytest.mark.parametrize("limit", [None, 10_000, 10**9])
def test_limits_that_a_user_sets_change_nothing(
    format: str, limit: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = encode(draw(), format)
    before = decode(data)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with warnings.catch_warnings(action="error"):
        assert np.array_equal(decode(data), before)


def test_a_limit_that_pillow_insists_on_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1)
    assert decode(encode(draw(), "PNG")).shape == (24, 32, 3)
    with pytest.raises(UndecodableImage, match="MAX_IMAGE_PIXELS is 1"):
        decode(encode(draw(), "WEBP"))


def test_no_limit_at_all_opens_no_hole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    data = bytearray(encode(draw(), "BMP"))
    data[18:26] = struct.pack("<ii", 30_000, 30_000)
    with pytest.raises(UndecodableImage, match="30000 x 30000 pixels, more than the 25 megapixels"):
        decode(bytes(data))
    assert Image.MAX_IMAGE_PIXELS is None


def test_a_known_format_that_cannot_be_opened_is_named() -> None:
    with pytest.raises(UndecodableImage, match="a PNG picture that is damaged"):
        decode(b"\x89PNG\r\n\x1a\n" + bytes(50))


def test_what_a_user_allows_for_cut_files_is_not_allowed_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    for format in SAVED:
        data = encode(noise.quantize(64) if format == "GIF" else noise, format)
        assert decode(data).ndim == 3, format
        for kept in (0.5, 0.9):
            if format == "ICO" and kept == 0.9:
                continue  # its mask of zeros is what is cut off
            with pytest.raises(UndecodableImage):
                print(format, kept, decode(data[: int(len(data) * kept)]).shape)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_an_opened_image_has_the_pixels_of_its_file(mode: str) -> None:
    data = encode(draw().convert("L" if mode == "I;16" else mode).convert(mode), "TIFF")
    if mode == "P":
        data = encode(draw().convert(mode), "GIF")
    assert np.array_equal(decode_opened(Image.open(io.BytesIO(data))), decode(data))


def test_an_opened_image_that_cannot_be_read_or_is_too_large_is_refused() -> None:
    cut = Image.open(io.BytesIO(encode(draw().resize((300, 300)), "PNG")[:200]))
    with pytest.raises(UndecodableImage, match="cannot be decoded"):
        decode_opened(cut)
    with pytest.raises(UndecodableImage, match="more than the 25 megapixels allowed"):
        decode_opened(Image.new("1", (6000, 5000)))


def odd_png() -> bytes:
    """Give a PNG that Pillow warns of: a palette whose transparency is given as bytes."""
    stream = io.BytesIO()
    Image.new("RGB", (300, 300)).quantize(4).save(stream, "PNG", transparency=bytes(4))
    return stream.getvalue()


def warn_as(module: str) -> None:
    code = compile("import warnings; warnings.warn('said')", "x.py", "exec")
    exec(code, {"__name__": module})


def test_only_warnings_of_pillow_and_of_decoding_are_kept_back() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with Quiet():
            warn_as("PIL.PngImagePlugin")
            warn_as("pixonomy.images.general")
            warn_as("somebody.else")
        warn_as("PIL.PngImagePlugin")
    assert len(caught) == 2


def test_many_threads_leave_the_filters_as_they_were() -> None:
    before, data, seen = list(warnings.filters), odd_png(), []

    def work() -> None:
        for _ in range(60):
            decode(data)
            with Quiet():
                seen.append(len(warnings.filters))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warnings.filters == before
    assert max(seen) == len(before) + 1


def test_the_filters_are_restored_though_somebody_swapped_the_list_meanwhile() -> None:
    before = list(warnings.filters)
    inside = Quiet()
    with warnings.catch_warnings():
        inside.__enter__()
    inside.__exit__(None, None, None)
    assert warnings.filters == before


def test_an_error_ends_the_quiet_too() -> None:
    before = list(warnings.filters)
    with pytest.raises(ValueError, match="x"), Quiet():
        raise ValueError("x")
    assert warnings.filters == before


IMPORTED = """
import io, warnings
import cv2, numpy, scipy.fftpack
from PIL import Image, ImageFile
def state():
    return (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, ImageFile.MAXBLOCK,
            cv2.getNumThreads(), cv2.useOptimized(), numpy.geterr(), list(warnings.filters))
before = state()
from pixonomy.images.image_hash import examine
from pixonomy.images.quality import measure_quality
from pixonomy.images.resize import ResizeSpec, frame
import pixonomy
assert state() == before, "importing"
for format in ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "ICO"):
    stream = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").save(stream, format)
    frame(stream.getvalue(), ResizeSpec(64))
    measure_quality(examine(stream.getvalue()).pixels)
assert state() == before, "decoding"
Image.open(io.BytesIO(b"P5 6000 4500 255\\n" + bytes(27_000_000))).load()
"""


def test_importing_and_decoding_change_nothing_of_the_process() -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", IMPORTED], check=True)


def test_the_picture_itself_is_read() -> None:
    assert np.array_equal(decode(odd_png()), np.zeros((300, 300, 3), np.uint8))

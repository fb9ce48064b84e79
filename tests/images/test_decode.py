import io
import json
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from pixonomy.errors import UndecodableImage
from pixonomy.images.decode import MAX_JPEG_SCANS, decode

SHARED = Path(__file__).resolve().parents[2] / "../shared/data"
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "TGA", "JPEG2000", "ICO", "PCX")

Grid = npt.NDArray[np.uint8]


def gradient(height: int = 24, width: int = 40) -> Grid:
    """Give smooth pixels of which no two corners are alike."""
    down, right = np.mgrid[0:height, 0:width]
    channels = (down * 255 // height, right * 255 // width, (down + right) * 60 // (height + width))
    return np.stack(channels, axis=2).astype(np.uint8)


def encode(pixels: npt.NDArray[Any] | Image.Image, format: str = "JPEG", **options: Any) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def difference(one: Grid, other: Grid) -> float:
    assert one.shape == other.shape
    return float(np.abs(one.astype(float) - other).mean())


def png_of(width: int, height: int, rows: int) -> bytes:
    """Give a black 1-bit PNG that claims `height` rows and holds `rows`."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    pixels = zlib.compress(bytes((width + 7) // 8 + 1) * rows)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def ico_around(content: bytes) -> bytes:
    """Wrap a picture in an icon that claims 16 x 16 pixels."""
    entry = struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(content), 22)
    return struct.pack("<HHH", 0, 1, 1) + entry + content


# By the standard's words (CIPA DC-008): where the stored row 0 and column 0 are seen.
STORED: dict[int, Callable[[Grid], Grid]] = {
    1: lambda seen: seen,  # top, left
    2: lambda seen: seen[:, ::-1],  # top, right
    3: lambda seen: seen[::-1, ::-1],  # bottom, right
    4: lambda seen: seen[::-1],  # bottom, left
    5: lambda seen: seen.transpose(1, 0, 2),  # left, top
    6: lambda seen: seen[:, ::-1].transpose(1, 0, 2),  # right, top
    7: lambda seen: seen[::-1, ::-1].transpose(1, 0, 2),  # right, bottom
    8: lambda seen: seen[::-1].transpose(1, 0, 2),  # left, bottom
}


def encode_turned(orientation: int, format: str, seen: Grid) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95, "subsampling": 0} if format == "JPEG" else {}
    stored = np.ascontiguousarray(STORED[orientation](seen))
    return encode(stored, format, exif=exif, **options)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_gives_the_same_upright_pixels(orientation: int) -> None:
    seen = gradient()
    assert np.array_equal(decode(encode_turned(orientation, "PNG", seen)), seen)
    assert difference(decode(encode_turned(orientation, "JPEG", seen)), seen) < 3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_counts_at_a_reduced_scale_too(orientation: int) -> None:
    small = decode(encode_turned(orientation, "JPEG", gradient(480, 800)), min_side=24)
    assert small.shape == (60, 100, 3)
    assert difference(small, gradient(60, 100)) < 6


def test_an_orientation_that_does_not_exist_changes_nothing() -> None:
    exif = Image.Exif()
    exif[0x0112] = 77
    assert difference(decode(encode(gradient(), quality=95, exif=exif)), gradient()) < 5


@pytest.mark.parametrize("format", FORMATS)
def test_common_formats_give_their_pixels(format: str) -> None:
    seen = gradient(32, 32)
    pixels = decode(encode(seen, format))
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    assert difference(pixels, seen) < 12


def test_a_cmyk_jpeg_keeps_its_colours() -> None:
    red = Image.new("RGB", (16, 16), (200, 30, 30)).convert("CMYK")
    assert difference(decode(encode(red)), np.full((16, 16, 3), (200, 30, 30), np.uint8)) < 4


def test_a_grey_jpeg_and_png_have_three_equal_channels() -> None:
    grey = gradient()[:, :, 0]
    for format in ("JPEG", "PNG"):
        pixels = decode(encode(grey, format))
        assert (pixels[:, :, 0] == pixels[:, :, 1]).all()
        assert (pixels[:, :, 1] == pixels[:, :, 2]).all()
        assert difference(pixels[:, :, 0], grey) < 3


def test_a_palette_gives_its_colours() -> None:
    image = Image.fromarray(gradient()).quantize(64)
    assert np.array_equal(decode(encode(image, "PNG")), np.asarray(image.convert("RGB")))


def test_a_transparent_palette_colour_becomes_white() -> None:
    image = Image.new("P", (4, 2), 0)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.paste(1, (2, 0, 4, 2))
    for format in ("PNG", "GIF"):
        pixels = decode(encode(image, format, transparency=0))
        assert (pixels[:, :2] == 255).all()
        assert (pixels[:, 2:] == (200, 100, 50)).all()


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF"])
def test_alpha_is_laid_on_white(format: str) -> None:
    image = Image.new("RGBA", (3, 1), (255, 0, 0, 255))
    image.putpixel((1, 0), (255, 0, 0, 0))
    image.putpixel((2, 0), (255, 0, 0, 51))
    options = {"lossless": True} if format == "WEBP" else {}
    expected = [[(255, 0, 0), (255, 255, 255), (255, 204, 204)]]
    assert difference(decode(encode(image, format, **options)), np.array(expected, np.uint8)) < 1


def test_grey_with_alpha_is_laid_on_white() -> None:
    image = Image.new("LA", (2, 1), (0, 255))
    image.putpixel((1, 0), (0, 0))
    assert decode(encode(image, "PNG"))[0, :, 0].tolist() == [0, 255]


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
@pytest.mark.parametrize("brightest", [255, 4095, 65535])
def test_sixteen_bit_grey_keeps_its_gradient_and_brightness(format: str, brightest: int) -> None:
    values = np.linspace(0, brightest, 512).astype(np.uint16)[None, :].repeat(2, axis=0)
    grey = decode(encode(values, format))[:, :, 0].astype(float)
    assert (np.diff(grey, axis=1) >= 0).all()
    assert np.abs(grey - values / 257).max() <= 0.51


def test_floating_point_grey_from_zero_to_one_fills_the_range() -> None:
    values = np.linspace(0, 1, 256).astype(np.float32)[None, :]
    assert np.array_equal(decode(encode(values, "TIFF"))[0, :, 0], np.arange(256))


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_counts(format: str) -> None:
    first, second = (Image.new("RGB", (8, 8), colour) for colour in ("red", "blue"))
    options = {"lossless": True} if format == "WEBP" else {}
    data = encode(first, format, save_all=True, append_images=[second], **options)
    assert (decode(data) == (255, 0, 0)).all()


@given(st.integers(1, 300), st.integers(1, 300), st.sampled_from([8, 16, 64]))
@settings(max_examples=60, deadline=None)
def test_a_reduced_jpeg_keeps_twice_the_wanted_side(height: int, width: int, side: int) -> None:
    pixels = decode(encode(gradient(height, width)), min_side=side)
    for kept, whole in zip(pixels.shape, (height, width), strict=False):
        assert min(whole, 2 * side) <= kept <= whole


def claim_large() -> dict[str, bytes]:
    """Give tiny files that claim 30000 x 30000 pixels, or hide many in a small icon."""
    black = np.zeros((1, 1, 3), np.uint8)
    large = struct.pack("<HH", 30_000, 30_000)
    gif, jpeg = encode(black, "GIF"), bytearray(encode(black))
    bmp, tiff = bytearray(encode(black, "BMP")), encode(black, "TIFF")
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 30_000, 30_000)
    bmp[18:26] = struct.pack("<ii", 30_000, 30_000)
    for tag in (256, 257):  # width and length, one short integer each
        start = tiff.index(struct.pack("<HHI", tag, 4, 1))
        tiff = tiff[: start + 8] + struct.pack("<I", 30_000) + tiff[start + 12 :]
    return {
        "gif": gif[:6] + large + gif[10:],
        "png": png_of(30_000, 30_000, 1),
        "jpeg": bytes(jpeg),
        "bmp": bytes(bmp),
        "tiff": tiff,
        "ppm": b"P6 30000 30000 255\n",
        "icon": ico_around(png_of(9000, 9000, 9000)),
    }


MEASURED = """
import json, resource, sys, time
from pathlib import Path
from pixonomy.errors import UndecodableImage
from pixonomy.images.decode import decode
from PIL import Image
Image.init()
told = {}
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in map(Path, sys.argv[1:]):
    began = time.process_time()
    try:
        decode(path.read_bytes())
    except UndecodableImage as error:
        told[path.name] = [str(error), time.process_time() - began]
told["KiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps(told))
"""


def test_a_tiny_file_that_claims_a_huge_picture_is_refused_fast_and_with_little_memory(
    tmp_path: Path,
) -> None:
    files = claim_large()
    for name, data in files.items():
        assert len(data) < 20_000
        (tmp_path / name).write_bytes(data)
    call = [sys.executable, "-c", MEASURED, *(str(tmp_path / name) for name in files)]
    told = json.loads(subprocess.run(call, check=True, capture_output=True).stdout)
    assert told.pop("KiB") < 30_000
    assert told.keys() == files.keys()
    for name, (sentence, seconds) in told.items():
        assert "25 megapixels" in sentence, name
        assert seconds < 1, name


def test_the_cap_is_where_it_is_said_to_be() -> None:
    assert decode(png_of(5000, 5000, 5000)).shape == (5000, 5000, 3)
    with pytest.raises(UndecodableImage, match="more than the 25 megapixels allowed"):
        decode(png_of(5001, 5000, 5000))


def test_a_jpeg_of_hundreds_of_scans_is_refused() -> None:
    data = encode(gradient(), progressive=True)
    start = data.index(b"\xff\xda")
    scans = data[start:-2] * 300
    began = time.process_time()
    with pytest.raises(UndecodableImage, match=f"more than {MAX_JPEG_SCANS} scans"):
        decode(data[:start] + scans + data[-2:])
    assert time.process_time() - began < 1


def test_a_progressive_jpeg_is_an_ordinary_picture() -> None:
    assert difference(decode(encode(gradient(), progressive=True, quality=95)), gradient()) < 5


def test_a_film_behind_a_picture_does_no_harm() -> None:
    film = np.random.default_rng(0).bytes(8_000_000)  # what phones append to a "motion photo"
    assert film.count(b"\xff\xda") > MAX_JPEG_SCANS
    data = encode(gradient())
    assert np.array_equal(decode(data + film), decode(data))


@pytest.mark.parametrize("filling", [b"\xff", b"\xff\xda", b"\xff\xe0\x00\x00", b"\xff\x01"])
def test_endless_marks_are_walked_fast(filling: bytes) -> None:
    began = time.process_time()
    with pytest.raises(UndecodableImage):
        decode(b"\xff\xd8\xff\xe0\x00\x02" + b"\xff\xda\x00\x02" * 65 + filling * 2_000_000)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "the file is empty"),
        (b"This is a text, whatever its name says.\n" * 50, "not a picture in a known format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture in a known format"),
        (b"<svg/>", "but an SVG drawing: export it as PNG"),
        (b"\0\0\0\x18ftypheic" + bytes(40), "a HEIC picture: convert it to JPEG .on an iPhone"),
        (b"<!DOCTYPE html><title>404", "an HTML page, not a picture: the download failed"),
        (b"version https://git-lfs.github.com/spec/v1\n", "run `git lfs pull`"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n", "not a"),
    ],
)
def test_what_is_no_picture_says_so(data: bytes, sentence: str) -> None:
    with pytest.raises(UndecodableImage, match=sentence):
        decode(data)


def test_more_bytes_than_any_picture_has_are_refused() -> None:
    with pytest.raises(UndecodableImage, match="larger than 160 MiB"):
        decode(bytes(161 * 1024**2))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "BMP", "TIFF"])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_a_cut_file_never_passes_as_a_whole_one(format: str, kept: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    data = encode(noise, format)
    with pytest.raises(UndecodableImage):
        decode(data[: int(len(data) * kept)])


def decode_or_refuse(data: bytes) -> None:
    pixels, told = None, ""
    try:
        pixels = decode(data, 32)
    except UndecodableImage as error:
        told = str(error)
    if pixels is None:
        assert 0 < len(told) < 300
        assert "\n" not in told
    else:
        assert pixels.dtype == np.uint8
        assert pixels.ndim == 3
        assert pixels.shape[2] == 3
        assert min(pixels.shape) > 0


@given(st.binary(max_size=2000))
@example(b"\xff\xd8\xff")
@example(b"GIF89a")
@settings(max_examples=200, deadline=None)
def test_random_bytes_raise_nothing_but_undecodable_image(data: bytes) -> None:
    decode_or_refuse(data)


SEEDS = [encode(gradient(16, 16), format) for format in FORMATS] + [
    encode(gradient(16, 16), progressive=True),
    encode_turned(6, "JPEG", gradient(16, 16)),
    encode(Image.fromarray(gradient(16, 16)).quantize(16), "PNG", transparency=3),
]


@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=12),
    st.integers(0, 2000),
)
@settings(max_examples=200, deadline=None)
def test_damaged_pictures_raise_nothing_but_undecodable_image(
    seed: bytes, edits: list[tuple[int, int]], kept: int
) -> None:
    data = bytearray(seed)
    for place, value in edits:
        data[place % len(data)] = value
    decode_or_refuse(bytes(data if kept > 1000 else data[:kept]))


@pytest.mark.real_data
@pytest.mark.skipif(not (SHARED / "odd").is_dir(), reason="needs ../shared/data/odd")
@pytest.mark.parametrize("name", ["Landscape", "Portrait"])
def test_the_nine_real_pictures_of_a_set_are_the_same_picture(name: str) -> None:
    folder = SHARED / "odd" / "exif-orientation"
    images = [decode((folder / f"{name}_{n}.jpg").read_bytes()) for n in range(9)]
    # Each was compressed on its own; turned wrongly they would differ by 40 and more.
    for image in images[1:]:
        assert difference(image, images[0]) < 6


@pytest.mark.real_data
@pytest.mark.skipif(not (SHARED / "odd").is_dir(), reason="needs ../shared/data/odd")
def test_every_odd_real_file_gives_pixels_or_a_reason_within_two_seconds() -> None:
    files = sorted((SHARED / "odd" / "mixed").iterdir())
    assert files
    for path in files:
        began = time.process_time()
        decode_or_refuse(path.read_bytes())
        assert time.process_time() - began < 2, path.name

import io
import struct

import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from PIL import Image

from pixonomy.errors import UndecodableImage
from pixonomy.images.decode import decode
from pixonomy.images.grey import spread_grey

Grid = npt.NDArray[np.uint8]


def shades() -> Grid:
    """Give grey from 3 to 247, as a photograph has it."""
    coarse = np.random.default_rng(1).integers(3, 248, (12, 12), np.uint8)
    image = Image.fromarray(coarse).resize((96, 96), Image.Resampling.BILINEAR)
    return np.asarray(image).copy()


def tiff_of(values: npt.NDArray[np.generic]) -> bytes:
    """Give an uncompressed little-endian TIFF (TIFF 6.0, sections 2 and 19)."""
    height, width = values.shape
    kind = {"u": 1, "i": 2, "f": 3}[values.dtype.kind]
    tags = [
        (256, 4, width), (257, 4, height), (258, 3, 8 * values.itemsize), (259, 3, 1), (262, 3, 1),
        (273, 4, 8), (277, 3, 1), (278, 4, height), (279, 4, values.nbytes), (339, 3, kind),
    ]  # fmt: skip
    content = values.astype(values.dtype.newbyteorder("<")).tobytes()
    entries = b"".join(struct.pack("<HHLL", tag, type_, 1, value) for tag, type_, value in tags)
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    return b"II*\0" + struct.pack("<L", 8 + len(content)) + content + directory


def is_near(found: Grid, grey: Grid, but: int = 0) -> bool:
    """Tell whether pixels are within two levels of a picture, but for its first ones."""
    apart = np.abs(found[:, :, 0].astype(int) - grey).ravel()
    return bool(apart[but:].max() <= 2)


@pytest.mark.parametrize("stray", [1.0005, np.inf, -np.inf, np.nan, 0.9, 1e30, -5.0])
def test_one_stray_value_does_not_darken_floating_point_grey(stray: float) -> None:
    grey = shades()
    values = (grey / 255.0).astype(np.float32)
    values[0, 0] = stray
    assert is_near(decode(tiff_of(values)), grey, but=1)


def test_an_overshoot_of_resampling_is_cut_off() -> None:
    grey = shades()
    values = (grey / 255.0).astype(np.float32)
    values[:5] = 1.06
    values[5:10] = -0.06
    found = decode(tiff_of(values))
    assert is_near(found[10:], grey[10:])
    assert (found[:5].min(), found[5:10].max()) == (255, 0)


@pytest.mark.parametrize("most", [255.0, 4095.0, 65_535.0])
def test_floating_point_grey_of_usual_ranges_keeps_its_brightness(most: float) -> None:
    grey = shades()
    assert is_near(decode(tiff_of((grey / 255.0 * most).astype(np.float32))), grey)


@pytest.mark.parametrize(
    "values",
    [
        lambda grey: (grey / 255 * 4095 - 1024).round().astype(np.int16),  # computed tomography
        lambda grey: (grey.astype(int) * 257 - 32_768).astype(np.int16),
        lambda grey: (grey / 127.5 - 1).astype(np.float32),
        lambda grey: grey.astype(np.uint32),
        lambda grey: (grey / 255 * 65_535).astype(np.uint32),
        lambda grey: grey.astype(np.uint32) * 16_843_009,
        lambda grey: (grey / 255 * 65_535).astype(np.int32),
        lambda grey: grey.astype(np.int16),
    ],
)  # fmt: skip
def test_integers_of_any_kind_are_spread_by_the_range_they_fill(values: object) -> None:
    grey = shades()
    assert is_near(decode(tiff_of(values(grey))), grey)  # type: ignore[operator]


def test_values_of_no_usual_range_are_spread_by_their_own() -> None:
    values = np.linspace(-3000, 900, 10_000).reshape(100, 100)
    levels = spread_grey(values)[:, :, 0]
    assert (levels.min(), levels.max()) == (0, 255)
    values[0, 0] = 1e9
    assert spread_grey(values)[:, :, 0].std() > 60


def test_double_precision_is_told_as_not_read() -> None:
    with pytest.raises(UndecodableImage, match="a TIFF picture that is damaged or of a kind that"):
        decode(tiff_of(np.zeros((9, 9))))


def test_no_number_at_all_is_no_picture() -> None:
    with pytest.raises(UndecodableImage, match="no value is a number"):
        decode(tiff_of(np.full((9, 9), np.nan, np.float32)))


def test_one_value_all_over_is_blank() -> None:
    assert spread_grey(np.full((9, 9), 7.5)).std() == 0


def test_floating_point_maps_are_pictures() -> None:
    stream, grey = io.BytesIO(), shades()
    Image.fromarray((grey / 255.0).astype(np.float32)).save(stream, "PPM")
    assert is_near(decode(stream.getvalue()), grey)


def test_sixteen_bit_maps_keep_their_brightness() -> None:
    dark = (np.linspace(0, 4000, 400).reshape(20, 20)).astype(">u2")
    found = decode(b"P5 20 20 65535\n" + dark.tobytes())
    assert found.max() == round(4000 / 257)


@pytest.mark.parametrize("order", ["<", ">"])
def test_deep_colours_in_planes_are_refused_since_they_are_read_wrongly(order: str) -> None:
    planes = np.random.default_rng(0).integers(0, 65_536, (3, 20, 30)).astype(f"{order}u2")
    stream = io.BytesIO()
    tifffile.imwrite(
        stream,
        planes,
        photometric="rgb",
        planarconfig="separate",
        byteorder=order,  # type: ignore[arg-type]
    )
    with pytest.raises(UndecodableImage, match="16-bit colours in planes"):
        decode(stream.getvalue())

import io
import struct

import pytest
from PIL import Image

from pixonomy.errors import UndecodableImage
from pixonomy.images.declared import check_declared


def webp(kind: bytes, head: bytes) -> bytes:
    return b"RIFF\0\0\0\0WEBP" + kind + struct.pack("<I", len(head)) + head + bytes(20)


def icon(content: bytes) -> bytes:
    entry = struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(content), 22)
    return struct.pack("<HHH", 0, 1, 1) + entry + content


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


@pytest.mark.parametrize(
    "data",
    [
        webp(b"VP8X", bytes(4) + (16_382).to_bytes(3, "little") * 2),
        webp(b"VP8L", b"\x2f" + (16_382 | 16_382 << 14).to_bytes(4, "little")),
        webp(b"VP8 ", bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", 16_383, 16_383)),
        icon(PNG + struct.pack(">II", 9000, 9000)),
        icon(struct.pack("<Iii", 40, 9000, 18_000) + bytes(40)),
        icon(struct.pack("<Iii", 40, 9000, -18_000) + bytes(40)),
        icon(struct.pack("<IHH", 12, 9000, 18_000) + bytes(40)),
    ],
)
def test_what_is_allocated_on_opening_is_refused_by_its_first_bytes(data: bytes) -> None:
    with pytest.raises(UndecodableImage, match="more than the 25 megapixels allowed"):
        check_declared(data)


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"exif": b"Exif\0\0x"}])
def test_ordinary_webp_pictures_pass(options: dict[str, object]) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (200, 100)).save(stream, "WEBP", **options)
    check_declared(stream.getvalue())


def test_ordinary_icons_pass() -> None:
    stream = io.BytesIO()
    Image.new("RGBA", (64, 64)).save(stream, "ICO", bitmap_format="bmp")
    check_declared(stream.getvalue())


def test_an_icon_that_points_behind_its_end_is_refused() -> None:
    with pytest.raises(UndecodableImage, match="points behind its own end"):
        check_declared(icon(b"")[:22])

import time
import zlib

import pytest
from PIL import ImageFile

from pixonomy.errors import UndecodableImage
from pixonomy.images.decode import decode
from pixonomy.images.whole import WholeFile


def test_it_reads_as_any_file_does() -> None:
    file = WholeFile(b"abc")
    assert (file.read(2), file.read(2), file.read(2)) == (b"ab", b"c", b"")


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x09\0\0\0\x09\x08\2\0\0\0\xd3\xc1\xf6\x82"
        + (b"\0\0\0\0teSt" + zlib.crc32(b"teSt").to_bytes(4, "big")) * 2_000_000,
        b"\xff\xd8" + b"\xff\xe0\0\2" * 5_000_000,
        b"GIF89a\x09\0\x09\0\0\0\0!\xfe" + b"\1a" * 5_000_000,
        b"P6 # " + b"a" * 10_000_000,
        b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0\0\0\x08free" * 2_000_000,
    ],
    ids=["PNG", "JPEG", "GIF", "PPM", "JPEG 2000"],
)
def test_millions_of_tiny_parts_are_refused_in_a_second(data: bytes) -> None:
    began = time.process_time()
    with pytest.raises(UndecodableImage):
        decode(data)
    assert time.process_time() - began < 2


def test_it_tells_its_end_where_the_process_lets_cut_files_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    file = WholeFile(b"abc")
    assert file.read() == b"abc"
    assert file.read() == b""
    with pytest.raises(OSError, match="truncated"):
        file.read(1)

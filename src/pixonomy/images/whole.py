"""Makes Pillow refuse files that were cut, whatever the settings of the process.

Whether Pillow takes a cut file for a whole one is a setting of the process
(`ImageFile.LOAD_TRUNCATED_IMAGES`), which its user may have changed: here it never does.
"""

import io

from PIL import Image, ImageFile

from pixonomy.errors import UndecodableImage

MAX_READS = 300_000
"""Pillow walks chunks, blocks and comments in Python: millions of tiny ones would take minutes."""

_J2K_END = b"\xff\xd9"


class WholeFile(io.BytesIO):
    """Bytes to be read by Pillow; reading on at their end raises: they are cut.

    Attributes:
        may_end: whether reading on at the end is no fault, as it is none of JPEG 2000's decoder.
        reads_left: how often they may be read.
    """

    may_end = False
    reads_left: float = MAX_READS

    def read(self, size: int | None = -1) -> bytes:
        """Read some; nothing is left only for those who have asked for all there is."""
        self.reads_left -= 1
        if self.reads_left < 0:
            raise UndecodableImage("a picture of too many small parts")
        found = super().read(size)
        is_at_end = not found and size and size > 0 and not self.may_end
        if is_at_end and ImageFile.LOAD_TRUNCATED_IMAGES:
            raise OSError("image file is truncated")
        return found


def check_whole(image: Image.Image, data: bytes) -> None:
    """Refuse what Pillow has loaded in spite of damage, where it was told to do so.

    Raises:
        OSError: as Pillow would.
    """
    if not ImageFile.LOAD_TRUNCATED_IMAGES:
        return
    if image.format == "PNG":
        from PIL.PngImagePlugin import PngImageFile

        PngImageFile(io.BytesIO(data)).verify()
    if image.format == "JPEG2000" and not data.rstrip(b"\0\r\n").endswith(_J2K_END):
        raise OSError("image file is truncated")

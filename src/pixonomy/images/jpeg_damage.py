"""Tells a damaged JPEG from one that a decoder merely complains of.

What libjpeg (`jerror.h`) calls warnings differ: some say that image data is missing, which no
image may hide; others that there is too much of something, or something odd.
"""

import re

import simplejpeg

from pixonomy.errors import UndecodableImage
from pixonomy.images.jpeg_head import has_all_scans

_END = b"\xff\xd9"
_NO_END = "Premature end of JPEG file"
_MISSING = re.compile(r"premature end of data segment|found marker 0xd9 instead of RST")
_ODD = re.compile(r"Corrupt JPEG data|Inconsistent progression|Invalid SOS")
_EXTRANEOUS = re.compile(r"(\d+) extraneous bytes")
_HOLE = bytes(64)  # a disk's or a transfer's: encoders rarely write so many zeros
_REFUSAL = "part of the JPEG's data is missing: the file was cut or overwritten, copy it again"


def find_damage(data: bytes, complaint: str) -> tuple[bytes, str | None] | None:
    """Tell harmless complaints from damage, and both from missing data.

    A missing end mark alone is no damage. "Extraneous bytes" may be: the data before them may
    have been overwritten, or a careless program may have appended some.

    Args:
        data: a JPEG that the decoder reads with a warning, or not at all.
        complaint: its first warning.

    Returns:
        What is to be decoded with warnings allowed, and what is damaged, if anything; None where
        the decoder has refused the file rather than complained of it.

    Raises:
        UndecodableImage: if part of the image's data is missing.
    """
    if _NO_END in complaint:
        return _find_missing(data)
    if _MISSING.search(complaint):
        raise UndecodableImage(_REFUSAL)
    if not _ODD.search(complaint):
        return None
    if _has_hole(data, complaint):
        raise UndecodableImage(_REFUSAL)
    return data, " ".join(complaint.split())


def _find_missing(data: bytes) -> tuple[bytes, str | None]:
    """Tell a JPEG that lacks its end mark alone from one that was cut.

    With the mark put there, a whole one gives no reason to complain any more. Zeros at the end
    are what a disk's last block, or a transfer that never came, is filled up with.
    """
    for whole in (data + _END, data.rstrip(b"\0") + _END):
        complaint = _complain(whole)
        if complaint is None and has_all_scans(whole):
            return whole, None
    is_truncated = complaint is None or _NO_END in complaint
    judged = None if is_truncated else find_damage(data + _END, complaint or "")
    if judged is None:
        raise UndecodableImage(_REFUSAL)
    return judged


def _has_hole(data: bytes, complaint: str) -> bool:
    """Return whether zeros stand where data was: without them and what follows some is missing.

    White paper is zeros as well in a JPEG with tables of its own; but then no more bytes are
    left over than a careless program appends.
    """
    extraneous = _EXTRANEOUS.search(complaint)
    if extraneous is None or int(extraneous[1]) < len(_HOLE):
        return False
    hole = data.find(_HOLE, data.rfind(b"\xff\xda\0"))
    if hole < 0:
        return False
    before = data[:hole] + _END
    complaint = _complain(before) or ""
    return bool(_MISSING.search(complaint)) or not has_all_scans(before)


def _complain(data: bytes) -> str | None:
    """Return the first warning for a JPEG, which is decoded as small as can be."""
    try:
        height, width, space, _ = simplejpeg.decode_jpeg_header(data)
        wanted = "CMYK" if space in ("CMYK", "YCCK") else "RGB"
        smallest = -(-height // 8), -(-width // 8)
        simplejpeg.decode_jpeg(data, wanted, False, False, *smallest, 1.0)
    except ValueError as error:
        return str(error)
    return None

"""Recognises a file's format by its first bytes, and knows a way out for those not read.

The bytes decide, for endings lie: pages that report an error are saved as `.jpg`. Only where the
bytes say nothing (TGA), or the same of several formats (a camera's raw image is a TIFF), the name
counts.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pixonomy.images.text_formats import text_format
from pixonomy.images.tiff_tags import is_raw_tiff

START_BYTES = 4096
"""How much of a file's start is looked at, at most; 64 bytes are enough for nearly all images."""


@dataclass(frozen=True)
class Format:
    """What a file is.

    Attributes:
        name: as a sentence has it: "a HEIC picture".
        ending: that files of it should have, in lower case; empty where there is none.
        advice: the way out for what is not read, as a phrase: "convert it to JPEG"; else empty.
    """

    name: str
    ending: str
    advice: str = ""

    @property
    def is_readable(self) -> bool:
        """Return whether `decode` reads it."""
        return not self.advice

    def __str__(self) -> str:
        return f"{self.name}: {self.advice}" if self.advice else self.name


_RAW_ADVICE = "export it as JPEG with the program that came with the camera"
_RAW_ENDINGS = (
    ".dng", ".nef", ".nrw", ".arw", ".sr2", ".srf", ".pef", ".srw", ".3fr", ".fff", ".iiq",
    ".kdc", ".dcr", ".erf", ".mef", ".mos", ".rwl", ".gpr",
)  # fmt: skip


def _raw(kind: str) -> Format:
    return Format(f"a camera's raw picture ({kind[1:].upper()})", kind, _RAW_ADVICE)


HEIC = Format(
    "a HEIC picture",
    ".heic",
    "convert it to JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible)",
)
JXL = Format("a JPEG XL picture", ".jxl", "convert it to JPEG or PNG")
HTML = Format("an HTML page, not a picture", ".html", "the download failed, fetch it again")
SVG = Format("an SVG drawing", ".svg", "export it as PNG")
LFS = Format("a Git LFS pointer, not the picture itself", "", "run `git lfs pull`")
EMPTY = Format("an empty file", "", "copy it again from where it came from")
_PDF = Format("a PDF document", ".pdf", "export its pages as PNG or JPEG")
_PSD = Format("a Photoshop document", ".psd", "export it as PNG or JPEG")
_EPS = Format("a PostScript drawing", ".eps", "export it as PNG")
_FILM = Format("a film", ".mp4", "take still pictures out of it first")
_ZIP = Format("a zip archive or an office document", ".zip", "unpack it or index it by itself")
_PACKED = Format("a packed file", ".gz", "unpack it first")
_ICNS = Format("a macOS icon", ".icns", "export it as PNG")
_DICOM = Format("a DICOM picture", ".dcm", "export it as 16-bit PNG or TIFF")
_EXR = Format("an OpenEXR picture", ".exr", "export it as TIFF or PNG")
_HDR = Format("a Radiance HDR picture", ".hdr", "export it as TIFF or PNG")
_DDS = Format("a DDS texture", ".dds", "export it as PNG")
_XCF = Format("a GIMP document", ".xcf", "export it as PNG or JPEG")
_FITS = Format("a FITS picture", ".fits", "export it as TIFF or PNG")
_ARRAY = Format("a NumPy array", ".npy", "save each picture as PNG")
_JXR = Format("a JPEG XR picture", ".jxr", "convert it to JPEG or PNG")
_BPG = Format("a BPG picture", ".bpg", "convert it to JPEG or PNG")
_WMF = Format("a Windows metafile", ".wmf", "export it as PNG")
_DJVU = Format("a DjVu document", ".djvu", "export its pages as PNG or JPEG")
_XML = Format("an XML file, not a picture", ".xml", "remove it or fetch the picture again")
_JSON = Format("a JSON file, not a picture", ".json", "remove it or fetch the picture again")
TEXT = Format("a text file, not a picture", ".txt", "remove it or fetch the picture again")
_COMPANION = Format("a macOS companion file, not a picture", "", "remove it")
_SHORTCUT = Format("a Windows shortcut, not a picture", ".lnk", "copy what it points to")
_OLE = Format("a Thumbs.db or an old office document, not a picture", ".db", "remove it")
_TEXTS = {"html": HTML, "svg": SVG, "lfs": LFS, "xml": _XML, "json": _JSON, "text": TEXT}

_JPEG, _TIFF = Format("a JPEG picture", ".jpg"), Format("a TIFF picture", ".tif")
_AVIF, _TGA = Format("an AVIF picture", ".avif"), Format("a TGA picture", ".tga")

_TWO_NUMBERS = rb"(?:\s+(?:#[^\n]*\n\s*)*\d{1,10}){2}\s"

# In this order; each mark stands at the place that is named, most of them at the very start.
_MARKS: tuple[tuple[re.Pattern[bytes], Format], ...] = tuple(
    (re.compile(pattern, re.DOTALL), format)
    for pattern, format in (
        (rb"\xff\xd8\xff", _JPEG),
        (rb"\x89PNG\r\n\x1a\n", Format("a PNG picture", ".png")),
        (rb"GIF8[79]a", Format("a GIF picture", ".gif")),
        (rb"RIFF....WEBP", Format("a WebP picture", ".webp")),
        (rb"BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0", Format("a BMP picture", ".bmp")),
        (rb"\x28\0\0\0.{8}\x01\0[\x01\x04\x08\x10\x18\x20]\0", Format("a DIB picture", ".dib")),
        (rb"\0\0\0\x0cjP  \r\n\x87\n", Format("a JPEG 2000 picture", ".jp2")),
        (rb"\xff\x4f\xff\x51", Format("a JPEG 2000 codestream", ".j2k")),
        (rb"P[14]" + _TWO_NUMBERS, Format("a PBM picture", ".pbm")),
        (rb"P[25]" + _TWO_NUMBERS, Format("a PGM picture", ".pgm")),
        (rb"P[36]" + _TWO_NUMBERS, Format("a PPM picture", ".ppm")),
        (rb"Pf\s+\d", Format("a PFM picture", ".pfm")),
        (rb"\0\0\x01\0[\x01-\x40]\0.{12}", Format("an icon", ".ico")),
        (rb"\x0a[\0\x02\x03\x05]\x01[\x01\x02\x04\x08]", Format("a PCX picture", ".pcx")),
        (rb"\x01\xda[\0\x01][\x01\x02]\0[\x01-\x03]", Format("an SGI picture", ".sgi")),
        (rb"qoif.{8}[\x03\x04][\0\x01]", Format("a QOI picture", ".qoi")),
        (rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n", JXL),
        (rb"FUJIFILMCCD-RAW", _raw(".raf")),
        (rb"II(?:RO|RS)|MMOR", _raw(".orf")),
        (rb"IIU\0", _raw(".rw2")),
        (rb"II..\0\0HEAPCCDR", _raw(".crw")),
        (rb"FOVb", _raw(".x3f")),
        (rb"\0MRM", _raw(".mrw")),
        (rb".{0,1023}%PDF-\d", _PDF),
        (rb"8BPS\0[\x01\x02]", _PSD),
        (rb"%!PS|\xc5\xd0\xd3\xc6", _EPS),
        (rb"PK(?:\x03\x04|\x05\x06)", _ZIP),
        (rb"RIFF....AVI |\x1aE\xdf\xa3|\0\0\x01[\xb3\xba]|FLV\x01|0&\xb2u\x8ef\xcf\x11", _FILM),
        (rb"....(?:moov|mdat|wide|free)", _FILM),
        (rb"\x1f\x8b\x08|BZh[1-9]|\xfd7zXZ\0|7z\xbc\xaf\x27\x1c|Rar!|\x28\xb5\x2f\xfd", _PACKED),
        (rb".{257}ustar", Format("a tar archive", ".tar", "unpack it or index it by itself")),
        (rb".{128}DICM", _DICOM),
        (rb"icns", _ICNS),
        (rb"\x76\x2f\x31\x01", _EXR),
        (rb"#\?(?:RADIANCE|RGBE)", _HDR),
        (rb"DDS ", _DDS),
        (rb"gimp xcf", _XCF),
        (rb"SIMPLE  =", _FITS),
        (rb"\x93NUMPY", _ARRAY),
        (rb"II\xbc", _JXR),
        (rb"BPG\xfb", _BPG),
        (rb"\xd7\xcd\xc6\x9a|\x01\0\0\0.{36} EMF", _WMF),
        (rb"AT&TFORM", _DJVU),
        (rb"\0\x05\x16[\0\x07]\0\x02\0\0", _COMPANION),
        (rb"L\0\0\0\x01\x14\x02\0", _SHORTCUT),
        (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLE),
    )
)

UNREAD_ENDINGS: Mapping[str, Format] = {
    **{
        format.ending: format
        for format in (
            HEIC, JXL, SVG, _PDF, _PSD, _EPS, _FILM, _ICNS, _DICOM, _EXR, _HDR, _DDS, _XCF, _FITS,
            _JXR, _BPG, _WMF, _DJVU,
        )
    },
    **{one: _raw(one) for one in (*_RAW_ENDINGS, ".cr2", ".cr3", ".crw", ".raf", ".orf", ".rw2")},
    **{one: _raw(one) for one in (".x3f", ".mrw")},
    **dict.fromkeys((".heif", ".heics", ".heifs", ".hif"), HEIC),
    **dict.fromkeys((".svgz",), SVG),
    **dict.fromkeys((".ai", ".ps"), _EPS),
    **dict.fromkeys((".psb",), _PSD),
    **dict.fromkeys((".mov", ".m4v", ".avi", ".mkv", ".webm", ".3gp", ".mpg"), _FILM),
    **dict.fromkeys((".emf",), _WMF),
    **dict.fromkeys((".wdp", ".hdp"), _JXR),
    **dict.fromkeys((".dicom",), _DICOM),
    **dict.fromkeys((".fit", ".fts"), _FITS),
}  # fmt: skip
"""What people's images end in that are not read, in lower case, and what they mostly are."""

_TGA_ENDINGS = (".tga", ".icb", ".vda", ".vst")
_HEIC_BRANDS = frozenset({
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs",
})  # fmt: skip


def all_faults() -> list[str]:
    """Return every problem that a file's first bytes may show: the file is no image."""
    formats = {EMPTY, *UNREAD_ENDINGS.values(), *_TEXTS.values(), *(one for _, one in _MARKS)}
    return sorted(str(one) for one in formats if not one.is_readable)


def format_of(start: bytes, name: str = "") -> Format | None:
    """Recognise the format of a file by its first bytes, in microseconds.

    Args:
        start: the first bytes of the file: `START_BYTES`, or all of a shorter one.
        name: what it is called, with its ending.

    Returns:
        None where nothing is known of such bytes.
    """
    if not start:
        return EMPTY
    start = start[:START_BYTES]
    if start[4:8] == b"ftyp":
        return _kind_by_brands(start)
    ending = f".{name.rpartition('.')[2].lower()}"
    if start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return _kind_of_tiff(start, ending)
    for pattern, format in _MARKS:
        if pattern.match(start):
            return format
    if ending in _TGA_ENDINGS and not start.isascii():
        return _TGA
    text = text_format(start)
    return _TGA if text is None and ending in _TGA_ENDINGS else _TEXTS.get(text or "")


def _kind_of_tiff(start: bytes, ending: str) -> Format:
    if start[8:10] == b"CR":
        return _raw(".cr2")
    if ending in _RAW_ENDINGS:
        return _raw(ending)
    # Its first image is a thumbnail, or looks like one: never to be taken for the photograph.
    return _raw(".dng") if is_raw_tiff(start) else _TIFF


def _kind_by_brands(start: bytes) -> Format:
    """Find out what an ISO base media file holds (ISO/IEC 14496-12, 4.3; 23008-12 for images)."""
    size = min(int.from_bytes(start[:4], "big"), len(start))
    major = start[8:12]
    brands = {major, *(start[at : at + 4] for at in range(16, size - 3, 4))}
    if major in (b"avif", b"avis"):
        return _AVIF
    if major == b"crx ":
        return _raw(".cr3")
    if brands & _HEIC_BRANDS:
        return HEIC
    if brands & {b"avif", b"avis"}:
        return _AVIF
    return HEIC if brands & {b"mif1", b"msf1", b"mif2"} else _FILM

import struct
import time
import zlib
from io import BytesIO

import pytest
from PIL import Image, features
from PIL.PngImagePlugin import PngInfo

from pixonomy.collecting.xmp import read_data_mining

VOCABULARY = "http://ns.useplus.org/ldf/vocab/"
PLUS = 'xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"'
TDM = 'xmlns:tdm="http://www.w3.org/ns/tdmrep/"'


def packet(inside: str, attributes: str = "") -> bytes:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {PLUS} {TDM} {attributes}>{inside}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def mining(value: str) -> bytes:
    return packet(f"<plus:DataMining>{VOCABULARY}{value}</plus:DataMining>")


def image(xmp: bytes, kind: str) -> bytes:
    """Return a picture with XMP inside, as Pillow writes it."""
    file = BytesIO()
    Image.new("RGB", (80, 80), "red").save(file, kind, xmp=xmp)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "TIFF", "AVIF"])
def test_it_is_found_in_every_kind_of_file(kind: str) -> None:
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow writes no AVIF")
    if kind == "TIFF":
        file = BytesIO()
        Image.new("RGB", (80, 80)).save(file, "TIFF", tiffinfo={700: mining("DMI-PROHIBITED")})
        data = file.getvalue()
    else:
        data = image(mining("DMI-PROHIBITED"), kind)
    assert read_data_mining(data) == "DMI-PROHIBITED"


@pytest.mark.parametrize("is_packed", [True, False])
def test_it_is_found_in_a_png_packed_or_not(is_packed: bool) -> None:
    info, file = PngInfo(), BytesIO()
    xmp = mining("DMI-PROHIBITED-GENAIMLTRAINING").decode()
    info.add_itxt("XML:com.adobe.xmp", xmp, zip=is_packed)
    Image.new("RGB", (80, 80)).save(file, "PNG", pnginfo=info)
    assert read_data_mining(file.getvalue()) == "DMI-PROHIBITED-GENAIMLTRAINING"


@pytest.mark.parametrize(
    ("xmp", "told"),
    [
        (mining("DMI-PROHIBITED-AIMLTRAINING"), "DMI-PROHIBITED-AIMLTRAINING"),
        (mining("DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING"),
         "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING"),
        (mining("DMI-PROHIBITED-SEECONSTRAINT"), "DMI-PROHIBITED-SEECONSTRAINT"),
        (packet("", f'plus:DataMining="{VOCABULARY}DMI-PROHIBITED"'), "DMI-PROHIBITED"),
        (packet(f'<plus:DataMining rdf:resource="{VOCABULARY}DMI-PROHIBITED"/>'),
         "DMI-PROHIBITED"),
        (packet(f"<plus:DataMining><rdf:Bag><rdf:li>{VOCABULARY}DMI-PROHIBITED</rdf:li></rdf:Bag>"
                "</plus:DataMining>"), "DMI-PROHIBITED"),
        (packet("<tdm:reservation>1</tdm:reservation>"), "tdm:reservation 1"),
        (packet("", 'tdm:reservation="1"'), "tdm:reservation 1"),
        (packet("<tdm:reservation>0</tdm:reservation>"), None),
        (mining("DMI-ALLOWED"), None),
        (mining("DMI-UNSPECIFIED"), None),
        (packet("", f'plus:Other="{VOCABULARY}DMI-PROHIBITED DataMining"'), None),
        (packet(""), None),
    ],
)  # fmt: skip
def test_what_it_says_is_read_as_it_is_meant(xmp: bytes, told: str | None) -> None:
    assert read_data_mining(image(xmp, "JPEG")) == told


def test_xmp_that_is_cut_in_two_by_a_segment_is_heard_all_the_same() -> None:
    whole = mining("DMI-PROHIBITED-AIMLTRAINING")
    cut = whole.index(b"</rdf:Description>")
    data = whole[:cut] + b"\xff\xe1\x01\x00http://ns.adobe.com/xmp/extension/\0" + whole[cut:]
    assert read_data_mining(data) == "DMI-PROHIBITED-AIMLTRAINING"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"DataMining",
        b"<x:xmpmeta>DataMining" * 1_000_000,
        b"<x:xmpmeta></x:xmpmeta>DataMining" * 500_000,
        b"XML:com.adobe.xmp\0\1\0" * 500_000,
        packet("<plus:DataMining>" + "<plus:DataMining>" * 200_000),
        b"<!DOCTYPE a [<!ENTITY b 'x'>]>" + mining("&b;"),
        struct.pack(">I4s", 2**31 - 1, b"iTXt")
        + b"XML:com.adobe.xmp\0\1\0\0\0"
        + zlib.compress(b"DataMining" + bytes(300 * 1024**2), 9),
    ],
    ids=lambda data: ascii(data[:20]),
)
def test_a_hostile_picture_takes_little_time(data: bytes) -> None:
    began = time.process_time()
    read_data_mining(data)
    assert time.process_time() - began < 3

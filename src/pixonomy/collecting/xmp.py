"""Reads what the XMP inside an image's bytes says of data mining.

Read are `plus:DataMining` of the PLUS License Data Format, which the IPTC Photo Metadata Standard
takes up since 2023.1 (iptc.org/std/photometadata, ns.useplus.org/LDF/ldf-XMPSpecification), and
`tdm:reservation` of the TDM Reservation Protocol. Nothing is decoded: XMP stands in the file as
text, in PNG it may be packed.
"""

import re
import zlib
from collections.abc import Iterator
from contextlib import suppress

from lxml import etree

_PLUS = "{http://ns.useplus.org/ldf/xmp/1.0/}DataMining"
_TDM = "{http://www.w3.org/ns/tdmrep"
_RESOURCE = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}resource"
_HINTS = (b"DataMining", b"tdmrep")
_PACKETS = ((b"<x:xmpmeta", b"</x:xmpmeta>"), (b"<rdf:RDF", b"</rdf:RDF>"))
_PACKED = b"XML:com.adobe.xmp\0\1\0"  # a text chunk of PNG, with its mark of compression
_PROHIBITED = re.compile(rb"/vocab/(DMI-PROHIBITED[A-Z-]*)")
_MOST_BYTES = 4 * 1024**2
_MOST_PACKETS = 8


def read_data_mining(data: bytes) -> str | None:
    """Return what forbids mining, such as "DMI-PROHIBITED-AIMLTRAINING"; None where nothing does.

    Every prohibition of the vocabulary (ns.useplus.org/ldf/vocab/DMI-…) counts, those with
    conditions as well: whether they are met cannot be read.
    """
    texts = [data, *_unpack(data)] if _PACKED in data else [data]
    for text in texts:
        if not any(hint in text for hint in _HINTS):
            continue
        packets = list(_packets(text))
        for root in packets:
            if prohibited := _forbidding(root):
                return prohibited
        # XMP that is spread over several segments is no XML; what it says still stands there.
        if not packets and (found := _PROHIBITED.search(text)):
            return found[1].decode()
    return None


def _unpack(data: bytes) -> Iterator[bytes]:
    """Yield the packed XMP of a PNG: length, kind and keyword lie before, two texts before it."""
    start = data.find(_PACKED)
    length = int.from_bytes(data[max(0, start - 8) : max(0, start - 4)], "big")
    chunk = data[start + len(_PACKED) : start + min(length, _MOST_BYTES)]
    try:
        yield zlib.decompressobj().decompress(chunk.split(b"\0", 2)[2], _MOST_BYTES)
    except (zlib.error, IndexError):
        return


def _packets(text: bytes) -> Iterator[etree._Element]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    for opening, closing in _PACKETS:
        start, number = text.find(opening), 0
        while start >= 0 and number < _MOST_PACKETS:
            end = text.find(closing, start, start + _MOST_BYTES)
            if end < 0:
                break
            with suppress(etree.XMLSyntaxError):
                yield etree.fromstring(text[start : end + len(closing)], parser)
            start, number = text.find(opening, end), number + 1


def _forbidding(root: etree._Element) -> str | None:
    for element in root.iter(etree.Element):
        properties = [(str(name), str(value)) for name, value in element.attrib.items()]
        if element.tag == _PLUS or str(element.tag).startswith(_TDM):
            texts = [*element.itertext(), *(one.get(_RESOURCE, "") for one in element.iter())]
            properties.extend((str(element.tag), str(text)) for text in texts)
        for name, value in properties:
            word = value.strip().rpartition("/")[2]
            if name == _PLUS and word.upper().startswith(("DMI-PROHIBITED", "PROHIBITED")):
                return word[:60]
            if name.startswith(_TDM) and name.endswith("}reservation") and word == "1":
                return "tdm:reservation 1"
    return None

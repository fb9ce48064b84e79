"""Finds objections to training in headers, pages and images.

What is gathered here is trained on. Read are X-Robots-Tag and robots meta tags (see `robots_tag`),
Content-Usage and Content-Signal (`usage`), the TDM Reservation Protocol (`tdm`), and what XMP and
Content Credentials say inside an image (`xmp`, `content_credentials`); what robots.txt and
tdmrep.json say is read before (`site_rules`). Where they differ, the "no" holds.
"""

import re
import time
from collections.abc import Mapping

from bs4 import BeautifulSoup

from pixonomy.collecting.crawlers import means_us
from pixonomy.collecting.robots_tag import objection
from pixonomy.collecting.search_results import Refused
from pixonomy.collecting.tdm import check_reservation
from pixonomy.collecting.usage import forbids_training
from pixonomy.collecting.xmp import read_data_mining

_LABEL = re.compile(rb"(?:cawg|c2pa)\.training-mining")
# Of the map, in CBOR or JSON, the texts alone: a use, and before the next one what is said of it.
_ENTRY = re.compile(
    rb"(?:cawg|c2pa)\.(data_mining|ai_training|ai_generative_training)(?![a-z_])"
    rb"(?:(?!cawg\.|c2pa\.).){1,300}?(notAllowed|constrained)",
    re.DOTALL,
)
_REACH = 4096  # bytes behind the label
_MOST_LABELS = 64


def read_training_mining(data: bytes) -> str | None:
    """Return what forbids training, such as "ai_training notAllowed"; None where nothing does."""
    if b".training-mining" not in data:
        return None
    for number, label in enumerate(_LABEL.finditer(data)):
        if number == _MOST_LABELS:
            break
        if found := _ENTRY.search(data, label.end(), label.end() + _REACH):
            return f"{found[1].decode()} {found[2].decode()}"
    return None


_MOST_METAS = 1000
_MOST_SEGMENTS = 4096
_JPEG, _SCAN = b"\xff\xd8\xff", 0xDA


def check_headers(headers: Mapping[str, str], agent: str, now: float | None = None) -> None:
    """Heed what the headers of a reply say of its use.

    Args:
        headers: names in small letters; lines of one name are joined by commas, those of
            X-Robots-Tag by line breaks.
        agent: the name we go by, as robots.txt would call it.
        now: seconds since 1970; the present where it is not given.

    Raises:
        Refused: where they object.
    """
    moment = time.time() if now is None else now
    if word := objection(headers.get("x-robots-tag", ""), agent, moment):
        raise Refused(f"X-Robots-Tag says {word}")
    for name in ("Content-Usage", "Content-Signal"):
        if forbidden := forbids_training(headers.get(name.casefold(), "")):
            raise Refused(f"{name} says {forbidden}")
    check_reservation(headers.get("tdm-reservation", ""), headers.get("tdm-policy", ""), "a header")


def check_page(page: BeautifulSoup, agent: str, now: float | None = None) -> None:
    """Heed a page's meta tags: for robots, for us, for those who train, and of TDMRep.

    The protocol has its tag hold for the page alone; what it says of its images is mined from it.

    Raises:
        Refused: where they object.
    """
    moment = time.time() if now is None else now
    stated: dict[str, str] = {}
    for meta in page.select("meta[content]", limit=_MOST_METAS):
        name = str(meta.get("name") or meta.get("http-equiv") or "").strip().casefold()
        content = str(meta["content"])
        stated.setdefault(name, content)
        is_ours = name in ("robots", "x-robots-tag") or means_us(name, agent)
        if is_ours and (word := objection(content, agent, moment)):
            raise Refused(f"the page's {name} meta tag says {word}")
    check_reservation(
        stated.get("tdm-reservation", ""), stated.get("tdm-policy", ""), "the page's meta tag"
    )


def check_image(data: bytes) -> None:
    """Heed what stands inside an image.

    Args:
        data: its bytes as they came; never decoded here, microseconds for an ordinary image.

    Raises:
        Refused: where it objects.
    """
    metadata = _before_pixels(data)
    if objects := read_data_mining(metadata) or read_training_mining(metadata):
        raise Refused(f"the picture's own metadata forbid mining it ({objects})")


def _before_pixels(data: bytes) -> bytes:
    """Return the segments of a JPEG that stand before its pixels, where all metadata do.

    Other files, and a JPEG that is not in order, are returned whole.
    """
    place, last = 2, len(data) - 4
    for _ in range(_MOST_SEGMENTS if data.startswith(_JPEG) else 0):
        if place > last or data[place] != 0xFF:
            break
        if data[place + 1] == _SCAN:
            return data[:place]
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return data

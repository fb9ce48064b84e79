"""Checks and bounds what strangers wrote about an image before it becomes a search result.

Every address passes here before it is kept, by the parser that also sends (yarl): what cannot be
sent is reported at once and becomes a row, in place of an error in the middle of a run.
"""

import hashlib
import ipaddress
import re
import socket
from dataclasses import dataclass, replace

from yarl import URL

from pixonomy.collecting.search_results import Refused, SearchResult

LONGEST_ADDRESS = 8192
LONGEST_REASON = 500

_LONGEST_TITLE, _LONGEST_NAME, _LONGEST_LICENCE, _LONGEST_ID = 2000, 500, 500, 500
_LONGEST_LOGGED = 300  # letters, of one that is too long
_MOST_PIXELS = 10_000_000  # of a side: more is no image's
_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
_LONGEST_HOST = 253
# What yarl raises; the last for "http://[::1]@/".
_NO_ADDRESS = (ValueError, UnicodeError, IndexError)
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINK = re.compile(r"\s*https?://", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,20}:", re.IGNORECASE)


@dataclass(frozen=True)
class Admitted:
    """A search result that can be kept.

    Attributes:
        problem: why its address cannot be asked; None where it can.
    """

    hit: SearchResult
    problem: str | None


def admit(hit: SearchResult) -> Admitted:
    """Return the search result, all within bounds, and what is wrong with it."""
    address = hit.image_url if isinstance(hit.image_url, str) else ""
    try:
        parse(address)
    except Refused as reason:
        return Admitted(tidy(replace(hit, image_url=_short(address))), str(reason))
    return Admitted(tidy(hit), None)


def tidy(hit: SearchResult) -> SearchResult:
    """Return the search result with every text within its length, and numbers that are sizes."""
    return SearchResult(
        native_id=_short(hit.native_id, _LONGEST_ID),
        image_url=_short(hit.image_url).strip(),
        page_url=_link(hit.page_url),
        title=clean(hit.title, _LONGEST_TITLE),
        creator=clean(hit.creator, _LONGEST_NAME),
        license=clean(hit.license, _LONGEST_LICENCE),
        license_url=_link(hit.license_url),
        width=_pixels(hit.width),
        height=_pixels(hit.height),
    )


def clean(text: object, most: int) -> str:
    """Return a text of at most so many letters that any file can hold; "" for what is no text."""
    if not isinstance(text, str):
        return ""
    whole = _SURROGATE.sub("\ufffd", text[: most + 1]).replace("\0", "\ufffd")
    return whole if len(whole) <= most else f"{whole[: most - 1]}…"


def parse(address: str) -> URL:
    """Return an address as it is sent.

    Raises:
        Refused: in words, for what is no http(s) address of a host that can be looked up.
    """
    if len(address) > LONGEST_ADDRESS:
        raise Refused(f"an address of more than {LONGEST_ADDRESS:,} letters")
    if _SURROGATE.search(address):
        raise Refused("no proper address (half a character)")
    try:
        url = URL(address.strip())
        scheme, host, port = url.scheme, url.raw_host, url.port
    except _NO_ADDRESS:
        raise Refused("no proper address") from None
    if scheme not in ("http", "https"):
        raise Refused(f"only http and https are fetched, not {scheme or 'that'}")
    if url.raw_user is not None or url.raw_password is not None:
        raise Refused("addresses with a user name are not fetched")
    if not host or port == 0:
        raise Refused("no proper address (it names no host)")
    _check_host(host)
    return url


def join(base: str, address: str) -> str:
    """Return the absolute address of a link on a page; as it stands where there is no sense in it.

    Never raises: `admit` tells what is wrong with it.
    """
    address = address.strip()
    if len(address) > LONGEST_ADDRESS or _SCHEME.match(address) or _SURROGATE.search(address):
        return address
    try:
        return str(URL(base).join(URL(address)))
    except _NO_ADDRESS:
        return address


def host_of(address: str) -> str:
    """Return the one name that pace and quiet of a host go by; "" for no proper address."""
    try:
        return host_name(parse(address))
    except Refused:
        return ""


def host_name(url: URL) -> str:
    """Return the one name of an address's host, whatever its spelling, scheme or port."""
    host = (url.raw_host or "").rstrip(".").casefold()
    return _as_numbers(host) or host


def _check_host(host: str) -> None:
    """Refuse a name that no resolver takes (RFC 1035, 2.3.4)."""
    if ":" in host:
        return  # an IPv6 address: the parser has read it
    name = host.removesuffix(".").casefold()
    if len(name) > _LONGEST_HOST:
        raise Refused(f"no proper address (a host's name has {_LONGEST_HOST} letters at most)")
    for label in name.split("."):
        if not label:
            raise Refused("no proper address (an empty part in the host's name)")
        if len(label) > 63:
            raise Refused("no proper address (63 letters at most in a part of a host's name)")
        if not _LABEL.fullmatch(label):
            raise Refused("no proper address (a sign in the host's name that none has)")


def _as_numbers(host: str) -> str:
    """Return an IP address in its one usual spelling; "" for a name."""
    if not (host[-1:].isdigit() or ":" in host or host.startswith("0x")):
        return ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        try:
            return socket.inet_ntoa(socket.inet_aton(host))  # 127.1, 0x7f000001, 2130706433
        except (OSError, ValueError):
            return ""
    return str(getattr(address, "ipv4_mapped", None) or address)


def _short(text: object, most: int = LONGEST_ADDRESS) -> str:
    """Return a text that stands for a longer one and still differs from others."""
    if not isinstance(text, str):
        return clean(str(text), most)
    if len(text) <= most:
        return _SURROGATE.sub("\ufffd", text).replace("\0", "\ufffd")
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{clean(text[:_LONGEST_LOGGED], _LONGEST_LOGGED)}… (sha256 {digest})"


def _link(address: object) -> str:
    """Return a link to a page; "" for what is none."""
    if not isinstance(address, str) or not _LINK.match(address):
        return ""
    return _short(address).strip()


def _pixels(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 1 <= value <= _MOST_PIXELS else None

"""A site that does all it can to stop, fill, mislead or rob whoever collects from it."""

import asyncio
import gzip
import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from io import BytesIO
from typing import Any

from aiohttp import web
from multidict import CIMultiDict
from PIL import Image

Answer = Callable[[web.Request], Any]

HOST = "127.0.0.1"  # the gallery; every other host of a trap is another loopback address
_ZEROS = gzip.compress(bytes(50 * 1024**2))
_PROHIBITED = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    'xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" '
    'plus:DataMining="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"/></rdf:RDF></x:xmpmeta>'
)


def photo(number: int, side: int = 120, **more: Any) -> bytes:
    """Return a picture like no other."""
    noise = Image.effect_noise((side, side), 60 + number % 60).convert("RGB")
    noise.paste((number * 37 % 256, number * 91 % 256, 80), (0, 0, side // 2, 10 + number % 90))
    file = BytesIO()
    noise.save(file, "JPEG", quality=80, **more)
    return file.getvalue()


def sends(body: bytes, status: int = 200, **headers: str) -> Answer:
    """Return what answers with a body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _request: web.Response(body=body, status=status, headers=named)


def leads(location: str, status: int = 302) -> Answer:
    """Return what answers with a redirect."""
    return lambda _request: web.Response(status=status, headers={"Location": location})


async def _drip(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x")
        await asyncio.sleep(0.2)


async def _endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(bytes(1 << 20))


async def _silent(_request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(3600)
    raise web.HTTPOk


async def _slow(_request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(1.5)
    return web.Response(body=photo(97))


async def _hang_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


def _says(size: int, body: bytes) -> Answer:
    """Return what announces another size than it sends."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = size
        await response.prepare(request)
        await response.write(body)
        assert request.transport is not None
        request.transport.close()
        return response

    return answer


def _raw(data: bytes) -> Answer:
    """Return what sends bytes that are no proper reply."""

    async def answer(request: web.Request) -> web.StreamResponse:
        transport = request.transport
        assert transport is not None
        transport.write(data)
        await asyncio.sleep(0.05)
        transport.close()
        return web.Response()

    return answer


def _several(*headers: tuple[str, str]) -> Answer:
    return lambda _request: web.Response(body=photo(99), headers=CIMultiDict(headers))


def _png_of(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes that unpacks to as many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = zlib.compress(bytes(10**6))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@dataclass(frozen=True)
class Trap:
    """A picture that is offered.

    Attributes:
        host: the last number of 127.0.0.N.
        answer: of its address; None: it is not there to be asked.
        told: in the reason of its row; "kept" for one that is harmless.
        robots: of its host.
    """

    name: str
    told: str
    answer: Answer | None
    host: int = 1
    robots: Answer | None = None
    tdm: Answer | None = None


_GOOD = sends(photo(98))

TRAPS = [
    Trap("bomb", "larger than", sends(_ZEROS * 20, Content_Encoding="gzip")),
    Trap("huge", "larger than", _says(10**12, b"x")),
    Trap("endless", "larger than", _endless, 2),
    Trap("drips", "", _drip, 3),
    Trap("silent", "", _silent, 4),
    Trap("hangs-up", "broke off|answer", _hang_up, 5),
    Trap("truncated", "broke off|answer", _says(50_000, photo(1)[:900]), 6),
    Trap("circle", "redirects", leads("/circle")),
    Trap("metadata", "private network", leads("http://169.254.169.254/latest/meta-data/")),
    Trap("loopback", "private network", leads("http://127。0。0。99/secret")),
    Trap("mapped", "private network", leads("http://[::ffff:0:127.0.0.99]/secret")),
    Trap("digits", "no proper address|private network", leads("http://2130706531/secret")),
    Trap("file", "only http and https", leads("file:///etc/passwd")),
    Trap("bracket", "no proper address", leads("http://[::1/x")),
    Trap("label", "no proper address", leads(f"http://{'a' * 70}.org/")),
    Trap("user", "user name", leads("http://me:secret@example.org/")),
    Trap("nowhere", "leads nowhere", sends(b"", 302)),
    Trap("pixels", "pixels", sends(_png_of(60_000, 60_000))),
    Trap("page", "not a picture", sends(b"<html><p>no picture", Content_Type="image/jpeg")),
    Trap("svg", "not a picture", sends(b"<svg xmlns='http://www.w3.org/2000/svg'></svg>")),
    Trap("empty", "empty", sends(b"")),
    Trap("noise", "damaged", sends(b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40)),
    Trap("tiny", "smaller than 64", sends(photo(2, 20))),
    Trap("forbids-itself", "DMI-PROHIBITED", sends(photo(3, xmp=_PROHIBITED.encode()))),
    Trap("two-lines", "noai",
         _several(("X-Robots-Tag", "bingbot: nofollow"), ("X-Robots-Tag", "noai"))),
    Trap("usage", "train-ai=n", sends(photo(4), Content_Usage="train-ai=n")),
    Trap("reserved", "tdm-reservation", sends(photo(5), tdm_reservation="1")),
    Trap("gptbot-header", "noindex", sends(photo(6), X_Robots_Tag="GPTBot: noindex")),
    Trap("path", "kept",
         sends(photo(7), Content_Disposition='attachment; filename="../../../../etc/x"',
               Content_Type="image/../../../tmp/evil")),
    Trap("charset", "kept", sends(photo(8), Content_Type="image/jpeg; charset=idna")),
    Trap("headers", "broke off",
         _raw(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 50_000 + b"\r\n"), 7),
    Trap("no-http", "broke off", _raw(b"\x16\x03\x01\x02\x00\x01\x00\x01" * 100), 8),
    Trap("odd-status", "status", sends(b"", 299)),
    Trap("part", "status 206", sends(photo(9)[:500], 206)),
    Trap("denied", "no access", sends(b"", 403)),
    Trap("gone", "not there", sends(b"", 410)),
    Trap("busy", "", sends(b"", 429, Retry_After="3600"), 9),
    Trap("busy-nonsense", "", sends(b"", 503, Retry_After="\x80 never"), 10),
    Trap("robots-drips", "", _GOOD, 11, robots=_drip),
    Trap("robots-trains", "GPTBot", _GOOD, 12, robots=sends(b"User-agent: GPTBot\nDisallow: /")),
    Trap("robots-day", "86400 seconds", _GOOD, 13,
         robots=sends(b"User-agent: *\nCrawl-delay: 86400")),
    Trap("robots-signal", "ai-train=no", _GOOD, 14,
         robots=sends(b"User-agent: *\nContent-Signal: search=yes, ai-train=no")),
    Trap("robots-utf16", "Disallow: /", _GOOD, 15,
         robots=sends("\ufeffUser-agent: *\nDisallow: /".encode("utf-16-le"))),
    Trap("robots-long", "Disallow: /robots-long", _GOOD, 16,
         robots=sends(b"User-agent: *\nDisallow: /robots-long\n" + b"# filling\n" * 200_000)),
    Trap("robots-broken", "", _GOOD, 17, robots=sends(b"", 500)),
    Trap("robots-leads-in", "private network", _GOOD, 18, robots=leads("http://169.254.169.254/")),
    Trap("tdmrep", "tdmrep.json", _GOOD, 19,
         tdm=sends(json.dumps([{"location": "/", "tdm-reservation": 1}]).encode())),
    Trap("robots-bomb", "kept", sends(photo(11)), 20,
         robots=sends(_ZEROS, Content_Encoding="gzip")),
]  # fmt: skip

ADDRESSES = [
    "http://[::1/x.jpg", "http://a..b/x.jpg", f"http://{'b' * 70}.org/x.jpg", "javascript:alert(1)",
    "data:image/png;base64,AAAA", f"http://example.org/{'c' * 9000}", "http://me:you@example.org/x",
    "http://127。0。0。99/x.jpg", "http://[64:ff9b:1::7f00:1]/x.jpg", "http://0x7f.1/x.jpg",
    "ftp://example.org/x.jpg", "file:///etc/passwd", "http://127.0.0.1:99999999/x.jpg", "http:///x",
    "http://exa mple.org/x.jpg", "//[", "http://%31%32%37.0.0.1/x.jpg",
]  # fmt: skip
"""What a page names as pictures and nobody may be asked for."""


@dataclass
class HostileSite:
    """Answers by host and path, and counts.

    Attributes:
        good: how many harmless pictures it offers beside its traps.
    """

    good: int = 12
    asked: list[tuple[str, str]] = field(default_factory=list)
    _pages: int = 0

    async def answer(self, request: web.Request) -> Any:
        """Answer a request."""
        host = request.host.partition(":")[0]
        self.asked.append((host, request.path))
        answer = self._find(host, request)
        found = answer(request)
        try:
            return await found if asyncio.iscoroutine(found) else found
        except ConnectionError:  # whoever asked had enough
            return web.Response()

    def _find(self, host: str, request: web.Request) -> Answer:
        name = request.path.strip("/")
        trap = next((one for one in TRAPS if f"127.0.0.{one.host}" == host and host != HOST), None)
        if name == "robots.txt":
            return (trap and trap.robots) or sends(b"", 404)
        if name == ".well-known/tdmrep.json":
            return (trap and trap.tdm) or sends(b"", 404)
        if name.startswith("good-"):
            return sends(photo(100 + int(name[5:])))
        if name == "s":
            return self._page
        if name == "slow":
            return _slow
        found = next((one for one in TRAPS if one.name == name), None)
        return (found and found.answer) or sends(b"", 404)

    def _page(self, request: web.Request) -> web.Response:
        """Answer with a page of results, as nasty as its keyword says."""
        port = request.host.partition(":")[2]
        keyword, body = request.query.get("q", ""), ""
        good = [f"/good-{n}" for n in range(self.good)]
        if keyword == "traps":
            named = [f"http://127.0.0.{one.host}:{port}/{one.name}" for one in TRAPS]
            body = _images([*named, *ADDRESSES, *good])
        elif keyword == "endless":
            self._pages += 1
            body = f'{_images(good)}<a rel="next" href="/s?q=endless&p={self._pages}">more</a>'
        elif keyword == "tags":
            body = "<p>x</p>" * 1_000_000
        elif keyword == "deep":
            body = "<div>" * 90_000
        elif keyword == "letters":
            text = f'<meta charset="punycode">{_images(good[:2])}'
            return web.Response(
                body=text.encode() + "é-".encode() * 50_000,
                headers={"Content-Type": "text/html; charset=idna"},
            )
        elif keyword == "data":
            body = _linked_data(good[:3])
        elif keyword == "closed":
            body = _images([f"http://127.0.0.17:{port}/robots-broken", "/slow"])
        elif keyword == "noai":
            metas = ('<meta name="robots" content="noai">', '<meta name="robots" content="all">')
            body = "".join(metas) + _images([f"{one}?noai" for one in good])
        return web.Response(text=body, content_type="text/html")


def _images(addresses: list[str]) -> str:
    long = "t" * 1_000_000
    return f'<img src="{addresses[0]}" alt="{long}">' + "".join(
        f'<img src="{escape(one)}" alt="half &#xd83d; of one">' for one in addresses
    )


def _linked_data(addresses: list[str]) -> str:
    """Return a page whose JSON-LD holds what no column takes."""
    objects = [
        {"@type": "ImageObject", "contentUrl": one, "width": 10**30, "height": 1e400,
         "license": "L" * 1_000_000, "name": "half \ud83d of one", "creator": {"name": ["x"] * 9}}
        for one in [*addresses, "http://[::1/x", "http://a..b/", "\ud83d"]
    ]  # fmt: skip
    nested = '{"a":' * 50_000
    told = [json.dumps(objects), nested]
    return "".join(f'<script type="application/ld+json">{one}</script>' for one in told)

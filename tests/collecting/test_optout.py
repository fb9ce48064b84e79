import json
import time
from io import BytesIO
from typing import Any

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from photo_site import Script, Serve, politely
from pixonomy.collecting.optout import check_headers, check_image, check_page, read_training_mining
from pixonomy.collecting.politeness import Politeness
from pixonomy.collecting.search_results import Refused

AGENT = "pixonomy"
NOW = 1_790_000_000.0  # September 2026

ROBOTS, USAGE, SIGNAL, TDM = "X-Robots-Tag", "Content-Usage", "Content-Signal", "tdm-reservation"

# Lines of a reply's headers, and what they say to somebody who gathers for training; None: nothing.
HEADERS: list[tuple[list[tuple[str, str]], str | None]] = [
    ([(ROBOTS, "noai")], "noai"),
    ([(ROBOTS, "NoAI")], "noai"),
    ([(ROBOTS, "all, noimageai")], "noimageai"),
    ([(ROBOTS, "noindex")], "noindex"),
    ([(ROBOTS, " none ")], "none"),
    ([(ROBOTS, "noimageindex")], "noimageindex"),
    ([(ROBOTS, "all")], None),
    ([(ROBOTS, "nofollow, noarchive, nosnippet, notranslate")], None),
    ([(ROBOTS, "")], None),
    ([(ROBOTS, "pixonomy: noindex")], "noindex"),
    ([(ROBOTS, "pixonomy/1.0: noindex")], "noindex"),
    ([(ROBOTS, "*: noai")], "noai"),
    ([(ROBOTS, "googlebot: noindex")], None),
    ([(ROBOTS, "googlebot: noindex, nofollow")], None),
    ([(ROBOTS, "googlebot: noindex, *: noai")], "noai"),
    ([(ROBOTS, "googlebot: noindex, pixonomy: noai")], "noai"),
    ([(ROBOTS, "googlebot: nofollow"), (ROBOTS, "noindex")], "noindex"),
    ([(ROBOTS, "googlebot: nofollow"), (ROBOTS, "otherbot: noindex, noai")], None),
    ([(ROBOTS, "GPTBot: noindex")], "noindex"),
    ([(ROBOTS, "CCBot: noai, nofollow")], "noai"),
    ([(ROBOTS, "bingbot: noai"), (ROBOTS, "img2dataset: noindex")], "noindex"),
    ([(ROBOTS, "max-image-preview: none")], None),
    ([(ROBOTS, "max-snippet: -1, max-image-preview: large, noai")], "noai"),
    ([(ROBOTS, "max-video-preview: 0, noindex")], "noindex"),
    ([(ROBOTS, "max-something-new: 3, noai")], "noai"),
    ([(ROBOTS, "unavailable_after: 25 Jun 2030 15:00:00 PST")], None),
    ([(ROBOTS, "unavailable_after: 25 Jun 2010 15:00:00 PST")], "unavailable_after"),
    ([(ROBOTS, "unavailable_after: 25 Jun 2030 15:00:00 PST, noai")], "noai"),
    ([(ROBOTS, "unavailable_after: Wed, 25 Jun 2025 15:00:00 GMT")], "unavailable_after"),
    ([(ROBOTS, "unavailable_after: Tuesday, 25-Jun-30 15:00:00 GMT, noindex")], "noindex"),
    ([(ROBOTS, "unavailable_after: 2025-06-25T15:00:00+00:00")], "unavailable_after"),
    ([(ROBOTS, "unavailable_after: 2030-06-25")], None),
    ([(ROBOTS, "unavailable_after: soon")], None),
    ([(ROBOTS, "googlebot: unavailable_after: 25 Jun 2010 15:00:00 PST")], None),
    ([(USAGE, "train-ai=n")], "train-ai=n"),
    ([(USAGE, "search=y, train-ai=n")], "train-ai=n"),
    ([(USAGE, "train-ai=n;reason=x")], "train-ai=n"),
    ([(USAGE, "train-ai=?0")], "train-ai="),
    ([(USAGE, "search=y"), (USAGE, "train-ai=n")], "train-ai=n"),
    ([(USAGE, "train-ai=y")], None),
    ([(USAGE, "search=n")], None),
    ([(USAGE, "train-genai=n")], "train-genai=n"),
    ([(USAGE, "bots=n")], "bots=n"),
    ([(USAGE, "bots=n, train-ai=y")], None),
    ([(SIGNAL, "search=yes, ai-train=no")], "ai-train=no"),
    ([(SIGNAL, "search=yes,ai-input=no,ai-train=yes")], None),
    ([(TDM, "1")], "tdm-reservation 1"),
    ([(TDM, "1"), ("tdm-policy", "https://a.org/policy.json")], "https://a.org/policy.json"),
    ([(TDM, "0")], None),
    ([(TDM, "2")], None),
]


@pytest.mark.parametrize(("lines", "told"), HEADERS, ids=lambda one: str(one)[:70])
def test_headers_are_read_as_they_are_meant(lines: list[tuple[str, str]], told: str | None) -> None:
    headers: dict[str, str] = {}
    for name, value in lines:
        between = "\n" if name == ROBOTS else ", "
        before = headers.get(name.casefold())
        headers[name.casefold()] = value if before is None else f"{before}{between}{value}"
    if told is None:
        check_headers(headers, AGENT, NOW)
    else:
        with pytest.raises(Refused) as error:
            check_headers(headers, AGENT, NOW)
        assert told in str(error.value)


@pytest.mark.parametrize(
    ("lines", "is_taken"),
    [
        ([(ROBOTS, "googlebot: nofollow"), (ROBOTS, "noindex")], False),
        ([(ROBOTS, "googlebot: nofollow"), (ROBOTS, "otherbot: noindex")], True),
        ([(SIGNAL, "ai-train=no")], False),
        ([(TDM, "1")], False),
    ],
)
def test_a_reply_of_several_lines_is_heard_line_by_line(
    serve: Serve, lines: list[tuple[str, str]], is_taken: bool
) -> None:
    from aiohttp import web
    from multidict import CIMultiDict

    def send(_request: web.Request) -> web.Response:
        return web.Response(text="a", headers=CIMultiDict(lines))

    address = serve(Script({"/x": [send]})) + "/x"

    async def work(politeness: Politeness) -> int:
        return (await politeness.get(address, "media", "box")).status

    if is_taken:
        assert politely(work) == 200
    else:
        with pytest.raises(Refused):
            politely(work)


@pytest.mark.parametrize(
    "metas",
    [
        '<meta name="robots" content="noindex, nofollow">',
        '<META NAME=Robots CONTENT="NoAI">',
        '<meta name="pixonomy" content="noimageai">',
        '<meta name="GPTBot" content="noindex">',
        '<meta name="robots" content="noai"><meta name="robots" content="nofollow">',
        '<meta name="robots" content="nofollow"><meta name="robots" content="noai">',
        '<meta http-equiv="X-Robots-Tag" content="noai">',
        '<meta name="tdm-reservation" content="1">',
    ],
)
def test_meta_tags_that_object_are_heeded(metas: str) -> None:
    with pytest.raises(Refused, match="the page's"):
        check_page(BeautifulSoup(f"<head>{metas}</head><p>a", "lxml"), AGENT, NOW)


@pytest.mark.parametrize(
    "metas",
    [
        '<meta name="robots" content="nofollow, max-image-preview:none">',
        '<meta name="googlebot" content="noindex">',
        '<meta name="description" content="none">',
        '<meta name="tdm-reservation" content="0">',
        '<meta name="robots">',
    ],
)
def test_meta_tags_that_do_not_mean_us_are_not(metas: str) -> None:
    check_page(BeautifulSoup(f"<head>{metas}</head><p>a", "lxml"), AGENT, NOW)


def with_xmp(kind: str, side: int = 80) -> bytes:
    file = BytesIO()
    prohibited = "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-AIMLTRAINING"
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        f'xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" plus:DataMining="{prohibited}"/>'
        "</rdf:RDF></x:xmpmeta>"
    )
    Image.effect_noise((side, side), 90).save(file, kind, xmp=xmp.encode())
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_picture_that_forbids_its_own_use_is_refused_in_words(kind: str) -> None:
    with pytest.raises(Refused, match=r"forbid mining it .DMI-PROHIBITED-AIMLTRAINING"):
        check_image(with_xmp(kind))
    plain = BytesIO()
    Image.new("RGB", (80, 80), "red").save(plain, kind)
    check_image(plain.getvalue())


def test_in_a_jpeg_out_of_order_it_is_found_as_well() -> None:
    data = with_xmp("JPEG")
    segment = data[2 : data.index(b"\xff\xdb")]
    for odd in (data[:2] + b"\0\0" + data[2:], b"\xff\xd8\xff\xd9" + segment):
        with pytest.raises(Refused, match="forbid mining"):
            check_image(odd)
    for broken in (b"\xff\xd8\xff", b"\xff\xd8\xff\xe1\0\0" * 100_000, b"\xff" * 1000):
        check_image(broken)


def test_looking_into_a_large_picture_takes_next_to_no_time() -> None:
    data = with_xmp("JPEG", 2000).replace(b"DMI-PROHIBITED", b"DMI-PERMITTED!")
    assert len(data) > 2_000_000
    began = time.process_time()
    for _ in range(100):
        check_image(data)
    assert time.process_time() - began < 0.2


def cbor(value: Any) -> bytes:
    """Encode maps and texts (RFC 8949)."""
    if isinstance(value, str):
        text = value.encode()
        head = bytes([0x60 + len(text)]) if len(text) < 24 else b"\x78" + bytes([len(text)])
        return head + text
    pairs = b"".join(cbor(key) + cbor(one) for key, one in value.items())
    return bytes([0xA0 + len(value)]) + pairs


def box(
    entries: dict[str, Any], label: str = "cawg.training-mining", is_json: bool = False
) -> bytes:
    """Return a picture's bytes with the boxes of an assertion in them."""
    whole = {"entries": entries}
    content = b"json" + json.dumps(whole).encode() if is_json else b"cbor" + cbor(whole)
    claim = cbor({"url": f"self#jumbf=c2pa.assertions/{label}"})
    return b"\xff\xd8\xff\xeb" + claim + b"jumb\0\0\0\x40jumd" + label.encode() + b"\0" + content


NO, YES = {"use": "notAllowed"}, {"use": "allowed"}
LIMITED = {"constraint_info": "ask us first, at length", "use": "constrained"}


@pytest.mark.parametrize("is_json", [True, False])
@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ({"cawg.ai_training": NO}, "ai_training notAllowed"),
        ({"cawg.ai_inference": YES, "cawg.ai_generative_training": NO},
         "ai_generative_training notAllowed"),
        ({"cawg.ai_training": YES, "cawg.data_mining": LIMITED}, "data_mining constrained"),
        ({"cawg.ai_training": YES, "cawg.ai_inference": NO}, None),
        ({"cawg.ai_training": YES, "cawg.data_mining": YES}, None),
        ({"cawg.ai_training_of_dogs": NO}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_what_forbids_training_is_told(
    entries: dict[str, Any], told: str | None, is_json: bool
) -> None:
    assert read_training_mining(box(entries, is_json=is_json)) == told
    old = {key.replace("cawg", "c2pa"): value for key, value in entries.items()}
    assert read_training_mining(box(old, "c2pa.training-mining", is_json)) == told


def test_without_such_an_assertion_nothing_is_said() -> None:
    assert read_training_mining(b"\xff\xd8 cawg.ai_training notAllowed") is None


@pytest.mark.parametrize(
    "data",
    [b"cawg.training-mining" * 500_000, b"cawg.training-mining" + b"cawg.ai_training" * 500_000,
     b"c2pa.training-mining" + b"c2pa.data_mining" + bytes(10**7)],
)  # fmt: skip
def test_a_hostile_picture_takes_little_time(data: bytes) -> None:
    began = time.process_time()
    assert read_training_mining(data) is None
    assert time.process_time() - began < 2

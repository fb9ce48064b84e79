"""Multipart bodies, cut at any place, whole, malformed and too large."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixonomy.serving.api_errors import RequestRefused
from pixonomy.serving.multipart_form import Upload, read_form
from pixonomy.serving.serve_settings import BodyLimits

LIMITS = BodyLimits(image=1000, parts=5, images=3)
PLAIN = b'Content-Disposition: form-data; name="%s"'
FILE = PLAIN + b'; filename="%s"\r\nContent-Type: image/jpeg'


def part(head: bytes, content: bytes) -> bytes:
    return b"--x\r\n" + head + b"\r\n\r\n" + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--x--\r\n"


def image(content: bytes, name: bytes = b"me.jpg") -> bytes:
    return part(FILE % (b"image", name), content)


def read(
    body: bytes, cuts: tuple[int, ...] = (), limits: BodyLimits = LIMITS, boundary: bytes = b"x"
) -> Upload:
    async def chunks() -> AsyncIterator[bytes]:
        ends = sorted({min(cut, len(body)) for cut in cuts} | {len(body)})
        for start, end in zip([0, *ends], ends, strict=False):
            yield body[start:end]

    return asyncio.run(read_form(chunks(), boundary, limits))


@given(
    st.lists(st.binary(max_size=60).filter(lambda one: b"--x" not in one), min_size=1, max_size=3),
    st.lists(st.integers(0, 700), max_size=8).map(tuple),
)
def test_images_are_the_same_wherever_a_body_is_cut(
    images: list[bytes], cuts: tuple[int, ...]
) -> None:
    body = form(*(image(one) for one in images), part(PLAIN % b"token", b"secret"))
    assert read(body, cuts) == Upload(images, {"token": "secret"})


def test_an_image_needs_a_type_where_it_has_no_name() -> None:
    typed = PLAIN % b"image" + b"\r\nContent-Type: image/png"
    assert read(form(part(typed, b"1"))).images == [b"1"]


def test_a_file_name_is_kept_nowhere() -> None:
    assert "me.jpg" not in repr(read(form(image(b"1"))))


def test_where_a_browser_picked_nothing_there_is_no_image() -> None:
    assert read(form(image(b"", name=b""), image(b""))).images == [b""]


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"", 400, "its last boundary is missing"),
        (b"nonsense", 400, "its parts are not as its boundary says"),
        (form(image(b"1"))[:-6], 400, "its last boundary is missing"),
        (part(b"no colon", b"1"), 400, "its parts are not as its boundary says"),
        (form(image(bytes(1001))), 413, "An image has at most 1,000 bytes."),
        (form(part(PLAIN % b"token", bytes(5000))), 413, "A field of a form has at most 4,096"),
        (form(*[part(PLAIN % b"a", b"")] * 6), 413, "A form has at most 5 parts."),
        (form(*[image(b"1")] * 4), 422, "A request has at most 3 images."),
        (form(part(PLAIN % b"image", b"photo.jpg")), 422, "The part 'image' is text, not a file"),
        (form(part(FILE % (b"file", b"a.jpg"), b"1")), 422, "A file stands in the part 'file'"),
    ],
)
def test_a_bad_form_is_refused_in_words(body: bytes, status: int, message: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        read(body)
    assert refused.value.status == status
    assert message in refused.value.message


@pytest.mark.parametrize("boundary", [b"", bytes(300)])
def test_a_boundary_that_is_none_is_refused(boundary: bytes) -> None:
    with pytest.raises(RequestRefused) as refused:
        read(form(image(b"1")), boundary=boundary)
    assert refused.value.status == 400


def test_a_body_of_boundaries_that_are_none_costs_little() -> None:
    body = part(FILE % (b"image", b""), b"\r\n--xy" * 4_000_000)
    began = time.thread_time()
    with pytest.raises(RequestRefused, match="takes too long") as refused:
        read(body, tuple(range(0, len(body), 65536)), BodyLimits(image=48_000_000))
    assert refused.value.status == 400
    assert time.thread_time() - began < 5

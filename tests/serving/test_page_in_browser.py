"""The page in a real browser: with and without its script, by keyboard, on a phone."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from in_browser import PUT, cut_off, fits
from pixonomy.state.tokens import TokenStore
from served import served

Barriers = Callable[[Any], list[str]]


@pytest.fixture(scope="module")
def address(fitted_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(fitted_run, tmp_path_factory.mktemp("served"), "--workers", 1) as service:
        yield service.address


@pytest.fixture
def open_site(browser: Any) -> Iterator[Callable[..., Any]]:
    """Return what opens an address; a complaint, or a request elsewhere, is a failure."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def open_at(address: str, width: int = 1280, scheme: str = "light", **options: Any) -> Any:
        size = {"width": width, "height": 900}
        context = browser.new_context(viewport=size, color_scheme=scheme, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request",
            lambda one: (
                None if one.url.startswith((address, "data:", "blob:")) else wrong.append(one.url)
            ),
        )
        page.goto(address)
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert wrong == []


def answered(page: Any, count: int = 1) -> list[str]:
    page.locator(".answered").nth(count - 1).wait_for()
    return [str(one) for one in page.locator(".answered h2").all_inner_texts()]


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (390, "light"),
        (1280, "dark"),
        pytest.param(390, "dark", marks=pytest.mark.slow),
        pytest.param(1280, "light", marks=pytest.mark.slow),
    ],
)
def test_the_page_fits_and_shuts_nobody_out(
    address: str,
    open_site: Callable[..., Any],
    barriers: Barriers,
    mixed_images: list[Path],
    width: int,
    scheme: str,
) -> None:
    page = open_site(address, width, scheme, has_touch=width == 390, is_mobile=width == 390)
    assert barriers(page) == []
    assert fits(page)
    assert page.locator("#camera").is_visible() == (width == 390)
    page.set_input_files("#image", mixed_images[:3])
    assert len(answered(page, 3)) == 3
    assert barriers(page) == []
    assert fits(page)
    assert cut_off(page) == []


def test_what_is_picked_is_answered_in_the_page_with_its_preview(
    address: str, open_site: Callable[..., Any], mixed_images: list[Path], tmp_path: Path
) -> None:
    page = open_site(address)
    text = tmp_path / "text.jpg"
    text.write_text("no picture")
    page.set_input_files("#image", [mixed_images[0], text])
    assert answered(page, 2)[1].endswith("Cannot be read")
    assert page.locator(".answered").nth(0).locator("img").count() == 1
    assert page.locator("#status").inner_text().startswith("Image 1:")
    page.set_input_files("#image", mixed_images[:17])
    page.locator(".warning").wait_for()
    assert "17 images" in page.locator(".warning p").inner_text()


def test_without_a_script_the_form_does_the_same(
    address: str, open_site: Callable[..., Any], mixed_images: list[Path], barriers: Barriers
) -> None:
    page = open_site(address, 390, java_script_enabled=False)
    assert not page.locator("#camera").is_visible()
    page.set_input_files("#image", mixed_images[:2])
    page.click("#send")
    assert len(answered(page, 2)) == 2
    with_script = open_site(address)
    with_script.set_input_files("#image", mixed_images[:2])
    assert answered(with_script, 2) == answered(page, 2)


def test_the_keyboard_is_enough(
    address: str, open_site: Callable[..., Any], mixed_images: list[Path]
) -> None:
    page = open_site(address)
    # Heard from the start: a dialog that opens before Chromium knows of it would be missed.
    page.on("filechooser", lambda _: None)
    page.keyboard.press("Tab")
    page.wait_for_function("document.hasFocus() && document.activeElement.type == 'file'")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(mixed_images[0])
    answered(page)
    page.evaluate("document.getElementById('answer').replaceChildren()")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "send"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    answered(page)


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_an_image_may_be_dropped_or_pasted(
    address: str, open_site: Callable[..., Any], mixed_images: list[Path], way: str
) -> None:
    page = open_site(address)
    assert page.evaluate(PUT, [way, list(mixed_images[0].read_bytes())])
    assert len(answered(page)) == 1


def test_a_refused_form_is_a_page_with_its_status(address: str) -> None:
    # what a browser sends where nothing was picked
    part = b'--x\r\nContent-Disposition: form-data; name="image"; filename=""\r\n\r\n\r\n--x--\r\n'
    kind = {"content-type": "multipart/form-data; boundary=x"}
    answer = httpx.post(f"{address}/", content=part, headers=kind)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "No answer" in answer.text


@pytest.mark.slow
def test_where_a_token_is_needed_the_page_asks_for_it(
    fitted_run: Path, open_site: Callable[..., Any], mixed_images: list[Path], tmp_path: Path
) -> None:
    token = TokenStore(tmp_path).new("app", "classify")
    options = ("--workers", 1, "--state", tmp_path, "--host", "0.0.0.0")
    with served(fitted_run, tmp_path, *options) as service:
        page = open_site(service.address)
        assert "categories" not in page.locator("header").inner_text()
        page.set_input_files("#image", mixed_images[0])
        assert "access token" in page.locator("#status").inner_text()
        page.fill("#token", token)
        page.click("#send")
        assert len(answered(page)) == 1
        wrong = httpx.post(
            service.address, files={"image": mixed_images[0].read_bytes()}, data={"token": "wrong"}
        )
        assert wrong.status_code == 401
        assert "cross" not in wrong.text
        assert token not in service.log.read_text()

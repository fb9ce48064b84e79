"""The saver's pages in a real browser: each verdict, by keyboard, on a phone, light and dark."""

import io
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from framing_app import FramingApp
from in_browser import PUT, cut_off, fits
from served import Served, Tokens, served
from verdict_bundle import make_verdict_bundle

Barriers = Callable[[Any], list[str]]
Check = Callable[[Any], None]
PHONE = {"has_touch": True, "is_mobile": True}
SIZES = [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")]


@pytest.fixture
def open_site(browser: Any) -> Iterator[Callable[..., Any]]:
    """Return what opens an address; a complaint, or a request elsewhere, is a failure."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def open_at(address: str, width: int = 1280, scheme: str = "light", **options: Any) -> Any:
        size = {"width": width, "height": 844}
        phone = PHONE if width < 500 else {}
        context = browser.new_context(viewport=size, color_scheme=scheme, **phone, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: _note(message.text, wrong))
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


def _note(text: str, wrong: list[str]) -> None:
    if "the server responded with a status of 4" not in text:  # our own pages with a status
        wrong.append(text)


@pytest.fixture
def check(barriers: Barriers) -> Check:
    """Return what fails if a page shuts anybody out, or does not fit."""

    def look(page: Any) -> None:
        assert barriers(page) == []
        assert fits(page)
        assert cut_off(page) == []
        assert small_targets(page) == []

    return look


def small_targets(page: Any) -> list[str]:
    """Return buttons and links to tap that are lower than 44 pixels; links in text are let be."""
    script = """() => [...document.querySelectorAll("button, a.choice, nav a, .goals a, input")]
        .filter((one) => one.offsetParent && !one.classList.contains("unseen"))
        .map((one) => one.type === "checkbox" ? one.closest("label") : one)
        .filter((one) => one.getBoundingClientRect().height < 44)
        .map((one) => one.outerHTML.slice(0, 80))"""
    found: list[str] = page.evaluate(script)
    return found


def press(page: Any, selector: str) -> None:
    """Press what leads to another page, and wait for it."""
    with page.expect_navigation():
        page.locator(selector).first.click()


def show(page: Any, image: Path) -> None:
    """Pick a picture, and ask."""
    page.set_input_files("#image", image)
    page.locator("#picked img").wait_for()
    press(page, "#send")


def test_picture_and_answer_fit_and_shut_nobody_out(
    sure_service: Served, open_site: Callable[..., Any], check: Check, mixed_images: list[Path]
) -> None:
    page = open_site(sure_service.address, 390)
    check(page)
    assert page.locator("#camera").is_visible()
    page.check("[name=keep]")
    show(page, mixed_images[0])
    check(page)
    boxes = [page.locator(f".overlaid {one}").bounding_box() for one in ("img.shown", "img.map")]
    assert boxes[0] == boxes[1]  # what the answer rests on lies over the picture


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_the_whole_way_fits_and_shuts_nobody_out(
    sure_service: Served,
    open_site: Callable[..., Any],
    check: Check,
    mixed_images: list[Path],
    width: int,
    scheme: str,
) -> None:
    page = open_site(sure_service.address, width, scheme)
    check(page)
    assert page.locator("#camera").is_visible() == (width == 390)
    page.check("[name=keep]")
    show(page, mixed_images[0])
    check(page)
    press(page, "button[value=cross]")
    check(page)
    press(page, "a.choice >> nth=1")
    page.fill("#monthly_spending", "1000")
    press(page, "button[value=work_out]")
    page.locator("button[value=low]").click()  # filled in without a way to the service
    assert page.input_value("#amount") == "3000"
    page.locator("button[value=months]").click()
    assert page.input_value("#by") > "2027"
    page.fill("#saved", "much")
    press(page, "button[value=plan]")
    assert page.evaluate("document.activeElement.id") == "saved"
    check(page)
    page.fill("#saved", "10")
    page.fill("#by", "2040-01-01")
    press(page, "button[value=plan]")
    assert "a month, or" in page.inner_text("#plan")
    press(page, ".last button.main")
    check(page)
    page.fill("#each_month", "5")
    press(page, "#adjust button")
    check(page)
    goal = page.url.removesuffix("/adjust")
    for path in ("/edit", "/split", "/delete"):
        page.goto(goal + path)
        check(page)
    page.goto(f"{sure_service.address}/goals")
    check(page)
    page.goto(f"{sure_service.address}/forget")
    check(page)


@pytest.mark.slow
@pytest.mark.parametrize("verdict", ["unsure", "none"])
def test_an_unsure_answer_asks_and_one_tap_corrects_it(
    fitted_run: Path,
    tmp_path: Path,
    open_site: Callable[..., Any],
    check: Check,
    mixed_images: list[Path],
    verdict: Any,
) -> None:
    bundle = make_verdict_bundle(fitted_run, tmp_path / "bundle", verdict)
    with served(bundle, tmp_path, "--workers", 1, "--state", tmp_path / "state") as service:
        for width, scheme in ((390, "light"), (1280, "dark")):
            page = open_site(service.address, width, scheme)
            show(page, mixed_images[0])
            check(page)
            words = "Not sure: " if verdict == "unsure" else "None of these: "
            assert page.inner_text("h1").startswith(words)
            assert page.locator("button.main").count() == (2 if verdict == "unsure" else 0)
            page.fill("#text", "A telescope")
            press(page, "button:has-text('Go on')")
            check(page)
            assert page.input_value("#name") == "A telescope"
            page.go_back()
            page.goto(service.address)


def test_two_windows_and_what_is_not_there_are_pages_that_fit(
    sure_service: Served, open_site: Callable[..., Any], check: Check, mixed_images: list[Path]
) -> None:
    page = open_site(sure_service.address, 390)
    show(page, mixed_images[0])
    press(page, "button.main")
    page.fill("#name", "Bike")
    press(page, ".last button.main")
    goal = page.url.partition("?")[0]
    page.goto(f"{goal}/edit")
    other = page.context.new_page()
    other.goto(f"{goal}/edit")
    other.fill("#name", "W" * 80)
    press(other, "button.main")
    for path in (goal, f"{goal}/delete", f"{goal}/split", f"{sure_service.address}/goals"):
        other.goto(path)
        check(other)
    page.fill("#name", "Of this window")
    press(page, "button.main")
    check(page)
    assert page.locator(".versions section").count() == 2
    page.goto(f"{goal}0")
    check(page)


def test_without_a_script_the_way_is_the_same(
    sure_service: Served, open_site: Callable[..., Any], check: Check, mixed_images: list[Path]
) -> None:
    page = open_site(sure_service.address, 390, java_script_enabled=False)
    assert not page.locator("#camera").is_visible()
    page.set_input_files("#image", mixed_images[0])
    press(page, "#send")
    press(page, "button.main")
    page.fill("#name", "Bike")
    page.fill("#amount", "100")
    page.press("#amount", "Enter")  # it keeps the goal, and fills in no suggestion
    page.locator(".notice").wait_for()
    assert page.inner_text("h1") == "Bike"


def test_the_keyboard_is_enough(
    sure_service: Served, open_site: Callable[..., Any], mixed_images: list[Path]
) -> None:
    page = open_site(sure_service.address)

    def tab_to(selector: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("(one) => document.activeElement.matches(one)", selector):
                style = "getComputedStyle(document.activeElement).outlineStyle"
                assert page.evaluate(style) == "solid"
                return
        pytest.fail(f"no way to {selector}")

    page.on("filechooser", lambda _: None)
    tab_to("#image")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(mixed_images[0])
    page.locator("#picked img").wait_for()
    tab_to("[name=improve]")
    page.keyboard.press("Space")
    tab_to("#send")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    tab_to("button.main")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    tab_to("#name")
    page.keyboard.type("Bike")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.inner_text("h1") == "Bike"
    assert page.locator(".tick input").nth(1).is_checked()


SEND = """() => new Promise((resolve) => {
    const form = document.getElementById("show");
    form.submit = () => {
        const [file] = form.elements.image.files;
        const reader = new FileReader();
        reader.addEventListener("load", () => resolve([file.name, reader.result]));
        reader.readAsDataURL(file);
    };
    form.requestSubmit();
})"""


def test_a_photograph_is_sent_small_upright_and_without_its_place(
    sure_service: Served, open_site: Callable[..., Any], tmp_path: Path
) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (60, 80, 3), np.uint8)
    image = Image.fromarray(pixels).resize((2400, 1800))
    exif = image.getexif()
    exif[274] = 6  # to be turned by 90 degrees
    exif.get_ifd(0x8825)[1] = "N"
    image.save(tmp_path / "holiday at home.jpg", exif=exif, quality=80)
    page = open_site(sure_service.address)
    page.set_input_files("#image", tmp_path / "holiday at home.jpg")
    page.locator("#picked img").wait_for()
    name, address = page.evaluate(SEND)
    content = b64decode(address.removeprefix("data:image/jpeg;base64,"))
    with Image.open(io.BytesIO(content)) as sent:
        assert (sent.size, dict(sent.getexif())) == ((1200, 1600), {})
    assert name == "image"
    assert len(content) < 1_500_000
    page.reload()
    show(page, tmp_path / "holiday at home.jpg")
    assert page.locator(".answered .shown img").first.is_visible()  # the browser's own copy


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_picture_may_be_dropped_or_pasted(
    sure_service: Served, open_site: Callable[..., Any], mixed_images: list[Path], way: str
) -> None:
    page = open_site(sure_service.address)
    press_nothing = page.locator("#send")
    press_nothing.click()
    assert page.inner_text("#status") == "Pick a picture first."
    assert page.evaluate(PUT, [way, list(mixed_images[0].read_bytes())])
    page.locator("#picked img").wait_for()
    press(page, "#send")
    assert page.locator(".answered").count() == 1


def test_deleting_everything_leaves_no_picture_in_the_browser(
    sure_service: Served, open_site: Callable[..., Any], mixed_images: list[Path]
) -> None:
    page = open_site(sure_service.address)
    show(page, mixed_images[0])
    answer = page.url
    press(page, "button.main")
    page.fill("#name", "Bike")
    press(page, ".last button.main")
    assert page.evaluate("sessionStorage.length") == 1
    page.goto(f"{sure_service.address}/forget")
    press(page, "button.main")
    assert page.evaluate("sessionStorage.length") == 0
    page.goto(answer)
    assert "another browser" in page.inner_text("main")


def test_an_app_that_frames_the_page_is_told_what_happens(
    sure_service: Served,
    app_token: Tokens,
    app: FramingApp,
    browser: Any,
    mixed_images: list[Path],
) -> None:
    headers = {"authorization": f"Bearer {app_token.classify}"}
    asked: dict[str, object] = {"method": "POST", "json": {"subject": "f1"}, "headers": headers}
    app.framed = sure_service.address + sure_service.ask("/v1/embed-links", **asked).json()["path"]
    context = browser.new_context()
    page = context.new_page()
    page.goto(app.foreign_origin)
    page.wait_for_timeout(300)
    assert page.evaluate("heard") == []  # this origin may not frame it
    page.goto(app.origin)
    frame = page.frame_locator("iframe")
    frame.locator("#image").set_input_files(mixed_images[0])
    frame.locator("#picked img").wait_for()
    frame.locator("#send").click()
    frame.locator(".answered button.main").click()
    frame.locator("#name").fill("Bike")
    frame.locator(".last button.main").click()
    frame.locator(".notice").wait_for()
    page.wait_for_function("heard.length >= 4")
    heard = [message["pixonomy"] for message in page.evaluate("heard")]
    assert heard[0] == {"event": "ready", "goal": None}
    assert heard[-1]["event"] == "goal_added"
    assert heard[-1]["goal"]
    context.close()

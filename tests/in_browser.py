"""A real browser for the tests of our pages; they are skipped where Chromium is not installed."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-sync")

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Return Chromium, run by Playwright."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Chromium refuses its sandbox to root, which containers often are.
        found = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--no-first-run", *QUIET]
        )
        yield found
        found.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Open]:
    """Return what opens a file; that it fetches or complains of anything is a failure."""
    pages: list[tuple[Any, list[str]]] = []

    def open_file(file: Path, width: int = 1280, scheme: str = "light") -> Any:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        wrong: list[str] = []
        pages.append((page, wrong))
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request",
            lambda one: None if one.url.startswith(("file:", "data:")) else wrong.append(one.url),
        )
        page.goto(file.as_uri())
        return page

    yield open_file
    for page, wrong in pages:
        page.close()
        assert wrong == []


@pytest.fixture
def barriers() -> Callable[[Any], list[str]]:
    """Return what says, by axe, which parts of an open page keep somebody out."""
    from axe_playwright_python.sync_playwright import Axe

    def look(page: Any) -> list[str]:
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        found = Axe().run(page).response["violations"]
        return [f"{one['id']} ({one['impact']}): {one['nodes'][0]['html']}" for one in found]

    return look


def fits(page: Any) -> bool:
    """Tell whether a page does not scroll sideways and all of its pictures are whole."""
    broken = "[...document.images].filter(i => i.complete && !i.naturalWidth).length"
    width = page.viewport_size["width"]
    is_narrow = page.evaluate("document.documentElement.scrollWidth") <= width
    return bool(is_narrow and page.evaluate(broken) == 0)


def cut_off(page: Any) -> list[str]:
    """Return what an open page has beyond its right edge, but for what a box scrolls to."""
    script = """() => [...document.querySelectorAll('body *')].filter((one) => {
        const box = one.getBoundingClientRect();
        return box.width && box.right > innerWidth + 1 && !one.parentElement.closest('.wide');
    }).map((one) => one.outerHTML.slice(0, 80))"""
    found: list[str] = page.evaluate(script)
    return found


PUT = """([name, bytes]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(bytes)], "a.jpg", { type: "image/jpeg" }));
    const event = name === "paste"
        ? new ClipboardEvent(name, { clipboardData: transfer, bubbles: true, cancelable: true })
        : new DragEvent(name, { dataTransfer: transfer, bubbles: true, cancelable: true });
    document.body.dispatchEvent(event);
    return event.defaultPrevented;
}"""
"""Drops or pastes an image onto a page: with "drop" or "paste", and its bytes."""

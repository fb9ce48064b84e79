"""The page of an audit in a real browser, wide and narrow; skipped without Chromium."""

import dataclasses
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pixonomy.auditing.kinds import COUNTED, KINDS, UNDECODABLE
from pixonomy.auditing.origins import COUNTED_BY, Origin, Origins
from pixonomy.auditing.page import AuditPage, Card, Shown, render_audit
from pixonomy.pages.problems import ProblemGroup

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LONG = "élan <b>& " + "a-name-without-a-single-space-" * 4

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        # Chromium refuses its sandbox to root, which containers often are.
        found = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--no-first-run", *quiet]
        )
        yield found
        found.close()


@pytest.fixture
def page_file(tmp_path: Path) -> Path:
    """A page with every kind of finding and the longest texts there can be."""
    stream = io.BytesIO()
    Image.new("RGB", (128, 60), "teal").save(stream, "JPEG")
    one = Shown(LONG, LONG, stream.getvalue(), (f"looks like: {LONG}",))
    gone = dataclasses.replace(one, thumbnail=None)
    cards = [Card((one,) * count, LONG) for count in (1, 2, 4)] + [Card((one, gone))]
    page = AuditPage(
        title=f"Audit of {LONG}",
        pictures=4321,
        left_out=(7, 2),
        counts=dict.fromkeys(COUNTED, 1_234_567),
        cards={name: cards for name in KINDS if name != UNDECODABLE},
        undecodable=[ProblemGroup("the file is empty", 30, ((LONG, "the file is empty"),))],
        origins=[Origins("By keyword", [Origin(LONG, 3, (1_000_000,) * len(COUNTED_BY))] * 30, 9)],
        applied=("blank",),
        notes=[LONG],
        facts={"described by": LONG},
        next_steps=[(f"pixonomy split {LONG}", LONG)],
        mark={},
    )
    (tmp_path / "audit.html").write_text(render_audit(page), encoding="utf-8")
    return tmp_path / "audit.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_opens_without_network_errors_or_sideways_scrolling(
    browser: Any, page_file: Path, width: int, scheme: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    requested: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(page_file.as_uri())
    assert [url for url in requested if not url.startswith(("file:", "data:"))] == []
    assert complaints == []
    assert page.locator("h1").count() == 1
    assert "élan <b>&" in page.inner_text("body")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    broken = "[...document.images].filter(i => !i.complete || !i.naturalWidth).length"
    assert page.evaluate(broken) == 0
    assert page.evaluate("[...document.images].every(i => i.alt)")
    assert page.locator("section.finding").count() == len(KINDS)
    outside = """[...document.querySelectorAll('.card')].filter(card => {
        const edge = card.getBoundingClientRect();
        return [...card.querySelectorAll('*')].some(one => {
            const inner = one.getBoundingClientRect();
            return inner.right > edge.right + 1 || inner.left < edge.left - 1;
        });
    }).length"""
    assert page.evaluate(outside) == 0
    lost = "[...document.querySelectorAll('a')].filter(a => !document.querySelector(a.hash)).length"
    assert page.evaluate(lost) == 0
    assert page.locator(".kinds a").count() == len(KINDS)
    page.close()

"""The page of an audit in a real browser, wide and narrow; skipped without Chromium."""

import dataclasses
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image

from pixonomy.auditing.audit_page import AuditPage, Card, Choice, Shown, render_audit
from pixonomy.auditing.finding_slices import COUNTED_BY, Origin, Origins
from pixonomy.auditing.kinds import COUNTED, KINDS, LABEL_ISSUES, UNDECODABLE
from pixonomy.pages.problems import ProblemGroup
from pixonomy.spreadsheet import unguard

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
        images=4321,
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


def test_labels_are_corrected_by_script_and_the_file_is_read_back_as_it_was(
    browser: Any, tmp_path: Path
) -> None:
    ids = ["plain.jpg", "=formula.jpg", 'quoted, "x".jpg']
    cards = [
        Card((Shown(one, "cat", None),), "Why.", Choice(one, one, "cat", "-dog")) for one in ids
    ]
    counts = dict.fromkeys(COUNTED, 0) | {LABEL_ISSUES: 3}
    names = {"cat": "Cat", "-dog": "Dog", "<b>": "<b> & \"'"}
    page_of = AuditPage(
        "Audit",
        3,
        (0, 0),
        counts,
        {LABEL_ISSUES: cards},
        [],
        [],
        (),
        [],
        {},
        [],
        {},
        names,
        "a command",
    )
    (tmp_path / "audit.html").write_text(render_audit(page_of), encoding="utf-8")
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto((tmp_path / "audit.html").as_uri())
    assert page.locator("#decided").is_hidden()
    selects = page.locator(".decide select")
    selects.nth(0).select_option(label="keep: Cat")
    selects.nth(1).select_option(label="change to: Dog")
    selects.nth(2).focus()
    selects.nth(2).select_option(label="<b> & \"'")
    assert page.inner_text("#decided output") == "3 labels decided"
    page.fill("#decided input", "@Ann")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    with page.expect_download() as download:
        page.click("#decided button")
    assert download.value.suggested_filename == "corrections.csv"
    download.value.save_as(tmp_path / "corrections.csv")
    page.close()
    raw = pl.read_csv(tmp_path / "corrections.csv", infer_schema=False)
    assert raw["image_id"].to_list() == ["plain.jpg", "'=formula.jpg", ids[2]]
    read = raw.select(unguard(pl.col(pl.String)))
    assert read["image_id"].to_list() == ids
    assert read["label"].to_list() == ["cat", "-dog", "<b>"]
    assert read["by"].to_list() == ["@Ann"] * 3


def test_without_a_script_the_page_says_how_to_write_the_file(browser: Any, tmp_path: Path) -> None:
    card = Card((Shown("=a.jpg", "Cat", None),), "Why.", Choice("=a.jpg", "'=a.jpg", "cat", "dog"))
    counts = dict.fromkeys(COUNTED, 0) | {LABEL_ISSUES: 1}
    names = {"cat": "Cat", "dog": "dog"}
    page_of = AuditPage(
        "Audit",
        1,
        (0, 0),
        counts,
        {LABEL_ISSUES: [card]},
        [],
        [],
        (),
        [],
        {},
        [],
        {},
        names,
        "a command",
    )
    (tmp_path / "audit.html").write_text(render_audit(page_of), encoding="utf-8")
    page = browser.new_page(java_script_enabled=False)
    page.goto((tmp_path / "audit.html").as_uri())
    text = page.inner_text("body")
    for part in ("image_id,label,by", "'=a.jpg", "cat (Cat), dog", "a command"):
        assert part in text
    assert page.locator(".by-script").is_hidden()
    assert page.locator("#decided").is_hidden()
    page.close()

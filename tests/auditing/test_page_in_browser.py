"""The page of an audit in a real browser, wide and narrow; skipped without Chromium."""

import dataclasses
import io
from collections.abc import Collection
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image

from in_browser import fits
from pixonomy.auditing.audit_page import AuditPage, Card, Choice, Shown, render_audit
from pixonomy.auditing.finding_slices import COUNTED_BY, Origin, SliceTable
from pixonomy.auditing.kinds import (
    CATEGORY_LEAKS,
    CONFLICTS,
    COUNTED,
    DOUBTFUL,
    EXACT,
    KINDS,
    LABEL_ISSUES,
    NEAR,
    SPLIT_LEAKS,
    UNDECODABLE,
)
from pixonomy.pages.problems import ProblemGroup
from pixonomy.pages.provenance import Provenance
from pixonomy.spreadsheet import unguard

PROVENANCE = Provenance("today", "m.parquet", None, "pixonomy audit m.parquet -o audit")
LONG = "élan <b>& " + "a-name-without-a-single-space-" * 4


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
        provenance=Provenance("today", LONG, 1.0, f"pixonomy audit {LONG}"),
        images=4321,
        left_out=(7, 2),
        counts=dict.fromkeys(COUNTED, 1_234_567),
        cards={name: cards for name in KINDS if name != UNDECODABLE},
        undecodable=[ProblemGroup("the file is empty", 30, ((LONG, "the file is empty"),))],
        origins=[
            SliceTable("By keyword", [Origin(LONG, 3, (1_000_000,) * len(COUNTED_BY))] * 30, 9)
        ],
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
        PROVENANCE,
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
        PROVENANCE,
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


def write_thousands(tmp_path: Path, kinds: Collection[str] = KINDS, cards: int = 40) -> Path:
    """Write the page of two thousand findings of each kind, named as in real sets."""
    stream = io.BytesIO()
    Image.new("RGB", (160, 120), "teal").save(stream, "JPEG")
    folder = "train/Vegetables/Brown-Cap-Mushroom/of-one-supermarket"

    def card(kind: str, number: int) -> Card:
        name = f"{folder}/Brown-Cap-Mushroom_{number:04d}.jpg"
        shown = Shown(f"{number:064x}", "Brown-Cap-Mushroom", stream.getvalue(), ("in test",), name)
        if kind in {LABEL_ISSUES, DOUBTFUL}:
            choice = Choice(shown.image_id, shown.image_id, "a", "b")
            return Card((shown,), "The label is one of those that fit least.", choice)
        count = {CATEGORY_LEAKS: 4, SPLIT_LEAKS: 4, CONFLICTS: 4, EXACT: 4, NEAR: 2}.get(kind, 1)
        return Card((shown,) * count, "4 copies in all.", None, kind in {EXACT, CONFLICTS})

    lines = [Origin(f"Brown-Cap-{n}", 90, (7,) * len(COUNTED_BY)) for n in range(50)]
    page = AuditPage(
        title="Audit of grocery.parquet",
        provenance=PROVENANCE,
        images=40_000,
        left_out=(0, 0),
        counts=dict.fromkeys(COUNTED, 0) | dict.fromkeys(kinds, 2_000),
        cards={
            kind: [card(kind, number) for number in range(cards)]
            for kind in kinds
            if kind != UNDECODABLE
        },
        undecodable=[ProblemGroup("the file is empty", 20, (("a.jpg", "the file is empty"),) * 20)],
        origins=[
            SliceTable(f"By {name}", lines, 31) for name in ("category", "keyword", "provider")
        ],
        applied=(),
        notes=["No label is listed as suspected: " + "a long sentence says why. " * 10],
        facts={"described by": "hand-made features"},
        next_steps=[("pixonomy split m.parquet -o split.parquet", "deals whole groups")] * 3,
        mark={},
        categories={str(k): f"Category {k}" for k in range(81)},
        correcting="pixonomy audit audit/manifest.parquet --earlier audit -o audit-corrected",
    )
    (tmp_path / "audit.html").write_text(render_audit(page), encoding="utf-8")
    return tmp_path / "audit.html"


@pytest.fixture
def thousands(tmp_path: Path) -> Path:
    """The page of every kind of finding."""
    return write_thousands(tmp_path)


@pytest.mark.parametrize("lacking", [0, 2, 3, 5])
def test_with_thousands_of_findings_a_phone_scrolls_no_more_than_8000_pixels(
    open_page: Any, tmp_path: Path, lacking: int
) -> None:
    page = open_page(write_thousands(tmp_path, list(KINDS)[lacking:]), 390)
    assert page.evaluate("document.documentElement.scrollHeight") <= 8_000
    assert fits(page)


def test_findings_are_grouped_and_wide_tables_scroll_in_their_box(
    open_page: Any, thousands: Path
) -> None:
    page = open_page(thousands, 390)
    assert page.locator("section.finding").count() == len(KINDS)
    assert page.locator("details.kind[open]").count() == 3
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert fits(page)
    wide = "[...document.querySelectorAll('.wide')].filter(w => w.scrollWidth > w.clientWidth)"
    assert page.evaluate(f"{wide}.length") == 3  # what is cut scrolls in a box of its own ...
    cell = page.locator("#origins tbody th").first
    left = cell.bounding_box()["x"]
    page.evaluate("document.querySelector('#origins .wide').scrollLeft = 200")
    assert cell.bounding_box()["x"] == left  # ... beside its names


def test_a_path_is_cut_in_its_middle_and_unfolds_with_its_image_id(
    open_page: Any, thousands: Path
) -> None:
    page = open_page(thousands, 390)
    file = page.locator(".card details.file").first
    short = file.locator("summary").inner_text()
    assert short.startswith("train/Vegetables/")
    assert short.endswith("_0000.jpg")
    assert len(short) <= 40
    assert not file.locator(".whole").is_visible()
    file.locator("summary").click()
    whole = file.locator(".whole").inner_text()
    assert whole.endswith("/of-one-supermarket/Brown-Cap-Mushroom_0000.jpg")
    assert file.locator("summary").get_attribute("title") == whole
    assert "0" * 64 in file.inner_text()


@pytest.mark.parametrize("has_script", [True, False])
def test_a_link_to_findings_opens_them(browser: Any, thousands: Path, has_script: bool) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 900}, java_script_enabled=has_script)
    page.goto(thousands.as_uri())
    meaning = page.locator("#odd_shape")
    assert not meaning.is_visible()
    page.click('.kinds a[href="#odd_shape"]')
    meaning.wait_for(state="visible")
    page.close()


def test_what_counts_comes_first_and_the_command_below(open_page: Any, thousands: Path) -> None:
    page = open_page(thousands, 390)
    first, second = page.locator("header .answer").all_inner_texts()
    assert first.startswith("30,000 findings of 15 kinds in 40,000 pictures. No picture is left")
    assert second.startswith("Do next: Labels that look wrong (2,000). Look at each")
    box = page.locator("header .command").bounding_box()
    assert box["y"] + box["height"] < 900
    assert "pixonomy audit m.parquet -o audit" in page.inner_text("header .command")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_that_keeps_anybody_out(
    open_page: Any, barriers: Any, tmp_path: Path, scheme: str
) -> None:
    assert barriers(open_page(write_thousands(tmp_path, cards=2), 390, scheme)) == []

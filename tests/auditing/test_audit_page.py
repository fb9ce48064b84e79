import dataclasses
import html.parser
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from in_browser import fits
from pixonomy.auditing.audit_page import AuditPage, Card, Shown, render_audit
from pixonomy.auditing.finding_slices import COUNTED_BY, Origin, SliceTable
from pixonomy.auditing.kinds import COUNTED, KINDS
from pixonomy.pages.problems import ProblemGroup
from pixonomy.pages.provenance import Provenance

EVIL = "<script>alert('x')</script> & \"quoted\""

FULL = AuditPage(
    title=f"Audit of {EVIL}",
    provenance=Provenance("30 November 2026", EVIL, 65.0, EVIL),
    images=1234,
    left_out=(3, 1),
    counts=dict.fromkeys(COUNTED, 7),
    cards={
        name: [Card((Shown(EVIL, EVIL, b"jpeg", (EVIL,)), Shown("b", "c", None)), EVIL)]
        for name in KINDS
    },
    undecodable=[ProblemGroup(EVIL, 7, ((EVIL, EVIL),))],
    origins=[SliceTable(f"By {EVIL}", [Origin(EVIL, 3, tuple(range(len(COUNTED_BY))))], 4)],
    applied=("blank",),
    notes=[EVIL],
    facts={EVIL: EVIL},
    next_steps=[(EVIL, EVIL)],
    mark={"fingerprint": {"stage": EVIL}},
)
EMPTY = dataclasses.replace(
    FULL, counts=dict.fromkeys(COUNTED, 0), cards={}, undecodable=[], origins=[], notes=[]
)


class Tags(html.parser.HTMLParser):
    """Collects the tags and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def test_every_text_from_outside_is_escaped() -> None:
    page = Tags(render_audit(FULL))
    assert page.tags.count("script") == 1  # the page's own
    assert page.text.count(EVIL) >= 10
    assert not [name for name, _ in page.attributes if name.startswith("on")]


def test_each_kind_has_a_section_a_count_an_explanation_and_what_to_do() -> None:
    text = Tags(render_audit(FULL)).text
    for kind in KINDS.values():
        assert kind.title in text
        assert kind.meaning in text
    assert text.count("What to do:") == len(KINDS)
    assert text.count("and 6 more in findings.parquet") == len(KINDS)
    assert "`" not in text


def test_what_was_not_found_is_named_and_has_no_section() -> None:
    text = Tags(render_audit(EMPTY)).text
    assert "What to do:" not in text
    assert "Looked for, and not found: exact copies, near-copies" in " ".join(text.split())


def test_one_is_one_and_many_are_many() -> None:
    counts = {**dict.fromkeys(COUNTED, 0), "category_leaks": 1, "near_duplicates": 2}
    text = Tags(render_audit(dataclasses.replace(EMPTY, counts=counts))).text
    assert "1 group of copies" in text
    assert "2 near-copies" in text


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_keeps_nobody_out(
    open_page: Any, barriers: Any, tmp_path: Path, width: int
) -> None:
    image = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(image, "JPEG")
    cards = {
        name: [Card((Shown("a", "b", image.getvalue(), ("c",)), Shown("b", "c", None)), EVIL)]
        for name in KINDS
    }
    file = tmp_path / "audit.html"
    file.write_text(render_audit(dataclasses.replace(FULL, cards=cards)), "utf-8")
    page = open_page(file, width)
    assert fits(page)
    assert barriers(page) == []

import pytest
from bs4 import BeautifulSoup, Tag

from pixonomy.collecting.collection_page import (
    CategorySheet,
    CollectedPage,
    KeywordSheet,
    render_collected,
    render_credits,
)
from pixonomy.pages.provenance import Provenance

THUMBNAIL = ("data:image/jpeg;base64,AA==", '<img onerror="x">')


def sheet(keyword: str, had: int, usable: int, wanted: int = 10, **more: object) -> KeywordSheet:
    counts = {"box": had} if had else {}
    images = (THUMBNAIL,) if had else ()
    return KeywordSheet(
        "Travel", keyword, had, usable, wanted, 7, counts, {"CC0-1.0": had} if had else {}, images
    )


def one(tree: BeautifulSoup, selector: str) -> Tag:
    (found,) = tree.select(selector)
    return found


def page(*sheets: KeywordSheet, **more: object) -> BeautifulSoup:
    values: dict[str, object] = {
        "title": "a <b>", "provenance": Provenance("today", "goals.toml", 3.0, "pixonomy collect"),
        "next_command": "pixonomy audit", "categories": [CategorySheet("Travel", 1100, 4)],
        "totals": {"kept": 1204, "usable": 3}, "sheets": sheets, "left_out": {},
        "refused": {}, "failed": {}, "left": {}, "licenses": {}, "permissions": {}, "policy": (),
        **more,
    }  # fmt: skip
    return BeautifulSoup(render_collected(CollectedPage(**values)), "lxml")  # type: ignore[arg-type]


def test_a_table_has_each_keyword_that_has_pictures_and_the_others_are_one_line() -> None:
    tree = page(sheet("beach", 8, 6), sheet("sea", 0, 0), sheet("s & d", 0, 0))
    (row,) = tree.select("#keywords tbody tr")
    assert [cell.get_text() for cell in row.find_all(["th", "td"])] == [
        "beach Travel", "8", "6", "10", "7", "box 8", "CC0-1.0 8",
    ]  # fmt: skip
    assert one(tree, "#nothing p").get_text() == "2 keywords have no picture: sea, s & d."
    assert len(tree.select("#pictures .sheet")) == 1


def test_what_is_missing_are_usable_pictures() -> None:
    told = one(page(sheet("beach", 10, 6), sheet("sea", 12, 11)), ".notes").get_text()
    assert "4 usable pictures fewer than wanted, for 1 keyword." in told
    assert page(sheet("sea", 12, 11)).select_one(".notes") is None


def test_totals_are_told_plainly() -> None:
    totals = page(sheet("sea", 12, 11)).select("#totals .totals div")
    assert [[part.get_text() for part in entry.find_all(["dt", "dd"])] for entry in totals] == [
        ["kept", "1,204"],
        ["usable", "3"],
    ]


def test_very_many_reasons_are_told_as_the_most_frequent_and_the_rest() -> None:
    reasons = {f"reason {number}": 100 - number for number in range(25)}
    tree = page(sheet("sea", 1, 1), refused=reasons)
    rows = [row.get_text("|", strip=True) for row in tree.select("section table tr")]
    assert "reason 19|81" in rows
    assert "5 other reasons|390" in rows
    assert "reason 20|80" not in rows


def test_no_text_from_outside_is_markup() -> None:
    tree = page(sheet("<script>x</script>", 1, 1), left={"<i>host": "<u>why"}, permissions={})
    assert tree.find("script") is None
    assert tree.find("i") is None
    assert one(tree, "#pictures img")["alt"] == '<img onerror="x">'


ROW = {
    "title": "Sun <3", "creator": "A & B", "license": "CC BY 4.0", "license_id": "CC-BY-4.0",
    "license_url": "https://creativecommons.org/licenses/by/4.0/", "page_url": "https://x/1",
    "image_url": "https://x/1.jpg",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({}, "Sun <3 by A & B, CC BY 4.0"),
        ({"title": None, "creator": None}, "Untitled by an unnamed creator, CC BY 4.0"),
        ({"license": None}, "Sun <3 by A & B, CC-BY-4.0"),
        ({"license": None, "license_id": None}, "Sun <3 by A & B, no licence named"),
    ],
)
def test_a_credit_names_title_creator_source_and_licence(
    changed: dict[str, None], line: str
) -> None:
    text = "".join(render_credits("t", [{**ROW, **changed}], 1))
    (credit,) = BeautifulSoup(text, "lxml").select(".credits li")
    assert credit.get_text() == line


def test_a_credit_links_to_page_and_licence_and_to_nothing_else() -> None:
    evil = {**ROW, "page_url": "javascript:alert(1)", "license_url": 'https://x/" onclick="y'}
    text = "".join(render_credits("t", [ROW, evil], 2))
    first, second = BeautifulSoup(text, "lxml").select(".credits li")
    assert [link["href"] for link in first.select("a")] == [ROW["page_url"], ROW["license_url"]]
    assert [link.get("href") for link in second.select("a")] == ['https://x/" onclick="y']
    assert all("onclick" not in link.attrs for link in second.select("a"))

"""The saver's pages as text: verdicts in words, nothing of outside unescaped, small and strict."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup

from pixonomy.goals.goal_fields import GoalFields
from pixonomy.results.answer_results import Candidate
from pixonomy.serving.page import PageLimits
from pixonomy.serving.saver_pages.pending_answer import PendingAnswer
from pixonomy.serving.saver_pages.saver_page import (
    form_values,
    page_headers,
    read_saver_assets,
    render_saver_page,
    view_answer,
    view_goal,
)
from pixonomy.serving.saver_pages.saver_visit import Visit
from pixonomy.serving.savers import Visitor
from pixonomy.state.saver_records import Answered, SavedGoal, Verdict

NAMES = {"t": "Travel", "h": "Home", "c": "Car"}
TOP = tuple(
    Candidate(label=label, name=name, confidence=share)
    for (label, name), share in zip(NAMES.items(), (0.8123, 0.15, 0.0377), strict=True)
)
SURE = Answered("ab12", "t", "sure", 0.8123, TOP)
VISIT = Visit(Visitor("cookie:x"), "form-token", "x" * 43)
FRAMED = Visit(Visitor("subject:x"), "", session="S", parents=("https://app.example",))
WHEN = datetime(2026, 11, 30, tzinfo=UTC)
EVIL = "<script>alert(1)</script>"


def home(visit: Visit = VISIT, **content: object) -> str:
    known: dict[str, object] = {
        "names": tuple(NAMES.values()),
        "limits": PageLimits(1, 12_000_000),
        "keep_days": None,
        "needs_token": False,
        "failure": "",
    }
    return render_saver_page("saver_home.html", visit, **(known | content))  # type: ignore[arg-type]


def render_answer(answered: Answered, names: dict[str, str] | None = None) -> BeautifulSoup:
    page = render_saver_page(
        "saver_answer.html",
        VISIT,
        answer=view_answer(answered, names or NAMES),
        pending=PendingAnswer(answered),
        signed="A",
        failure="",
    )
    return BeautifulSoup(page, "html.parser")


def buttons(page: BeautifulSoup, selector: str) -> list[str]:
    return [one.get_text().strip() for one in page.select(selector)]


@pytest.mark.parametrize(
    ("verdict", "words", "one_tap"),
    [
        ("sure", "Travel", ["Yes, that is it"]),
        ("unsure", "Not sure: Travel or Home?", ["Travel", "Home"]),
        ("none", "None of these: what is it?", []),
    ],
)
def test_each_verdict_has_its_words_and_its_buttons(
    verdict: Verdict, words: str, one_tap: list[str]
) -> None:
    page = render_answer(replace(SURE, verdict=verdict))
    assert page.select_one("h1").get_text() == words  # type: ignore[union-attr]
    assert page.title is not None
    assert page.title.get_text() == words
    assert buttons(page, "button.main") == one_tap
    others = buttons(page, ".choices button:not(.main)")
    assert sorted([*others, *(["Travel"] if verdict == "sure" else one_tap)]) == sorted(
        NAMES.values()
    )
    assert [one["width"] for one in page.select(".bars rect")] == ["81.2", "15.0", "3.8"]


def test_many_categories_are_a_list_to_choose_from() -> None:
    names = NAMES | {f"n{place}": f"Name {place}" for place in range(40)}
    page = render_answer(replace(SURE, verdict="none"), names)
    assert len(page.select("select option")) == 43
    assert len(page.select(".choices button")) == 0


def test_nothing_from_outside_becomes_markup() -> None:
    top = (Candidate(label=EVIL, name=EVIL, confidence=0.9),)
    answered = Answered("m", EVIL, "sure", 0.9, top)
    assert EVIL not in str(render_answer(answered, {EVIL: EVIL, "o": EVIL}))
    assert EVIL not in home(failure=EVIL, names=(EVIL,))
    goal = SavedGoal(EVIL, 1, GoalFields(EVIL, EVIL, Decimal(1), "USD"), EVIL, WHEN, WHEN)
    view = view_goal(goal, {}, WHEN.date(), f"/images/{EVIL}")
    for template, content in (
        ("saver_goals.html", {"views": [view], "loose": [], "names": {}}),
        ("saver_delete.html", {"goal": goal}),
        ("saver_message.html", {"sentence": EVIL}),
        ("saver_conflict.html", {"theirs": view, "mine": view, "values": form_values(goal.fields)}),
    ):
        page = render_saver_page(template, VISIT, **content)
        assert EVIL not in page
        assert "&lt;script&gt;alert" in page


def test_the_first_page_and_all_it_loads_are_small_and_have_no_inline_script_or_style() -> None:
    page = home()
    assert re.findall(r"\son\w+=|\sstyle=|<style|javascript:", page) == []
    loaded = set(re.findall(r'(?:src|href)="(/static/[^"?]+)\?v=', page))
    assert loaded < set(read_saver_assets())
    sizes = [len(content) for path, (content, _) in read_saver_assets().items() if path in loaded]
    assert len(page.encode()) + sum(sizes) < 60_000
    assert "http" not in page


def test_both_consents_are_off_at_first() -> None:
    page = BeautifulSoup(home(), "html.parser")
    ticks = page.select("input[type=checkbox]")
    assert [one["name"] for one in ticks] == ["keep", "improve"]
    assert not any(one.has_attr("checked") for one in ticks)


def test_only_the_apps_origins_may_frame_the_page_of_their_user() -> None:
    own = page_headers(VISIT.parents)["content-security-policy"]
    assert "frame-ancestors 'none'" in own
    assert "unsafe" not in own
    framed = page_headers(FRAMED.parents)["content-security-policy"]
    assert "frame-ancestors https://app.example" in framed
    assert "'none'" in framed  # everything else stays
    assert "data-parents" not in home()
    assert 'data-parents="https://app.example" data-event="ready"' in home(FRAMED)


def test_in_a_frame_the_session_is_carried_by_every_address_and_form() -> None:
    page = BeautifulSoup(home(FRAMED), "html.parser")
    paths = [str(one["href"]) for one in page.select("a")]
    assert paths
    assert all("session=S" in one for one in (*paths, str(page.form["action"])))  # type: ignore[index]
    assert page.select_one("input[name=session]") is not None
    assert page.select_one("input[name=form_token]") is None


def test_a_page_says_what_was_done_and_no_more_than_it_knows() -> None:
    assert "Your goal is kept." in home(done="added")
    assert "notice" not in home(done="<b>")
    assert "After 30 days it is deleted" in home(keep_days=30)


def test_a_goal_is_shown_as_its_form_would_keep_it() -> None:
    fields = GoalFields("X", "t", Decimal("1200.50"), "USD", date(2027, 6, 1), Decimal(0))
    assert form_values(fields) == {
        "name": "X",
        "amount": "1200.50",
        "currency": "USD",
        "by": "2027-06-01",
        "saved": "",
    }
    view = view_goal(SavedGoal("i", 1, fields, None, WHEN, WHEN), NAMES, WHEN.date())
    assert (view.category, view.width, view.image) == ("Travel", 0.0, None)

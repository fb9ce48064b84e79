"""The page to try the service at: what it has in words, and nothing of outside unescaped."""

import re
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from pixonomy.results.answer_results import Candidate, Goal, RestsOn
from pixonomy.results.model_results import TestFigures
from pixonomy.results.serving_results import ClassifiedImage, ServedLabel, ServedModel
from pixonomy.serving.page import HEADERS, PageLimits, read_assets, render_try_page

LIMITS = PageLimits(16, 12_000_000)
TOP = (
    Candidate(label="t", name="Travel", confidence=0.8123),
    Candidate(label="h", name="Home", confidence=0.1877),
)
SURE = ClassifiedImage(
    verdict="sure", label="t", name="Travel", confidence=0.8123, top=TOP, problem=None
)
MODEL = ServedModel(
    digest="ab12cd34ef56" + "0" * 52,
    labels=(ServedLabel(label="t", name="Travel"), ServedLabel(label="h", name="Home")),
    size=64,
    calibrated_on=110,
    calibrated_at=None,
    test=TestFigures(
        n=500,
        accuracy=0.9,
        accuracy_low=0.87,
        accuracy_high=0.92,
        macro_f1=0.9,
        majority_baseline=0.5,
        units=None,
    ),
)


def words(page: str, selector: str = "body") -> str:
    found = BeautifulSoup(page, "html.parser").select_one(selector)
    assert found is not None
    return " ".join(found.get_text(" ").split())


@pytest.mark.parametrize(
    ("answer", "verdict", "detail"),
    [
        (SURE, "Travel", "Sure: 81.2%."),
        (replace(SURE, verdict="unsure"), "Not sure: Travel or Home?", "Travel has 81.2%."),
        (replace(SURE, verdict="unsure", top=TOP[:1]), "Not sure: Travel?", "Travel has 81.2%."),
        (replace(SURE, verdict="none"), "None of these", "The nearest category is Travel."),
        (
            ClassifiedImage.unreadable("not a picture in a known format"),
            "Cannot be read",
            "Not a picture in a known format.",
        ),
    ],
)
def test_the_verdict_stands_in_words(answer: ClassifiedImage, verdict: str, detail: str) -> None:
    page = render_try_page(MODEL, LIMITS, [answer])
    assert words(page, ".answered h2") == verdict
    assert words(page, ".answered .detail") == detail
    assert words(page, "title") == verdict


def test_bars_are_as_wide_as_their_categories_are_probable() -> None:
    page = BeautifulSoup(render_try_page(MODEL, LIMITS, [SURE]), "html.parser")
    assert [one["width"] for one in page.select(".bars rect")] == ["81.2", "18.8"]
    assert [one.get_text() for one in page.select(".bars b")] == ["81.2%", "18.8%"]


@pytest.mark.parametrize(
    ("rests_on", "sentence"),
    [
        ("training", "rests on training images that are like this one."),
        ("words", "rests on the categories' words: no training image is like this one."),
        ("both", "rests on training images and on the categories' words"),
        (None, ""),
    ],
)
def test_it_says_what_the_answer_rests_on_where_that_is_known(
    rests_on: RestsOn | None, sentence: str
) -> None:
    found = words(render_try_page(MODEL, LIMITS, [replace(SURE, rests_on=rests_on)]), ".answered")
    assert sentence in found
    assert ("rests on" in found) == bool(rests_on)


def test_path_and_goals_of_a_category_are_told() -> None:
    goals = (Goal(name="City trip", amount=None, months=None),)
    answer = replace(SURE, category_path=("Fun", "Travel"), goals=goals)
    found = words(render_try_page(MODEL, LIMITS, [answer]), ".answered")
    assert "Fun / Travel" in found
    assert "City trip" in found


def test_two_categories_of_one_name_are_told_apart() -> None:
    top = (replace(TOP[0], name="Home"), TOP[1])
    found = words(render_try_page(MODEL, LIMITS, [replace(SURE, top=top)]), ".answered")
    assert "Home (t)" in found
    assert "Home (h)" in found


def test_the_model_tells_how_right_it_was_or_that_it_does_not_know() -> None:
    found = words(render_try_page(MODEL, LIMITS), ".about")
    assert "On 500 test images it was right on 90.0% (95 % interval 87.0% to 92.0%)" in found
    assert "calibrated on 110 images" in found
    unknown = words(render_try_page(replace(MODEL, test=None), LIMITS), ".about")
    assert "does not say how right it was" in unknown
    assert "%" not in unknown


def test_whoever_may_not_know_the_model_sees_a_field_for_a_token_and_no_category() -> None:
    page = render_try_page(None, LIMITS, needs_token=True)
    assert "Travel" not in page
    assert 'name="token" type="password"' in page
    assert "token" not in render_try_page(MODEL, LIMITS)


def test_nothing_from_outside_becomes_markup() -> None:
    evil = "<script>alert(1)</script>"
    answer = replace(SURE, top=(replace(TOP[0], name=evil),), category_path=(evil,))
    model = replace(MODEL, labels=(ServedLabel(label=evil, name=evil),))
    page = render_try_page(model, LIMITS, [answer, ClassifiedImage.unreadable(evil)], failure=evil)
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert") >= 5


def test_page_and_assets_bear_their_own_strict_policy_and_are_small() -> None:
    policy = HEADERS["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    page = render_try_page(MODEL, LIMITS, [SURE])
    assert re.findall(r"\son\w+=|\sstyle=|<style|javascript:", page) == []
    loaded = re.findall(r'(?:src|href)="(/[^"]+)"', page)
    assert sorted(loaded) == sorted(read_assets())
    assert "http" not in page
    assert len(page.encode()) + sum(len(one) for one, _ in read_assets().values()) < 60_000

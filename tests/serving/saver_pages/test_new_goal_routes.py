"""The form for a new goal, without a script: suggestions, plans, and one goal for one tap."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from saver_browser import SaverBrowser
from served import Served


@pytest.fixture
def person(sure_service: Served, mixed_images: list[Path]) -> Iterator[SaverBrowser]:
    """Return somebody whose picture was answered, and who said yes."""
    with SaverBrowser(sure_service.address) as browser:
        browser.show(mixed_images[1].read_bytes()).send(button="label=cross")
        yield browser


def value(person: SaverBrowser, key: str) -> str:
    return str(person.find(f"#{key}")["value"])


def test_nothing_is_suggested_before_a_kind_is_chosen(person: SaverBrowser) -> None:
    assert person.page.select(".suggestion") == []
    assert value(person, "name") == ""
    assert [one.get_text() for one in person.page.select("a.choice")] == [
        "A new car",
        "Emergency fund",
        "My own",
    ]


@pytest.mark.parametrize("kind", ["9", "-1", "9" * 9000, "own", "٠", "<b>"])
def test_a_kind_that_is_not_there_is_ones_own(person: SaverBrowser, kind: str) -> None:
    person.send("#goal", {"t": kind, "name": "Bike"}, "do=low")
    assert person.status == 200
    assert person.page.select(".suggestion") == []
    assert value(person, "name") == "Bike"


def test_a_suggestion_has_its_source_and_fills_in_what_one_taps(person: SaverBrowser) -> None:
    person.link("A new car")
    assert "Usually 2,000 to 6,000 dollars (Edmunds, 2024)." in person.words(".suggestion")
    assert person.find(".suggestion a")["href"] == "https://example.org/edmunds"
    assert (value(person, "name"), value(person, "amount")) == ("A new car", "")
    person.send("#goal", {"saved": "12"}, "do=high")
    assert (value(person, "amount"), value(person, "saved")) == ("6000", "12")
    person.send("#goal", button="do=low")
    assert value(person, "amount") == "2000"
    person.send("#goal", button="do=months")
    assert len(value(person, "by")) == 10
    assert person.get("/goals").words() == person.get("/goals").words()
    assert "none yet" in person.words()


def test_a_sum_that_only_the_saver_knows_is_asked_for(person: SaverBrowser) -> None:
    person.link("Emergency fund")
    assert person.page.select("[value=low]") == []
    assert "2017" in person.words(".suggestion")
    person.send("#goal", {"monthly_spending": "2,000"}, "do=work_out")
    assert "6,000 to 12,000" in person.words(".suggestion")
    person.send("#goal", button="do=low")
    assert value(person, "amount") == "6000"
    person.send("#goal", {"monthly_spending": "a lot"}, "do=work_out")
    assert person.status == 422
    assert "a lot" in person.words("#monthly_spending-error")


def test_the_plan_is_shown_before_anything_is_kept(person: SaverBrowser) -> None:
    person.send("#goal", {"name": "Bike", "amount": "1,200", "by": "2030-01-01"}, "do=plan")
    assert "a month, or" in person.words("#plan")
    person.send("#goal", {"amount": ""}, "do=plan")
    assert "until 1 January 2030" in person.words("#plan")
    assert "none yet" in person.get("/goals").words()


@pytest.mark.parametrize(
    ("field", "entered", "sentence"),
    [
        ("name", "", "1 to 80 letters"),
        ("name", "x" * 81, "81 letters"),
        ("amount", "-5", "below 0"),
        ("amount", "1e9", "1e9"),
        ("amount", "1000000001", "above"),
        ("by", "2020-01-01", "past"),
        ("by", "2099-01-01", "50 years"),
        ("currency", "dollar", "three letters"),
        ("saved", "much", "much"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_the_rest_stays(
    person: SaverBrowser, field: str, entered: str, sentence: str
) -> None:
    whole = {"name": "Bike", "amount": "100", "by": "2030-01-01", "saved": "1", "currency": "EUR"}
    person.send("#goal", {**whole, field: entered}, "do=keep")
    assert person.status == 422
    assert sentence in person.words(f"#{field}-error")
    assert person.find(f"#{field}").has_attr("autofocus")
    kept = {key: value(person, key) for key in whole}
    assert kept == {**whole, field: entered}
    assert "none yet" in person.get("/goals").words()


def test_two_taps_make_one_goal_and_another_entry_a_second_one(person: SaverBrowser) -> None:
    form = {"name": "Bike", "amount": "100"}
    page = person.page
    for entered in (form, form, {**form, "amount": "200"}):
        person.page = page  # as it was, when the button was tapped again
        person.send("#goal", entered, "do=keep")
        assert "Your goal is kept." in person.words(".notice")
    person.get("/goals")
    assert len(person.page.select(".goals li")) == 2


def test_a_goal_whose_picture_was_deleted_meanwhile_is_kept_without_it(
    person: SaverBrowser, mixed_images: list[Path]
) -> None:
    person.show(mixed_images[1].read_bytes(), keep="yes").send(button="label=cross")
    page, path = person.page, person.path
    person.get("/goals").send(".pictures form")
    person.page, person.path = page, path
    person.send("#goal", {"name": "Bike"}, "do=keep")
    assert person.words("h1") == "Bike"
    assert person.page.select("main img") == []

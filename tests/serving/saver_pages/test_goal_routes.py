"""Goals that are kept, without a script: list, card, change, split, delete, and two windows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from saver_browser import SaverBrowser
from served import Served

FORM = "section.card > form"


@pytest.fixture
def person(sure_service: Served, mixed_images: list[Path]) -> Iterator[SaverBrowser]:
    """Return somebody with one goal, whose card is open."""
    with SaverBrowser(sure_service.address) as browser:
        browser.show(mixed_images[1].read_bytes(), keep="yes").send(button="label=cross")
        goal = {"name": "Bike", "amount": "1200", "currency": "EUR", "by": "2040-12-31"}
        browser.send("#goal", goal, "do=keep")
        yield browser


def path_of(person: SaverBrowser) -> str:
    return person.path.partition("?")[0]


def test_the_card_shows_picture_sum_and_plan(person: SaverBrowser) -> None:
    assert person.words("h1") == "Bike"
    assert "€0 of €1,200 saved (0 %)" in person.words()
    assert "a month, or" in person.words()
    image = person.client.get(str(person.find("img.shown")["src"]))
    assert image.headers["content-type"] == "image/jpeg"


def test_what_is_put_aside_is_added_once(person: SaverBrowser) -> None:
    page = person.page
    person.send(FORM, {"more": "300"})
    assert "€300 of €1,200 saved (25 %)" in person.words()
    person.page = page
    person.send(FORM, {"more": "300"})  # sent again, from the page as it was
    assert person.status == 409
    assert person.words("h1") == "Which one?"
    assert "€300 of €1,200" in person.words(".versions section:nth-of-type(1)")
    assert "€600 of €1,200" in person.words(".versions section:nth-of-type(2)")


@pytest.mark.parametrize("entered", ["", "0", "-1", "x", "2000000000"])
def test_what_is_no_sum_is_not_added(person: SaverBrowser, entered: str) -> None:
    person.send(FORM, {"more": entered})
    assert person.status == 422
    assert len(person.words("#more-error")) > 10


def test_a_change_is_kept_and_what_cannot_be_is_said_at_its_field(person: SaverBrowser) -> None:
    path = path_of(person)
    person.link("Change").send(FORM, {"name": "Boat", "by": "1999-01-01"})
    assert person.status == 422
    assert "past" in person.words("#by-error")
    assert str(person.find("#name")["value"]) == "Boat"
    person.send(FORM, {"by": "", "amount": ""})
    assert person.path == f"{path}?done=changed"
    assert person.words("h1") == "Boat"
    assert "a month" not in person.words()


def test_two_windows_are_shown_both_versions_and_either_can_be_taken(person: SaverBrowser) -> None:
    stale = person.link("Change").page
    person.send(FORM, {"name": "Of the first window"})
    person.page = stale
    person.send(FORM, {"name": "Of the second window"})
    assert person.status == 409
    assert "Of the first window" in person.words(".versions section:nth-of-type(1)")
    assert "Of the second window" in person.words(".versions section:nth-of-type(2)")
    person.send(".versions form")
    assert person.status == 200
    assert person.words("h1") == "Of the second window"


def test_another_sum_a_month_moves_the_day_or_the_sum_in_both_directions(
    person: SaverBrowser,
) -> None:
    path = path_of(person)
    person.link("Change").send(FORM, {"by": "2030-11-30"})
    for each_month in ("5", "700"):
        person.get(path).send("#adjust form", {"each_month": each_month})
        assert len(person.page.select("#adjust .choices button")) == 2
    person.send("#adjust .choices form", None)
    assert person.status == 200
    assert "2 months until" in person.words()
    person.send("#adjust form", {"each_month": "much"})
    assert person.status == 422
    assert "much" in person.words("#each-month-error")


def test_a_goal_is_split_in_two_and_their_sums_are_its_own(person: SaverBrowser) -> None:
    person.send(FORM, {"more": "300"})
    person.link("Split in two")
    assert str(person.find("#first_amount")["value"]) == "600"
    person.send(FORM, {"first_amount": "1200"})
    assert person.status == 422
    assert "between" in person.words("#first_amount-error")
    person.send(FORM, {"first_amount": "400"})
    assert person.path == "/goals?done=split"
    words = [one.get_text(" ", strip=True) for one in person.page.select(".goals li")]
    assert sorted(one.split(" saved")[0] for one in words) == [
        "Bike (1) €100 of €400",
        "Bike (2) €200 of €800",
    ]


def test_a_split_from_another_window_is_stale(person: SaverBrowser) -> None:
    page = person.link("Split in two").page
    person.get(path_of(person).removesuffix("/split")).send(FORM, {"more": "1"})
    person.page = page
    person.send(FORM, {"first_amount": "400"})
    assert person.status == 409
    assert "changed meanwhile" in person.words()


def test_a_deleted_goal_is_gone_with_its_picture(person: SaverBrowser) -> None:
    path, image = path_of(person), str(person.find("img.shown")["src"])
    person.link("Delete").send(FORM)
    assert "The goal is deleted." in person.words()
    assert "none yet" in person.words()
    assert person.client.get(image).status_code == 404
    assert person.get(path).status == 404


def test_nobody_else_sees_or_changes_a_goal(sure_service: Served, person: SaverBrowser) -> None:
    path, image = path_of(person), str(person.find("img.shown")["src"])
    own = person.get("/goals").words()
    with SaverBrowser(sure_service.address) as other:
        token = str(other.get("/").find("input[name=form_token]")["value"])
        unknown = other.get("/goals/unknown").words()
        for get in (path, f"{path}/edit", f"{path}/split", f"{path}/delete", image):
            assert (other.get(get).status, other.words()) == (404, unknown)
        fields = {"form_token": token, "version": "1", "name": "Mine", "first_amount": "1"}
        fields |= {"more": "1", "each_month": "1", "keep": "", "improve": ""}
        for post in ("edit", "add", "adjust", "split", "delete"):
            assert other.client.post(f"{path}/{post}", data=fields).status_code == 404
        assert other.client.post(image, data=fields).status_code == 404
        assert "none yet" in other.get("/goals").words()
    assert person.get("/goals").words() == own
    assert person.client.get(image).status_code == 200


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30, "٣"])
def test_a_form_without_a_version_changes_nothing(person: SaverBrowser, version: str) -> None:
    person.send(FORM, {"more": "1", "version": version})
    assert person.status in {409, 422}
    assert "€0 of" in person.get("/goals").words()

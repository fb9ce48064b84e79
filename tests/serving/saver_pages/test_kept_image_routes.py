"""Pictures that are kept: whose they are, what they may be used for, how they are deleted."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from saver_browser import SaverBrowser
from served import Served

PICTURE = "form[action^='/images/']"


@pytest.fixture
def person(sure_service: Served, mixed_images: list[Path]) -> Iterator[SaverBrowser]:
    """Return somebody with a goal and its picture."""
    with SaverBrowser(sure_service.address) as browser:
        consents = {"keep": "yes", "improve": "yes"}
        browser.show(mixed_images[1].read_bytes(), **consents).send(button="label=cross")
        browser.send("#goal", {"name": "Bike"}, "do=keep")
        yield browser


def test_a_picture_is_served_to_its_saver_and_kept_by_no_cache_of_others(
    person: SaverBrowser,
) -> None:
    path = str(person.find("img.shown")["src"])
    answer = person.client.get(path)
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    with Image.open(io.BytesIO(answer.content)) as image:
        assert (image.format, dict(image.getexif())) == ("JPEG", {})
    again = person.client.get(path, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_consents_are_withdrawn_one_by_one_and_the_picture_goes_with_the_last(
    person: SaverBrowser,
) -> None:
    path = str(person.find("img.shown")["src"])
    assert [one.has_attr("checked") for one in person.page.select(".tick input")] == [True, True]
    person.send(PICTURE, {"keep": ""})
    assert "noted" in person.words(".notice")
    assert person.words("h1") == "Bike"
    assert person.page.select("img.shown") == []
    assert person.client.get(path).status_code == 200
    person.send(PICTURE, {"improve": ""})
    assert person.client.get(path).status_code == 404
    assert person.page.select(PICTURE) == []


def test_a_picture_without_a_goal_can_be_found_and_deleted(
    person: SaverBrowser, mixed_images: list[Path]
) -> None:
    person.show(mixed_images[0].read_bytes(), keep="yes")
    person.get("/goals")
    path = str(person.find(".pictures img")["src"])
    person.send(".pictures form")
    assert person.page.select(".pictures") == []
    assert person.client.get(path).status_code == 404


def test_a_form_leads_to_no_other_site(person: SaverBrowser) -> None:
    form = {"keep": "yes", "goal": "/evil.example"}
    person.send(PICTURE, form)
    assert person.path == "/goals?done=consents"


def test_everything_is_deleted_at_once_with_the_cookie(
    sure_service: Served, person: SaverBrowser
) -> None:
    image, cookie = str(person.find("img.shown")["src"]), person.client.cookies["pixonomy_saver"]
    person.get("/forget")
    assert "1 goal, 1 picture" in person.words()
    person.send()
    assert person.path == "/?done=everything"
    assert "Everything is deleted" in person.words(".notice")
    assert person.client.cookies["pixonomy_saver"] != cookie
    person.client.cookies.set("pixonomy_saver", cookie, domain="127.0.0.1")
    assert person.client.get(image).status_code == 404
    assert "none yet" in person.get("/goals").words()
    assert "Nothing of you is kept here." in person.get("/forget").words()

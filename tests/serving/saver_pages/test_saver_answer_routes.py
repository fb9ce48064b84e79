"""From a picture to its category, without a script: what is kept, what is not, what is refused."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pixonomy.state.tokens import TokenStore
from saver_browser import SaverBrowser
from served import Served, Tokens, served, wait_until
from verdict_bundle import make_verdict_bundle


@pytest.fixture
def person(sure_service: Served) -> Iterator[SaverBrowser]:
    with SaverBrowser(sure_service.address) as browser:
        yield browser


@pytest.fixture
def image(mixed_images: list[Path]) -> bytes:
    return mixed_images[1].read_bytes()


def images_in(state: Path) -> set[Path]:
    return {one for one in (state / "images").rglob("*") if one.is_file()}


def test_a_tap_says_yes_and_leads_to_a_goal(person: SaverBrowser, image: bytes) -> None:
    person.show(image)
    assert person.path.startswith("/answer?a=")
    assert person.words("h1") == person.words(".bars tr.this th")
    assert person.words("button.main") == "Yes, that is it"
    label = str(person.find("button.main")["value"])
    person.send(button=f"label={label}")
    assert person.path.startswith("/goals/new?a=")
    assert label in person.words()


def test_a_tap_chooses_another_category(person: SaverBrowser, image: bytes) -> None:
    verdict = person.show(image).words("h1")
    person.send("details form", button="label=stripes")
    assert "A week away" in person.words()
    person.link("It is something else")
    assert person.words("h1") == verdict


def test_own_words_are_a_category_of_ones_own(person: SaverBrowser, image: bytes) -> None:
    person.show(image)
    person.send("form:has(#text)", {"text": "  A   telescope "})
    assert str(person.find("#name")["value"]) == "A telescope"
    assert "A new car" not in person.words()


@pytest.mark.parametrize("text", ["", "   ", "x" * 81])
def test_no_words_or_too_many_are_asked_for_again(
    person: SaverBrowser, image: bytes, text: str
) -> None:
    person.show(image)
    person.send("form:has(#text)", {"text": text})
    assert person.status == 422
    assert "1 to 80 letters" in person.words("#text-error")
    assert person.find("details").has_attr("open")


def test_without_a_consent_nothing_is_kept_and_with_one_an_upright_copy(
    app_token: Tokens, person: SaverBrowser, image: bytes
) -> None:
    before = images_in(app_token.state)
    person.show(image)
    assert person.page.select("main img") == []
    assert images_in(app_token.state) == before
    person.show(image, keep="yes")
    (kept,) = images_in(app_token.state) - before
    shown = person.client.get(str(person.find("img.shown")["src"]))
    assert shown.content == kept.read_bytes()
    assert shown.content != image


def test_what_an_answer_rests_on_is_drawn_over_the_picture(
    person: SaverBrowser, image: bytes
) -> None:
    person.show(image, keep="yes")
    assert str(person.find("img.map")["src"]).startswith("data:image/png;base64,")
    assert len(person.path) < 3000


def test_what_is_no_picture_leads_back_with_a_sentence(person: SaverBrowser) -> None:
    person.show(b"no picture")
    assert person.status == 422
    assert "cannot be read" in person.words(".warning")
    assert person.find("#show") is not None


def test_two_pictures_at_once_are_refused(
    sure_service: Served, person: SaverBrowser, image: bytes
) -> None:
    token = str(person.get("/").find("input[name=form_token]")["value"])
    files = [("image", ("a", image)), ("image", ("b", image))]
    answer = person.client.post("/", data={"form_token": token}, files=files)
    assert answer.status_code == 422
    assert "one at a time" in answer.text


def test_a_form_without_our_token_or_cookie_is_refused(
    sure_service: Served, person: SaverBrowser, image: bytes
) -> None:
    person.get("/").send("#show", {"form_token": ""}, image=image)
    assert person.status == 403
    token = str(person.get("/").find("input[name=form_token]")["value"])
    other = httpx.post(sure_service.address, data={"form_token": token}, files={"image": image})
    assert other.status_code == 403
    assert "cookies" in other.text
    assert httpx.post(f"{sure_service.address}/answer", data={"a": "x"}).status_code == 403


def test_anothers_answer_is_out_of_date(
    sure_service: Served, person: SaverBrowser, image: bytes
) -> None:
    person.show(image, keep="yes")
    with SaverBrowser(sure_service.address) as other:
        other.get("/").get(person.path)
        assert other.status == 410
        assert "another browser" in other.words()
        assert person.get(person.path).status == 200


def test_a_category_that_is_none_is_refused(person: SaverBrowser, image: bytes) -> None:
    person.show(image)
    person.send(button="label=yacht")
    assert person.status == 422
    assert "no such category" in person.words()


def test_the_cookie_is_for_this_site_alone_and_lasts(sure_service: Served) -> None:
    cookie = httpx.get(sure_service.address).headers["set-cookie"]
    assert re.match(r"pixonomy_saver=[A-Za-z0-9_-]{43}; HttpOnly; Max-Age=34560000;", cookie)
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie  # this one came over http
    headers = {"cookie": "pixonomy_saver=guessed"}
    assert (
        "pixonomy_saver=" in httpx.get(sure_service.address, headers=headers).headers["set-cookie"]
    )


def test_nothing_that_was_said_is_in_the_log(
    sure_service: Served, person: SaverBrowser, image: bytes
) -> None:
    person.show(image)
    person.send("form:has(#text)", {"text": "Quokka trip"})
    wait_until(lambda: "/goals/new" in sure_service.log.read_text())
    log = sure_service.log.read_text()
    assert "Quokka" not in log
    assert person.client.cookies["pixonomy_saver"] not in log


@pytest.fixture
def without_room(app_token: Tokens) -> Iterator[None]:
    """Put a file where the folder of images is, so that none can be kept."""
    folder, aside = app_token.state / "images", app_token.state / "aside"
    folder.mkdir(exist_ok=True)
    folder.rename(aside)
    folder.write_bytes(b"")
    yield
    folder.unlink()
    aside.rename(folder)


def test_an_answer_is_given_though_the_picture_cannot_be_kept(
    without_room: None, person: SaverBrowser, image: bytes
) -> None:
    person.show(image, keep="yes")
    assert "could not be kept" in person.words(".notice")
    assert person.words("button.main") == "Yes, that is it"
    assert person.page.select("main img.shown") == []


@pytest.mark.slow
def test_where_a_token_is_needed_the_form_asks_for_it_and_names_no_category(
    fitted_run: Path, tmp_path: Path, image: bytes
) -> None:
    bundle = make_verdict_bundle(fitted_run, tmp_path / "bundle", "sure")
    token = TokenStore(tmp_path / "state").new("app", "classify")
    options = ("--workers", 1, "--state", tmp_path / "state", "--behind-proxy", "127.0.0.1")
    with served(bundle, tmp_path, *options) as service, SaverBrowser(service.address) as person:
        assert "stripes" not in person.get("/").words()
        person.show(image, token="wrong")
        assert person.status == 401
        assert "not known" in person.words(".warning")
        person.show(image, token=token).send(button="label=cross")
        person.send("#goal", {"name": "Bike"}, "do=keep")
        assert person.words("h1") == "Bike"
        assert token not in service.log.read_text()


@pytest.mark.slow
def test_too_many_requests_are_a_page_too(fitted_run: Path, tmp_path: Path) -> None:
    bundle = make_verdict_bundle(fitted_run, tmp_path / "bundle", "sure")
    options = ("--workers", 1, "--state", tmp_path / "state", "--rate", "2/minute")
    with served(bundle, tmp_path, *options) as service, SaverBrowser(service.address) as person:
        assert [person.get("/goals").status for _ in range(3)] == [200, 200, 429]
        assert "Too many requests" in person.words()
        assert int(person.answer.headers["retry-after"]) > 0

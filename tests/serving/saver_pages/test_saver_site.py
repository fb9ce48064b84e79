"""What all of the saver's pages share: a page for whatever goes wrong, with its status."""

import httpx

from saver_browser import SaverBrowser
from served import Served

POLICY = "content-security-policy"


def test_what_is_not_there_is_a_page_that_leads_on(sure_service: Served) -> None:
    with SaverBrowser(sure_service.address) as person:
        person.get("/goals/unknown")
        assert person.status == 404
        assert person.words("h1") == "That did not work"
        assert person.answer.headers["content-type"].startswith("text/html")
        assert "frame-ancestors 'none'" in person.answer.headers[POLICY]
        assert person.link("Start again").words("h1") == "What are you saving for?"


def test_what_is_no_form_is_a_page_with_its_status(sure_service: Served) -> None:
    answer = httpx.post(f"{sure_service.address}/answer", json={"a": "x"})
    assert answer.status_code == 415
    assert "application/x-www-form-urlencoded" in answer.text
    assert "set-cookie" not in answer.headers


def test_pages_are_kept_by_no_cache_and_say_what_was_done(sure_service: Served) -> None:
    answer = sure_service.ask("/goals?done=deleted")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "The goal is deleted." in answer.text
    assert "notice" not in sure_service.ask("/goals?done=%3Cb%3E").text

"""Interfaces that are busy, and say so with status 200 or 500: waits, and never an end."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from PIL import Image

from photo_site import QUICK, Script, Serve, write_taxonomy
from pixonomy.gallery.site_apis import COMMONS, FLICKR, OPENVERSE
from pixonomy.progress import Context
from pixonomy.results.json_record import Result
from pixonomy.verbs.collect import CollectChoices, collect
from pixonomy.verbs.serve_gallery import example_settings
from provider_walk import json_of

IMAGES = f"{OPENVERSE}/images/"
MAXLAG = json_of({"error": {"code": "maxlag", "info": "Waiting for db1"}}, Retry_After="0")
THROTTLED = json_of({"detail": "Request was throttled."})
DOWN = json_of({"stat": "fail", "code": 105, "message": "Service currently unavailable"})


def image(_request: web.Request) -> web.Response:
    file = BytesIO()
    Image.new("RGB", (80, 80), "red").save(file, "JPEG")
    return web.Response(body=file.getvalue(), content_type="image/jpeg")


def found(address: str) -> Any:
    info = {"url": f"{address}/1.jpg", "extmetadata": {"LicenseShortName": {"value": "CC0"}}}
    return json_of({"query": {"pages": [{"pageid": 1, "title": "File:1", "imageinfo": [info]}]}})


def run(folder: Path, address: str, provider: str, said: list[str]) -> Result:
    taxonomy = write_taxonomy(folder, {"travel": ["beach"]}, example_settings(address))
    choices = CollectChoices(
        (provider,), 5, permission="ours", retry_policy=QUICK, keys={"flickr": "KEY"}
    )
    return collect(taxonomy, folder / "out", choices, context=Context(report=said.append))


def test_a_wiki_that_lags_is_asked_again_until_it_answers(serve: Serve, tmp_path: Path) -> None:
    script, said = Script({"/1.jpg": [image]}), list[str]()
    address = serve(script)
    script.answers[COMMONS] = [MAXLAG, MAXLAG, found(address)]
    assert run(tmp_path, address, "commons", said)["pictures"] == 1
    assert script.count(COMMONS) == QUICK.attempts == 3


@pytest.mark.parametrize(
    ("provider", "path", "answer", "told"),
    [
        ("commons", COMMONS, MAXLAG, "the wiki is busy (maxlag)"),
        ("commons", COMMONS, 500, "the host failed (status 500)"),
        ("openverse", IMAGES, THROTTLED, "the interface says 'Request was throttled.'"),
        ("flickr", FLICKR, DOWN, "Flickr's interface is down (code 105)"),
        ("html", "/search", 500, "the host failed (status 500)"),
    ],
)
def test_a_search_that_fails_is_asked_as_often_as_promised_and_goes_on_in_the_next_run(
    serve: Serve, tmp_path: Path, provider: str, path: str, answer: Any, told: str
) -> None:
    script, said = Script({path: [answer]}), list[str]()
    address = serve(script)
    assert run(tmp_path, address, provider, said)["pictures"] == 0
    assert script.count(path) == QUICK.attempts
    assert any(told in one and "Run again to go on" in one for one in said), said
    run(tmp_path, address, provider, said)
    assert script.count(path) == 2 * QUICK.attempts

"""What the settings find on one page, against a real server."""

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from PIL import Image

from photo_site import QUICK, Script, Serve, write_taxonomy
from pixonomy.collecting.try_settings import Found, try_lines, try_page
from pixonomy.errors import SettingError
from pixonomy.verbs.collect import CollectChoices

Call = Callable[..., tuple[int, Any, str]]

PAGE = """<base href="/files/"><link rel="license" href="https://creativecommons.org/licenses/by/4.0/">
<div class="grid"><img class="full" src="big.jpg" alt="A beach"><img class="full" src="small.jpg">
<img class="full" src="none.jpg"><img class="full" src="text.jpg"><img class="full" src="http://[::1/x">
<img class="full" src="http://10.0.0.1/x.jpg"></div>
<a class="item" href="/1.html">1</a><a href="/about">About</a><a rel="next" href="/page2">More</a>
<footer><img class="logo dark" src="/logo.png"></footer>"""


def image(side: int) -> Any:
    file = BytesIO()
    Image.new("RGB", (side, side), "red").save(file, "JPEG")
    return lambda _request: web.Response(body=file.getvalue(), content_type="image/jpeg")


def html(body: str) -> Any:
    return lambda _request: web.Response(text=body, content_type="text/html")


@pytest.fixture
def site(serve: Serve) -> str:
    return serve(
        Script(
            {
                "/page": [html(PAGE)],
                "/files/big.jpg": [image(200)],
                "/files/small.jpg": [image(20)],
                "/files/text.jpg": [html("no picture")],
                "/closed": [html('<meta name="robots" content="noai">')],
            }
        )
    )


def taxonomy(folder: Path, site: str, settings: str = "") -> Path:
    text = (
        f'\n[provider.html]\nsearch = "{site}/page?q={{keyword}}"\nper_second = 500\n'
        f'private_hosts = ["127.0.0.1"]\n{settings}'
    )
    return write_taxonomy(folder, {"travel": ["beach"]}, text)


def look(folder: Path, site: str, path: str, settings: str = "") -> Found:
    choices = CollectChoices(retry_policy=QUICK)
    return try_page(taxonomy(folder, site, settings), site + path, choices)


def test_every_picture_is_told_with_why_it_is_refused(tmp_path: Path, site: str) -> None:
    result = look(tmp_path, site, "/page", 'picture = "img.full"\nlinks = "a.item"\n')
    told = {one["image_url"].rpartition("/")[2]: one["refused"] for one in result["pictures"]}
    assert told["big.jpg"] is None
    assert told["small.jpg"] == "20 x 20 px: smaller than 64 px"
    assert told["none.jpg"] == "not there (status 404)"
    assert told["text.jpg"]
    assert "no proper address" in told["x"]
    assert "private network" in told["x.jpg"]
    assert result["pictures"][0]["title"] == "A beach"
    assert result["links"] == {
        "selector": "a.item", "matched": 1, "of": 3, "pages": [f"{site}/1.html"],
    }  # fmt: skip
    assert result["next"] == f"{site}/page2"
    assert result["base"] == f"{site}/files/"
    assert result["others"] == [
        {"image_url": f"{site}/logo.png", "element": "body > footer > img.logo.dark"}
    ]


def test_what_a_selector_does_not_match_is_told(tmp_path: Path, site: str) -> None:
    result = look(tmp_path, site, "/page", 'picture = "img.huge"\nlinks = "a.photo"\n')
    assert result["pictures"] == []
    assert result["told"] == [
        f"selector `a.photo` (links) matched 0 of 3 links on {site}/page",
        f"selector `img.huge` (picture) matched 0 of 7 pictures on {site}/page",
    ]
    lines = try_lines(result)
    assert "links `a.photo`: 0 of 3 links" in lines
    assert any("(body > div.grid > img.full)" in one for one in lines)


@pytest.mark.parametrize(
    ("path", "told"), [("/closed", "noai"), ("/none", "not there (status 404)")]
)
def test_a_page_that_is_not_to_be_had_is_told(
    tmp_path: Path, site: str, path: str, told: str
) -> None:
    result = look(tmp_path, site, path)
    assert told in result["refused"]
    (line,) = try_lines(result)
    assert told in line


def test_without_settings_of_a_gallery_a_page_is_taken_as_it_is(tmp_path: Path, site: str) -> None:
    file = write_taxonomy(tmp_path, {"travel": ["beach"]}, "")
    choices = CollectChoices(retry_policy=QUICK, contact="a@example.org")
    result = try_page(file, f"{site}/page", choices)
    assert "private network" in result["refused"]
    assert "has no [provider.html]" in result["told"][0]


@pytest.mark.parametrize("url", ["page.html", "ftp://x/", "http://[::1/"])
def test_what_is_no_address_is_told(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingError, match="--try takes a page's address"):
        try_page(taxonomy(tmp_path, "http://x"), url)


def test_the_command_shows_it(call: Call, tmp_path: Path, site: str) -> None:
    file = taxonomy(tmp_path, site, 'picture = "img.full"\n')
    code, result, _ = call("collect", file, "--try", f"{site}/page")
    assert code == 0
    assert result["how"] == {"picture selector": 6}
    assert not list(tmp_path.glob("*.sqlite"))
    wrong = taxonomy(tmp_path, site, 'picture = "img["\n')
    code, result, _ = call("collect", wrong, "--try", site)
    assert code == 2
    line = wrong.read_text().splitlines().index('picture = "img["') + 1
    assert f"line {line}: picture of a provider is no CSS selector" in json.dumps(result)

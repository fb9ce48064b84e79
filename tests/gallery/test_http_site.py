"""The photo site in a box, asked as anybody would."""

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest
from bs4 import BeautifulSoup

from pixonomy.errors import SettingError
from pixonomy.gallery.http_site import make_app, serving
from pixonomy.gallery.photo_catalogue import PhotoCatalogue
from pixonomy.gallery.site_apis import COMMONS, FLICKR, OPENVERSE


def get(url: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, str], bytes]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, headers=headers or {})) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def ask(address: str, path: str, **query: Any) -> Any:
    return json.loads(get(f"{address}{path}?{urllib.parse.urlencode(query)}")[2])


def test_a_search_leads_to_pages_and_these_to_pictures(
    photo_site: str, catalogue: PhotoCatalogue
) -> None:
    page = BeautifulSoup(get(f"{photo_site}/search?q=car")[2], "lxml")
    links = [str(one["href"]) for one in page.select("a.photo")]
    assert len(links) == min(24, len(catalogue.search("car")))
    photo = BeautifulSoup(get(photo_site + links[0])[2], "lxml")
    block = photo.select_one('script[type="application/ld+json"]')
    assert block is not None
    told = json.loads(block.get_text())
    _, headers, data = get(told["contentUrl"])
    assert headers["Content-Type"] == "image/jpeg"
    assert data == catalogue.read(catalogue.photos[int(links[0].rpartition("/")[2])])


@pytest.mark.parametrize(
    "path", ["/photo/99999999", "/photo/x", "/images/../stock.json", "/images/stock.json",
             "/nothing", "/images/%2e%2e%2fstock.json", "/sitemap-x.xml"],
)  # fmt: skip
def test_what_is_not_there_is_a_404(photo_site: str, path: str) -> None:
    assert get(photo_site + path)[0] == 404


def test_robots_txt_forbids_a_part_and_names_the_sitemap(photo_site: str) -> None:
    text = get(f"{photo_site}/robots.txt")[2].decode()
    assert "Disallow: /private/" in text
    assert f"{photo_site}/sitemap.xml" in text


def test_openverse_has_its_limits(photo_site: str) -> None:
    url = f"{photo_site}{OPENVERSE}/images/?q=car&page_size=50"
    code, _, body = get(url)
    assert (code, "detail" in json.loads(body)) == (401, True)
    assert get(url, {"Authorization": "Bearer x"})[0] == 200
    deep = f"{photo_site}{OPENVERSE}/images/?q=car&page=13&page_size=20"
    assert get(deep)[0] == 401


def test_openverse_counts_requests_without_a_token(catalogue: PhotoCatalogue) -> None:
    with serving(make_app(catalogue, burst=2)) as address:
        url = f"{address}{OPENVERSE}/images/?q=car"
        assert get(url)[1]["X-RateLimit-Available-anon_burst"] == "1"
        assert get(url)[1]["X-RateLimit-Available-anon_burst"] == "0"
        code, headers, _ = get(url)
        assert code == 429
        assert 0 < int(headers["Retry-After"]) <= 61


def test_commons_pages_until_there_is_no_more(photo_site: str, catalogue: PhotoCatalogue) -> None:
    wanted, found, offset = len(catalogue.search("car")), 0, 0
    while True:
        query = {"gsrsearch": "car filetype:bitmap", "gsrlimit": 7, "gsroffset": offset}
        page = ask(photo_site, COMMONS, **query)
        found += len(page["query"]["pages"])
        if "continue" not in page:
            break
        offset = page["continue"]["gsroffset"]
    assert found == wanted


def test_flickr_wants_a_key_and_cuts_by_upload_date(
    photo_site: str, catalogue: PhotoCatalogue
) -> None:
    assert ask(photo_site, FLICKR, text="car")["code"] == 100
    whole = ask(photo_site, FLICKR, text="car", api_key="k")["photos"]
    first = [int(one["dateupload"]) for one in whole["photo"]]
    half = sorted(first)[len(first) // 2]
    part = ask(photo_site, FLICKR, text="car", api_key="k", max_upload_date=half - 1)["photos"]
    assert 0 < int(part["total"]) < int(whole["total"]) == len(catalogue.search("car"))


def test_a_port_that_is_taken_is_told(catalogue: PhotoCatalogue, photo_site: str) -> None:
    port = int(photo_site.rpartition(":")[2])
    with pytest.raises(SettingError, match="cannot be had"), serving(make_app(catalogue), port):
        pass


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1280, "light")])
@pytest.mark.parametrize("path", ["/", "/search?q=car", "/photo/0"])
def test_the_site_shows_pictures_on_its_first_screen(
    browser: Any, barriers: Any, photo_site: str, path: str, width: int, scheme: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(photo_site + path)
    seen = page.evaluate(
        "[...document.images].filter(one => one.naturalWidth)"
        ".filter(one => one.getBoundingClientRect().bottom <= innerHeight).length"
    )
    assert seen >= (1 if path.startswith("/photo") else 12)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert barriers(page) == []
    page.close()


def test_the_front_page_shows_whole_photos_of_every_category(
    photo_site: str, catalogue: PhotoCatalogue
) -> None:
    page = BeautifulSoup(get(photo_site)[2], "lxml")
    shown = [
        catalogue.photos[int(str(one["href"]).rpartition("/")[2])] for one in page.select("a.photo")
    ]
    assert {one.category for one in shown} == {one.category for one in catalogue.photos}
    broken = {one.path for one in catalogue.planted if one.kind == "broken_file"}
    assert broken
    assert not broken & {one.file for one in shown}


def test_a_search_that_finds_nothing_says_so_and_words_are_no_markup(photo_site: str) -> None:
    page = BeautifulSoup(get(f"{photo_site}/search?q=%3Ci%3Enothing%22")[2], "lxml")
    assert page.find("i") is None
    field = page.select_one("input[name=q]")
    assert field is not None
    assert field["value"] == '<i>nothing"'
    assert "There are none." in page.get_text()

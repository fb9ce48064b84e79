"""Every provider against a look-alike served over HTTP, with its limits and its oddities."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web

from photo_site import Script, Serve, text
from pixonomy.collecting.known import PROVIDERS, open_provider
from pixonomy.collecting.search_results import Page, Refused, Trouble
from pixonomy.errors import SettingError
from pixonomy.gallery.photo_catalogue import PhotoCatalogue
from pixonomy.gallery.site_apis import COMMONS, FLICKR, OPENVERSE
from provider_walk import answer, open_at, search_results, walk


@pytest.mark.parametrize(
    ("name", "key"), [("commons", None), ("openverse", "id:secret"), ("flickr", "key")]
)
def test_a_search_is_walked_to_its_end_with_all_that_is_known_of_each_picture(
    photo_site: str, catalogue: PhotoCatalogue, name: str, key: str | None
) -> None:
    wanted = catalogue.search("car")
    pages = walk(open_at(name, photo_site, key), "car")
    found = {one.title.removesuffix(".jpg"): one for one in search_results(pages)}
    assert set(found) == {one.title for one in wanted}
    for photo in wanted:
        one = found[photo.title]
        assert one.image_url.partition("?")[0].endswith(photo.file)
        assert one.creator in (photo.creator, photo.creator.partition(" <")[0])
        kind = photo.license.removeprefix("CC ").partition(" ")[0]
        assert kind.casefold() in one.license.casefold()
        assert one.license_url.partition("creativecommons.org")[1]
        assert one.page_url


def test_html_is_walked_by_links_and_next_and_by_sitemap(
    photo_site: str, catalogue: PhotoCatalogue
) -> None:
    wanted = {one.title for one in catalogue.search("beach")}
    search = {"search": f"{photo_site}/search?q={{keyword}}", "links": "a.photo"}
    found = search_results(walk(open_provider("html", search, None), "beach"))
    assert {one.title for one in found} == wanted
    assert all(one.license_url.startswith("https://creativecommons") for one in found)
    by_map = open_provider("html", {"sitemap": f"{photo_site}/sitemap.xml"}, None)
    assert {one.title for one in search_results(walk(by_map, "beach"))} == wanted


def test_commons_asks_politely_and_stays_within_its_depth(serve: Serve) -> None:
    def pages(query: dict[str, str]) -> dict[str, Any]:
        start = int(query.get("gsroffset", 0))
        end = start + int(query["gsrlimit"])
        assert end <= 10_000
        assert query["maxlag"] == "5"
        rows = [
            {"pageid": number, "index": end - number, "title": f"File:{number}.jpg",
             "imageinfo": [{"thumburl": f"http://x/{number}.jpg"}]}
            for number in (start + 1, start)
        ]  # fmt: skip
        return {"query": {"pages": rows}, "continue": {"gsroffset": end, "continue": "-||"}}

    found = walk(open_at("commons", serve(Script({COMMONS: [answer(pages)]}))), "x", 300)
    assert len(found) == 200
    first = [one.native_id for one in found[0].search_results]
    assert first == ["1", "0"]  # by index, not as they come


def test_commons_takes_the_width_set_and_survives_gaps(serve: Serve) -> None:
    rows = [
        {"pageid": 1, "imageinfo": [{"url": "http://x/1.jpg", "extmetadata": {"Artist": {"value":
         "<b>A</b> &amp; B"}}}]},
        {"pageid": 2}, {"pageid": 3, "imageinfo": []}, {"imageinfo": [{"url": "http://x"}]}, 7,
        {"pageid": 1, "imageinfo": [{"url": "http://x/again.jpg"}]},
    ]  # fmt: skip
    script = Script({COMMONS: [answer(lambda _query: {"query": {"pages": rows}})]})
    address = serve(script)
    (page,) = walk(open_at("commons", address, width=700), "x y")
    (hit,) = page.search_results
    assert (hit.creator, hit.image_url) == ("A & B", "http://x/1.jpg")
    query = parse_qs(urlsplit(script.asked[0][1]).query)
    assert query["iiurlwidth"] == ["700"]
    assert query["gsrsearch"] == ["x y filetype:bitmap"]
    empty = Script({COMMONS: [answer(lambda _query: {"batchcomplete": True})]})
    assert walk(open_at("commons", serve(empty)), "nothing") == [Page((), None)]


def test_openverse_stays_within_240_works_and_20_a_page_without_a_key(serve: Serve) -> None:
    def page(query: dict[str, str]) -> dict[str, Any]:
        number, size = int(query["page"]), int(query["page_size"])
        assert size == 20
        assert number * size <= 240
        rows = [{"id": f"{number}-{k}", "url": f"http://x/{number}-{k}.jpg"} for k in range(size)]
        return {"result_count": 9000, "page_count": 20, "results": rows}

    found = walk(open_at("openverse", serve(Script({f"{OPENVERSE}/images/": [answer(page)]}))), "x")
    assert len(search_results(found)) == 240


def test_openverse_with_a_key_signs_in_once(photo_site: str, serve: Serve) -> None:
    seen: list[str] = []

    def page(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization", ""))
        assert request.query["page_size"] == "50"
        content = {"page_count": 3, "results": [{"id": "a", "url": "http://x/a.jpg"}]}
        return web.json_response(content)

    async def token(request: web.Request) -> web.Response:
        form = await request.post()
        assert (form["client_id"], form["client_secret"]) == ("me", "hush")
        return web.json_response({"access_token": "T"})

    script = Script({f"{OPENVERSE}/images/": [page], f"{OPENVERSE}/auth_tokens/token/": [token]})
    walk(open_at("openverse", serve(script), "me:hush"), "x")
    assert seen == ["Bearer T"] * 3
    assert script.count(f"{OPENVERSE}/auth_tokens/token/") == 1


def test_openverse_survives_results_of_another_form(serve: Serve) -> None:
    rows = [{"id": "a"}, {"url": "http://x"}, {"id": 3, "url": "http://x"}, None,
            {"id": "b", "url": "no address"},
            {"id": "c", "url": "http://x/c", "width": "wide"}]  # fmt: skip
    content = {"page_count": "many", "results": rows}
    script = Script({f"{OPENVERSE}/images/": [answer(lambda _query: content)]})
    (page,) = walk(open_at("openverse", serve(script)), "x")
    assert [(one.native_id, one.width) for one in page.search_results] == [("b", None), ("c", None)]


LICENCES = {"stat": "ok", "licenses": {"license": [
    {"id": "4", "name": "Attribution License", "url": "https://creativecommons.org/licenses/by/2.0/"},
]}}  # fmt: skip


def test_flickr_cuts_a_large_search_into_spans_of_upload_dates(serve: Serve) -> None:
    uploads = [1_100_000_000 + 50_000 * number for number in range(9000)]

    def page(query: dict[str, str]) -> dict[str, Any]:
        if query["method"] == "flickr.photos.licenses.getInfo":
            return LICENCES
        first, last = int(query["min_upload_date"]), int(query["max_upload_date"])
        fitting = [number for number, when in enumerate(uploads) if first <= when <= last]
        size, number = int(query["per_page"]), int(query["page"])
        start = (number - 1) * size % 4000  # behind the 4,000th the same ones come again
        rows = [{"id": one, "owner": "o", "url_l": f"http://x/{one}.jpg", "license": "4"}
                for one in fitting[start : start + size]]  # fmt: skip
        return {"stat": "ok", "photos": {"total": len(fitting), "photo": rows,
                                         "pages": -(-len(fitting) // size)}}  # fmt: skip

    provider = open_at("flickr", serve(Script({FLICKR: [answer(page)]})), "key")
    found = search_results(walk(provider, "x"))
    assert {int(one.native_id) for one in found} == set(range(9000))
    assert found[0].license == "CC BY 2.0"


@pytest.mark.parametrize(("code", "kind"), [(100, Refused), (105, Trouble), ("busy", Refused)])
def test_flickr_says_no_in_its_own_way(serve: Serve, code: object, kind: type[Exception]) -> None:
    content = {"stat": "fail", "code": code, "message": "no"}
    provider = open_at(
        "flickr", serve(Script({FLICKR: [answer(lambda _query: content)]})), "SECRET"
    )
    with pytest.raises(kind) as error:
        walk(provider, "x")
    assert "SECRET" not in str(error.value)


def test_flickr_without_a_key_says_how_to_give_one() -> None:
    with pytest.raises(SettingError, match="PIXONOMY_FLICKR_KEY"):
        open_provider("flickr", {}, None)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_list_is_searched_by_keyword_or_caption(tmp_path: Path, ending: str) -> None:
    import polars as pl

    captions = [f"A sunny beach, number {number}" for number in range(1100)]
    rows = pl.DataFrame(
        {
            "URL": [f"http://x/{number}.jpg" for number in range(1100)] + ["http://x/t", None],
            "caption": [*captions, "A beachball on a table", None],
            "license": "CC0",
        }
    )
    file = tmp_path / f"list.{ending}"
    getattr(rows, f"write_{ending}")(file)
    pages = walk(open_provider("table", {"path": str(file), "url": "URL"}, None), "Beach sunny")
    assert [len(page.search_results) for page in pages] == [500, 500, 100]
    assert search_results(pages)[0].license == "CC0"
    assert pages[0].total == 1100
    by_word = {"path": str(file), "url": "URL", "keyword": "license"}
    assert len(search_results(walk(open_provider("table", by_word, None), "cc0"))) == 1101


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("unsplash", {}, "do not allow its pictures to be collected for training"),
        ("pexels", {}, "Pexels's terms"),
        ("comons", {}, "Did you mean 'commons'?"),
        ("commons", {"widht": 3}, "no setting 'widht'; known: base_url, width"),
        ("commons", {"width": "wide"}, "a number above 0"),
        ("table", {}, "needs path"),
        ("table", {"path": "nowhere.csv"}, "no list of addresses"),
        ("html", {"search": "http://x/search"}, "with {keyword} in it"),
        ("html", {"search": 3}, "is a text"),
    ],
)
def test_a_wrong_provider_or_setting_is_told(name: str, values: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingError) as error:
        open_provider(name, values, None)
    assert told in str(error.value)


def test_a_list_without_the_columns_is_told(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("address,words\nhttp://x,y\n")
    with pytest.raises(SettingError, match="no column 'url'"):
        open_provider("table", {"path": str(file)}, None)
    with pytest.raises(SettingError, match="neither a column"):
        open_provider("table", {"path": str(file), "url": "address"}, None)


@pytest.mark.parametrize("name", [name for name in PROVIDERS if name not in ("table", "html")])
@pytest.mark.parametrize(
    "body",
    ['{"results": [', "<html>We are down", "[]", '{"query": [], "results": {}, "photos": 1}'],
)
def test_an_interface_that_sends_nonsense_is_trouble_or_finds_nothing(
    serve: Serve, name: str, body: str
) -> None:
    paths = [COMMONS, f"{OPENVERSE}/images/", FLICKR]
    address = serve(Script({path: [text(body)] for path in paths}))
    try:
        pages = walk(open_at(name, address, "key" if name == "flickr" else None), "x")
    except (Trouble, Refused):
        return
    assert search_results(pages) == []


def test_a_page_whose_meta_tag_objects_is_left_out(serve: Serve) -> None:
    links = (
        '<a class="p" href="/1">1</a><a class="p" href="/2">2</a><a rel="next" href="/search">x</a>'
    )
    image = '<meta property="og:image" content="/{}.jpg">'
    script = Script(
        {
            "/search": [text(links)],
            "/1": [text('<meta name="robots" content="noai">' + image.format(1))],
            "/2": [text(image.format(2))],
        }
    )
    address = serve(script)
    settings = {"search": f"{address}/search?q={{keyword}}", "links": "a.p"}
    pages = walk(open_provider("html", settings, None), "a beach", 3)
    assert [one.image_url for one in pages[0].search_results] == [f"{address}/2.jpg"]
    (reason,) = pages[0].messages
    assert reason.startswith("1 of 2 pages left out: ")
    assert "noai" in reason
    assert "/search?q=a+beach" in [path for _, path in script.asked]

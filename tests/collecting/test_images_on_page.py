import json
import time

import pytest
from bs4 import BeautifulSoup

from pixonomy.collecting.images_on_page import place_of_page, read_images
from pixonomy.collecting.search_results import SearchResult

URL = "http://example.org/photos/7"


def read(markup: str, image: str = "") -> list[SearchResult]:
    page = BeautifulSoup(markup, "lxml")
    return read_images(page, place_of_page(page, URL), image)


def addresses(markup: str, image: str = "") -> list[str]:
    return [one.image_url for one in read(markup, image)]


def linked_data(content: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(content)}</script>'


def test_without_a_selector_json_ld_goes_before_links_and_these_before_og_image() -> None:
    described = linked_data({"@type": "ImageObject", "contentUrl": "ld.jpg"})
    link = '<a href="full.jpg" title="A beach"><img src="thumb.jpg"></a>'
    shared = '<meta property="og:image" content="/og.jpg"><meta property="og:title" content="T">'
    assert addresses(shared + described + link) == ["http://example.org/photos/ld.jpg"]
    (linked,) = read(shared + link)
    assert (linked.image_url, linked.title) == ("http://example.org/photos/full.jpg", "A beach")
    (shown,) = read(shared)
    assert (shown.image_url, shown.title) == ("http://example.org/og.jpg", "T")
    assert read('<p>nothing<img src="logo.png">') == []


def test_the_users_own_selector_goes_before_json_ld_and_takes_what_that_says() -> None:
    described = linked_data(
        [
            {"@type": "ImageObject", "contentUrl": "big.jpg", "thumbnailUrl": "a.jpg",
             "creator": "Ada", "license": "https://creativecommons.org/licenses/by/4.0/"},
            {"@type": "ImageObject", "contentUrl": "logo.png"},
        ]
    )  # fmt: skip
    markup = (
        f'{described}<img class="full" src="a.jpg" alt="A beach"><img class="full" src="b.jpg">'
    )
    first, second = read(markup, "img.full")
    assert first.image_url == first.native_id == "http://example.org/photos/a.jpg"
    assert (first.creator, first.title) == ("Ada", "A beach")
    assert first.license_url == "https://creativecommons.org/licenses/by/4.0/"
    assert (second.creator, second.license_url) == ("", "")
    assert read(markup, "img.none") == [], "what a selector does not match is not guessed"


def test_a_selector_may_name_a_link_or_a_box_with_a_background() -> None:
    markup = (
        '<a class="o" href="a.tif">Original</a><a class="o" href="a.html">Page</a>'
        '<div class="o" style="background-image:url(b.jpg)"></div><img class="o">'
    )
    assert addresses(markup, ".o") == [
        "http://example.org/photos/a.tif",
        "http://example.org/photos/b.jpg",
    ]


def test_addresses_start_from_the_base_of_the_page() -> None:
    markup = '<base href="/gallery/"><base href="/x/"><a href="f.jpg"><img src="t.jpg"></a>'
    assert addresses(markup) == ["http://example.org/gallery/f.jpg"]
    assert addresses('<base href="http://[::1/"><a href="/f.jpg"><img src="t"></a>')


def test_a_licence_of_the_page_is_that_of_its_pictures() -> None:
    (hit,) = read('<link rel="license" href="/cc0"><img class="p" src="a.jpg">', ".p")
    assert hit.license_url == "http://example.org/cc0"


def test_a_link_to_a_description_by_iiif_is_found() -> None:
    markup = '<div data-iiif="/iiif/7/info.json"></div><a href="/iiif/8/info.json">Zoom</a>'
    assert addresses(markup + '<meta property="og:image" content="/og.jpg">') == [
        "http://example.org/iiif/7/info.json",
        "http://example.org/iiif/8/info.json",
    ]


@pytest.mark.parametrize(
    ("markup", "image"),
    [
        ('<div class="p" style="' + "background:url(" * 100_000 + '">', ".p"),
        ('<img class="p" srcset="' + "a (" * 100_000 + '">', ".p"),
        (('<a href="1.jpg"><object>' * 200 + "</object></a>" * 200) * 10, ""),
        ('<script type="application/ld+json">[' + "[[[[[1]]]]]," * 50_000 + "1]</script>", ""),
    ],
)
def test_a_hostile_page_is_read_in_bounded_time(markup: str, image: str) -> None:
    began = time.thread_time()
    assert read(markup, image) == []
    assert time.thread_time() - began < 5

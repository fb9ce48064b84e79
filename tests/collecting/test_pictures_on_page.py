import json

import pytest
from bs4 import BeautifulSoup

from pixonomy.collecting.pictures_on_page import largest, read_meta, read_pictures

URL = "http://example.org/photos/7"


def page(markup: str) -> BeautifulSoup:
    return BeautifulSoup(markup, "lxml")


def linked_data(content: object) -> BeautifulSoup:
    return page(f'<script type="application/ld+json">{json.dumps(content)}</script>')


def test_an_image_object_says_all_about_its_picture() -> None:
    told = {
        "@type": "ImageObject",
        "contentUrl": "/images/7.jpg",
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "creator": [{"@type": "Person", "name": "Émile"}, "Ada"],
        "name": " A  beach ",
        "width": "640",
    }
    (find,) = read_pictures(linked_data({"@graph": [{"@type": "WebPage"}, told]}), URL)
    assert find.image_url == find.native_id == "http://example.org/images/7.jpg"
    assert (find.creator, find.title, find.width) == ("Émile, Ada", "A beach", 640)
    assert (find.license_url, find.page_url) == (told["license"], URL)


@pytest.mark.parametrize(
    "content", [[], {"@type": "ImageObject"}, {"@type": ["ImageObject"], "contentUrl": 3}, "x", 7]
)
def test_an_image_object_without_a_picture_is_none(content: object) -> None:
    assert read_pictures(linked_data(content), URL) == []


def test_linked_data_that_never_ends_is_left_alone() -> None:
    deep: dict[str, object] = {"@type": "ImageObject", "contentUrl": "x"}
    for _ in range(50):
        deep = {"a": [deep]}
    assert read_pictures(linked_data(deep), URL) == []
    assert read_pictures(page('<script type="application/ld+json">{"a": </script>'), URL) == []


def test_without_linked_data_a_selector_or_og_image_is_asked() -> None:
    markup = page(
        '<head><meta property="og:image" content="/og.jpg"><link rel="license" href="/cc0"></head>'
        '<img class="full" src="a.jpg" alt="A beach"><img src="b.jpg"><img class="full">'
    )
    (chosen,) = read_pictures(markup, URL, "img.full")
    assert (chosen.image_url, chosen.title) == ("http://example.org/photos/a.jpg", "A beach")
    assert chosen.license_url == "http://example.org/cc0"
    (shown,) = read_pictures(markup, URL)
    assert shown.image_url == "http://example.org/og.jpg"
    assert read_pictures(page("<p>nothing"), URL) == []


@pytest.mark.parametrize(
    ("markup", "wanted"),
    [
        ('<img src="s.jpg" srcset="m.jpg 640w, l.jpg 1280w, s.jpg 320w">', "l.jpg"),
        ('<img src="s.jpg" srcset="m.jpg, l.jpg 2x">', "l.jpg"),
        ('<img src="s.jpg" srcset="bad sizew, ">', "s.jpg"),
        ('<img src="s.jpg">', "s.jpg"),
    ],
)
def test_the_largest_version_is_taken(markup: str, wanted: str) -> None:
    image = page(markup).img
    assert image is not None
    assert largest(image, URL) == f"http://example.org/photos/{wanted}"


def test_meta_tags_are_read_in_small_letters() -> None:
    assert read_meta(page('<meta name="ROBOTS" content="noai"><meta name="x">')) == {
        "robots": "noai"
    }

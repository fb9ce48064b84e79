import json

import pytest
from bs4 import BeautifulSoup

from pixonomy.collecting.linked_data import described_images

URL = "http://example.org/photos/7"


def described(content: object) -> BeautifulSoup:
    return BeautifulSoup(
        f'<script type="application/ld+json">{json.dumps(content)}</script>', "lxml"
    )


def test_an_image_object_says_all_about_its_picture() -> None:
    told = {
        "@type": "ImageObject",
        "contentUrl": "/images/7.jpg",
        "thumbnailUrl": "7-small.jpg",
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "creator": [{"@type": "Person", "name": "Émile"}, "Ada"],
        "name": " A  beach ",
        "width": "640",
    }
    page = described({"@graph": [{"@type": "WebPage"}, told]})
    ((hit, thumbnail),) = described_images(page, URL, URL)
    assert hit.image_url == hit.native_id == "http://example.org/images/7.jpg"
    assert thumbnail == "http://example.org/photos/7-small.jpg"
    assert (hit.creator, hit.title, hit.width) == ("Émile, Ada", "A beach", 640)
    assert (hit.license_url, hit.page_url) == (told["license"], URL)


def test_relative_addresses_start_from_the_base() -> None:
    page = described({"@type": "ImageObject", "contentUrl": "a.jpg"})
    ((hit, _),) = described_images(page, "http://cdn.org/x/", URL)
    assert (hit.image_url, hit.page_url) == ("http://cdn.org/x/a.jpg", URL)


@pytest.mark.parametrize(
    "content", [[], {"@type": "ImageObject"}, {"@type": ["ImageObject"], "contentUrl": 3}, "x", 7]
)
def test_an_image_object_without_a_picture_is_none(content: object) -> None:
    assert described_images(described(content), URL, URL) == []


@pytest.mark.parametrize("width", ["1e400", "-1", "NaN", "true", '"' + "9" * 5000 + '"', "[]"])
def test_a_width_that_is_none_is_left_out(width: str) -> None:
    page = BeautifulSoup(
        '<script type="application/ld+json">{"@type": "ImageObject", "contentUrl": "a.jpg", '
        f'"width": {width}}}</script>',
        "lxml",
    )
    ((hit, _),) = described_images(page, URL, URL)
    assert hit.width is None


def test_linked_data_that_never_ends_is_left_alone() -> None:
    deep: dict[str, object] = {"@type": "ImageObject", "contentUrl": "x"}
    for _ in range(50):
        deep = {"a": [deep]}
    assert described_images(described(deep), URL, URL) == []
    broken = BeautifulSoup('<script type="application/ld+json">{"a": </script>', "lxml")
    assert described_images(broken, URL, URL) == []
    many = described([{"@type": "ImageObject", "contentUrl": str(n)} for n in range(3000)])
    assert len(described_images(many, URL, URL)) == 2000

import pytest

from pixonomy.collecting.finds import Trouble
from pixonomy.collecting.sitemaps import read_sitemap

MAP = (
    '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">'
    "<url><loc>http://x/1</loc><image:image><image:loc>http://x/1.jpg</image:loc>"
    "<image:caption>A beach</image:caption><image:license>http://cc0</image:license>"
    "</image:image><image:image/></url><url><loc>http://x/2</loc></url></urlset>"
)


def test_pictures_and_their_pages_are_read() -> None:
    (find,), further = read_sitemap(MAP.encode())
    assert (find.image_url, find.page_url, find.title) == (
        "http://x/1.jpg",
        "http://x/1",
        "A beach",
    )
    assert (find.license_url, further) == ("http://cc0", [])


def test_an_index_names_further_maps() -> None:
    schema = "http://www.sitemaps.org/schemas/sitemap/0.9"
    index = (
        f'<sitemapindex xmlns="{schema}"><sitemap><loc>http://x/a</loc></sitemap></sitemapindex>'
    )
    assert read_sitemap(index.encode()) == ([], ["http://x/a"])


def test_entities_are_not_followed_and_do_not_grow() -> None:
    bomb = (
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
        '<!ENTITY f SYSTEM "file:///etc/passwd">]>' + MAP.partition("?>")[2]
    ).replace("A beach", "&b;&f;")
    (find,), _ = read_sitemap(bomb.encode())
    assert "root:" not in find.title
    assert len(find.title) < 20


@pytest.mark.parametrize("data", [b"", b"not xml", b"\x00\xff"])
def test_no_xml_is_trouble(data: bytes) -> None:
    with pytest.raises(Trouble, match="no XML"):
        read_sitemap(data)

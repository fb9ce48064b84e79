import gzip

import pytest

from pixonomy.collecting.search_results import Trouble
from pixonomy.collecting.sitemaps import read_sitemap

MAP = (
    '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">'
    "<url><loc>http://x/1</loc><image:image><image:loc>http://x/1.jpg</image:loc>"
    "<image:caption>A beach</image:caption><image:license>http://cc0</image:license>"
    "</image:image><image:image/></url><url><loc>http://x/2</loc></url></urlset>"
)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_pictures_and_pages_without_any_are_read(pack: type[bytes]) -> None:
    content = read_sitemap(pack(MAP.encode()))
    (hit,) = content.search_results
    assert (hit.image_url, hit.page_url, hit.title) == (
        "http://x/1.jpg",
        "http://x/1",
        "A beach",
    )
    assert (hit.license_url, content.further) == ("http://cc0", ())
    assert content.pages == ("http://x/2",)


@pytest.mark.parametrize("schema", ["http", "https", ""])
def test_an_index_names_further_maps_whatever_its_namespace(schema: str) -> None:
    space = f' xmlns="{schema}://www.sitemaps.org/schemas/sitemap/0.9"' if schema else ""
    index = f"<sitemapindex{space}><sitemap><loc> http://x/a </loc></sitemap></sitemapindex>"
    assert read_sitemap(index.encode()).further == ("http://x/a",)


def test_a_list_of_addresses_is_a_sitemap() -> None:
    content = read_sitemap(
        b"\xef\xbb\xbfhttp://x/1\r\nhttp://x/2\nhttp://x/1\nftp://x\nhttp://[::1/\n"
    )
    assert content.pages == ("http://x/1", "http://x/2")


def test_entities_are_not_followed_and_do_not_grow() -> None:
    bomb = (
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
        '<!ENTITY f SYSTEM "file:///etc/passwd">]>' + MAP.partition("?>")[2]
    ).replace("A beach", "&b;&f;")
    (hit,) = read_sitemap(bomb.encode()).search_results
    assert "root:" not in hit.title
    assert len(hit.title) < 20


def test_a_map_beyond_what_the_protocol_allows_is_cut_or_refused() -> None:
    many = "<urlset>" + "".join(f"<url><loc>http://x/{n}</loc></url>" for n in range(60_000))
    assert len(read_sitemap((many + "</urlset>").encode()).pages) == 50_000
    bomb = gzip.compress(b"<urlset>" + b" " * 60 * 1024**2)
    with pytest.raises(Trouble, match="more than 50 MiB"):
        read_sitemap(bomb)
    with pytest.raises(Trouble, match="packed, and broken"):
        read_sitemap(b"\x1f\x8bnonsense")


@pytest.mark.parametrize("data", [b"", b"not xml", b"\x00\xff", b"<", b"<?xml"])
def test_no_xml_is_trouble(data: bytes) -> None:
    with pytest.raises(Trouble, match="no XML"):
        read_sitemap(data)


def test_a_page_in_place_of_a_sitemap_is_told() -> None:
    with pytest.raises(Trouble, match="begins with <html>"):
        read_sitemap(b"<html><body>Not found</body></html>")

import pytest
from bs4 import BeautifulSoup

from pixonomy.collecting.picture_tag import image_address, is_image_file

BASE = "http://example.org/photos/7"
BLANK = "data:image/gif;base64,R0lGODlhAQABAAAAACw="


@pytest.mark.parametrize(
    ("markup", "wanted"),
    [
        ('<img src="s.jpg" srcset="m.jpg 640w, l.jpg 1280w, s.jpg 320w">', "l.jpg"),
        ('<img src="s.jpg" srcset="m.jpg 640w,l.jpg 1280w">', "l.jpg"),
        ('<img src="s.jpg" srcset="m.jpg, l.jpg 2x">', "l.jpg"),
        ('<img src="s.jpg" srcset="bad sizew, ">', "s.jpg"),
        ('<img src="s.jpg">', "s.jpg"),
        (f'<img src="{BLANK}" data-src="late.jpg">', "late.jpg"),
        ('<img src="blank.gif" data-src="late.jpg">', "late.jpg"),
        ('<img src="s.jpg" data-srcset="m.jpg 640w, l.jpg 1280w">', "l.jpg"),
        ('<img data-original="o.jpg">', "o.jpg"),
        ('<picture><source srcset="l.webp 2000w"><img src="s.jpg"></picture>', "l.webp"),
        ('<picture><source type="image/svg+xml" srcset="l.svg 9000w"><img src="s.jpg">', "s.jpg"),
        ('<picture><source data-srcset="l.jpg 900w,m.jpg 300w"><img></picture>', "l.jpg"),
        ('<a href="full.JPG?x=1"><img src="thumb.jpg"></a>', "full.JPG?x=1"),
        ('<a href="page.html"><img src="thumb.jpg"></a>', "thumb.jpg"),
        ('<a href="http://iiif.org/7/info.json">x</a>', "http://iiif.org/7/info.json"),
        ('<link href="x.png">', "x.png"),
        ('<meta content="og.jpg">', "og.jpg"),
        ("<div style=\"color:red; background-image: url( 'b a.jpg' )\"></div>", "b%20a.jpg"),
        ("<div style='background:#fff url(b.jpg) no-repeat'><img src=i.jpg></div>", "b.jpg"),
        (f'<div style="background:url({BLANK})"><img src="i.jpg"></div>', "i.jpg"),
        ("<div><p>x</p></div>", ""),
        ('<div><img alt="no address"></div>', ""),
        ('<img src="http://[::1/x">', "http://[::1/x"),  # told where it is admitted
    ],
)
def test_the_largest_version_is_taken(markup: str, wanted: str) -> None:
    body = BeautifulSoup(markup, "lxml").select_one("body > *, head > *")
    assert body is not None
    whole = (
        wanted if wanted.startswith("http") or not wanted else f"http://example.org/photos/{wanted}"
    )
    assert image_address(body, BASE) == whole


def test_an_image_inside_its_picture_takes_the_pictures_sources() -> None:
    page = BeautifulSoup(
        '<picture><source srcset="l.jpg 2000w"><img src="s.jpg"></picture>', "lxml"
    )
    assert page.img is not None
    assert image_address(page.img, BASE) == "http://example.org/photos/l.jpg"


@pytest.mark.parametrize("address", ["a.jpg", "/A.JPEG?w=3", "http://x/a.webp#y", "b/info.json"])
def test_picture_files_are_known_by_their_endings(address: str) -> None:
    assert is_image_file(address)
    assert not is_image_file(address.replace(".", "-"))
    assert not is_image_file("http://[::1/x.jpg")

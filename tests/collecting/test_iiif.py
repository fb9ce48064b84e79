import json
from typing import Any

import pytest

from pixonomy.collecting.iiif import read_info
from pixonomy.collecting.search_results import Reply, Trouble

URL = "http://x/iiif/7/info.json"
V2 = {"@context": "http://iiif.io/api/image/2/context.json", "width": 6000, "height": 4000}
V3 = {"@context": ["http://x", "http://iiif.io/api/image/3/context.json"], "width": 6000,
      "height": 4000, "type": "ImageService3"}  # fmt: skip
SIZES = [{"width": 750, "height": 500}, {"width": 3000, "height": 2000},
         {"width": 1500, "height": 1000}, {"width": "x"}, 7]  # fmt: skip


def address(content: Any) -> str:
    return read_info(Reply(URL, 200, {}, json.dumps(content).encode()), "http://x/7").image_url


@pytest.mark.parametrize(
    ("content", "size"),
    [
        ({**V2, "profile": ["http://iiif.io/api/image/2/level2.json", {}]}, "1024,/0/default"),
        ({**V2, "profile": "http://iiif.io/api/image/2/level0.json", "sizes": SIZES},
         "1500,/0/default"),
        ({**V2, "profile": ["http://iiif.io/api/image/2/level0.json"]}, "full/0/default"),
        ({**V2, "width": 800, "height": 600}, "full/0/default"),
        ({**V3, "profile": "level1"}, "1024,/0/default"),
        ({**V3, "profile": "level0", "sizes": SIZES}, "1500,1000/0/default"),
        ({**V3, "profile": "level0"}, "max/0/default"),
        ({**V3, "width": 500, "height": 400}, "max/0/default"),
        ({**V3, "width": 4000, "height": 6000}, "682,/0/default"),
        ({"@context": "http://library.stanford.edu/iiif/image-api/1.1/context.json",
          "width": 5000, "height": 5000}, "1024,/0/native"),
    ],
)  # fmt: skip
def test_a_useful_size_is_asked_for_that_the_server_can_send(content: Any, size: str) -> None:
    assert address(content) == f"http://x/iiif/7/full/{size}.jpg"


def test_rights_and_size_are_kept() -> None:
    told = {**V3, "rights": "http://creativecommons.org/licenses/by/4.0/", "id": "http://evil/"}
    hit = read_info(Reply(URL + "?v=1", 200, {}, json.dumps(told).encode()), "http://x/7", "T")
    assert (hit.license_url, hit.width, hit.height) == (told["rights"], 6000, 4000)
    assert (hit.page_url, hit.title, hit.native_id) == ("http://x/7", "T", "http://x/iiif/7")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"width": 1e999, "height": 3}', b"7"])
def test_what_describes_no_picture_is_trouble(body: bytes) -> None:
    with pytest.raises(Trouble, match=r"info\.json describes no picture"):
        read_info(Reply(URL, 200, {}, body), "http://x/7")

import io
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from pixonomy.auditing.thumbnails import make_thumbnails
from pixonomy.dataset.location import Location
from pixonomy.progress import Context
from pixonomy.storage.address import Address


def test_pictures_become_small_jpegs_and_what_is_none_becomes_nothing(
    tmp_path: Path, write_images: Callable[..., Path]
) -> None:
    Image.new("RGB", (900, 300), "red").save(tmp_path / "long.png")
    (tmp_path / "text.jpg").write_text("no picture")
    names = ("text.jpg", "long.png", "gone.jpg")
    places = [Location(name, Address(tmp_path / name)) for name in names]
    text, long, gone = make_thumbnails(places, Context())
    assert (text, gone) == (None, None)
    assert long is not None
    with Image.open(io.BytesIO(long)) as image:
        assert (image.format, image.size) == ("JPEG", (160, 53))

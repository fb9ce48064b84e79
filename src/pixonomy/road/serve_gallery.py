"""A port goes in; a stock-photo site in a box is served there until somebody stops it."""

import tempfile
import time
from pathlib import Path

from pixonomy.errors import SettingError
from pixonomy.gallery.interfaces import COMMONS, FLICKR, OPENVERSE
from pixonomy.gallery.serve import make_app, serving
from pixonomy.gallery.stock import draw_stock
from pixonomy.progress import Surroundings


def box_settings(address: str) -> str:
    """Return the part of a taxonomy file that makes collections ask the site at `address`."""
    return f"""
[provider.commons]
base_url = "{address}{COMMONS}"
per_second = 500
private_hosts = ["127.0.0.1"]

[provider.openverse]
base_url = "{address}{OPENVERSE}"
per_second = 500
media_per_second = 500
private_hosts = ["127.0.0.1"]

[provider.flickr]
base_url = "{address}{FLICKR}"
per_second = 500
private_hosts = ["127.0.0.1"]

[provider.html]
search = "{address}/search?q={{keyword}}"
links = "a.photo"
at_once = 16
per_second = 500
private_hosts = ["127.0.0.1"]
"""


def serve_gallery(port: int, pictures: int, seed: int, surroundings: Surroundings) -> None:
    """Serve drawn pictures until Ctrl-C.

    Raises:
        SettingError: if the port is taken, or no pictures are wanted.
    """
    if pictures < 1:
        raise SettingError(f"Expected 1 or more pictures a category, not {pictures}.")
    with tempfile.TemporaryDirectory(prefix="pixonomy-gallery-") as folder:
        stock = draw_stock(Path(folder), pictures, seed, surroundings.progress)
        with serving(make_app(stock), port) as address:
            surroundings.say(f"{len(stock.photos)} photos at {address} until Ctrl-C.")
            surroundings.say(
                f"To collect from it, add to a taxonomy file:\n{box_settings(address)}"
            )
            try:
                while True:
                    time.sleep(3600)
            except KeyboardInterrupt:
                return

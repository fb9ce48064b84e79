"""Serves a drawn stock-photo site on a port of this machine until somebody stops it."""

import tempfile
import time
from contextlib import suppress
from pathlib import Path

from pixonomy.errors import SettingError
from pixonomy.gallery.http_site import make_app, serving
from pixonomy.gallery.photo_catalogue import draw_photo_catalogue
from pixonomy.gallery.site_apis import COMMONS, FLICKR, OPENVERSE
from pixonomy.progress import Context


def example_settings(address: str) -> str:
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


def serve_gallery(port: int, images: int, seed: int, context: Context) -> None:
    """Serve drawn pictures until Ctrl-C.

    Raises:
        SettingError: if the port is taken, or no pictures are wanted.
    """
    if images < 1:
        raise SettingError(f"Expected 1 or more pictures a category, not {images}.")
    with tempfile.TemporaryDirectory(prefix="pixonomy-gallery-") as folder:
        catalogue = draw_photo_catalogue(Path(folder), images, seed, context.progress)
        with serving(make_app(catalogue), port) as address, suppress(KeyboardInterrupt):
            context.report(f"{len(catalogue.photos)} photos at {address} until Ctrl-C.")
            context.report("To collect from it, add to a taxonomy file:")
            for line in example_settings(address).splitlines():  # one message is one line
                context.report(line)
            while True:
                time.sleep(3600)

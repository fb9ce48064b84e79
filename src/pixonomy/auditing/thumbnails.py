"""Makes the small images of the page, from the locations of the originals."""

from pixonomy.dataset.location import Location, in_chunks
from pixonomy.dataset.read import Fetched, read_all
from pixonomy.errors import UndecodableImage
from pixonomy.executors.local import run
from pixonomy.images.decode import decode
from pixonomy.pages.thumbnail import encode_thumbnail
from pixonomy.progress import Context

THUMBNAIL_PIXELS = 160
_CHUNK = 32  # images a task


def make_thumbnails(locations: list[Location], context: Context) -> list[bytes | None]:
    """Return a JPEG of at most 160 pixels a side for each; None where there is no image."""
    made: list[bytes | None] = []
    busy = context.cores if len(locations) > 8 * _CHUNK else 1
    for some in run(_shrink_all, in_chunks(locations, _CHUNK), busy):
        made += some
        context.progress("drawing the page", len(made), len(locations))
    return made


def _shrink_all(locations: list[Location]) -> list[bytes | None]:
    made = {place: _shrink(fetched) for place, fetched in read_all(locations)}
    return [made[place] for place in range(len(locations))]


def _shrink(fetched: Fetched) -> bytes | None:
    try:
        if isinstance(fetched, UndecodableImage):
            return None
        return encode_thumbnail(decode(fetched, THUMBNAIL_PIXELS // 2), THUMBNAIL_PIXELS)
    except UndecodableImage:  # it could be decoded before: the file has changed
        return None

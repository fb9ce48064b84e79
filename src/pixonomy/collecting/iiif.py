"""Reads from a IIIF `info.json` the address of an image of a useful size.

Source: IIIF Image API 1.1, 2.1 and 3.0 (iiif.io/api/image).
"""

import json
from collections.abc import Mapping

from pixonomy.collecting.provider import plain, whole
from pixonomy.collecting.search_results import Reply, SearchResult, Trouble
from pixonomy.json_types import Json

ENDING = "/info.json"

_USEFUL = 1024  # pixels of the longer side: more is read by no classifier, and costs the site


def read_info(reply: Reply, page_url: str, title: str = "") -> SearchResult:
    """Return the image that an `info.json` describes.

    Args:
        reply: of the address of the `info.json`.
        page_url: where people see the image.

    Raises:
        Trouble: if it describes none.
    """
    try:
        content = json.loads(reply.body)
    except (ValueError, RecursionError):
        content = None
    size = _size(content) if isinstance(content, dict) else None
    if size is None:
        raise Trouble("its info.json describes no picture")
    base = reply.url.partition("?")[0].removesuffix(ENDING)
    quality = "native" if _version(content) == 1 else "default"
    address = f"{base}/full/{size}/0/{quality}.jpg"
    rights = content.get("rights") or content.get("license")
    licence = plain(rights[0] if isinstance(rights, list) and rights else rights)
    return SearchResult(
        native_id=base,
        image_url=address,
        page_url=page_url,
        title=title,
        creator=plain(content.get("attribution")),
        license=licence,
        license_url=licence if licence.startswith(("http://", "https://")) else "",
        width=whole(content.get("width")),
        height=whole(content.get("height")),
    )


def _size(content: Mapping[str, Json]) -> str | None:
    """Return the size to ask for; None where the image has none."""
    width, height = whole(content.get("width")), whole(content.get("height"))
    if width is None or height is None:
        return None
    all_of_it = "max" if _version(content) == 3 else "full"
    if _is_level_0(content):
        return _offered(content) or all_of_it
    if max(width, height) <= _USEFUL:
        return all_of_it
    return f"{max(1, width * _USEFUL // max(width, height))},"


def _offered(content: Mapping[str, Json]) -> str | None:
    """Return, of the sizes kept ready, the smallest useful one, or else the largest."""
    sizes = content.get("sizes")
    pairs = [
        (width, height)
        for one in (sizes if isinstance(sizes, list) else [])[:100]
        if isinstance(one, dict)
        and (width := whole(one.get("width")))
        and (height := whole(one.get("height")))
    ]
    if not pairs:
        return None
    pairs.sort(key=max)
    width, height = next((one for one in pairs if max(one) >= _USEFUL), pairs[-1])
    return f"{width},{height}" if _version(content) == 3 else f"{width},"


def _version(content: Mapping[str, Json]) -> int:
    context = content.get("@context")
    text = " ".join(map(str, context)) if isinstance(context, list) else str(context)
    if "/image/3" in text or content.get("type") == "ImageService3":
        return 3
    return 1 if "image-api/1" in text else 2


def _is_level_0(content: Mapping[str, Json]) -> bool:
    profile = content.get("profile")
    first = profile[0] if isinstance(profile, list) and profile else profile
    return isinstance(first, str) and "level0" in first

"""Look-alikes of Commons', Openverse's and Flickr's interfaces over the drawn catalogue.

They answer in the providers' forms, with their limits and headers, so that what works here works
there. No key is checked for being a real one, only for being there.
"""

import hashlib
import time
from collections import deque

from aiohttp import web

from pixonomy.gallery.photo_catalogue import Photo
from pixonomy.gallery.site import CATALOGUE, address

COMMONS, OPENVERSE, FLICKR = "/w/api.php", "/v1", "/services/rest"

_COMMONS_DEEPEST = 10_000
_OPENVERSE_DEEPEST = 240
_FLICKR_MOST = 4000
_FLICKR_LICENSES = {
    "0": ("All Rights Reserved", ""),
    "9": ("CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    "21": ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
    "22": ("CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/"),
}  # not Flickr's own numbers: its list is to be asked for
_LICENSE_IDS = {name: number for number, (name, _) in _FLICKR_LICENSES.items()}
_FIRST_UPLOAD = 1_600_000_000  # photo n was uploaded n hours later

_ASKED = web.AppKey("asked", deque[float])
BURST = web.AppKey("burst", int)
"""Requests a minute that Openverse's look-alike answers without a token; 0: any number."""


def add_interfaces(app: web.Application, burst: int = 0) -> None:
    """Add the interfaces to an application that has a catalogue."""
    app[_ASKED], app[BURST] = deque(), burst
    app.add_routes(
        [
            web.get(COMMONS, _commons),
            web.get(f"{OPENVERSE}/images/", _openverse),
            web.post(f"{OPENVERSE}/auth_tokens/token/", _token),
            web.get(FLICKR, _flickr),
        ]
    )


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    return int(text) if text.isascii() and text.isdigit() else default


def _image(request: web.Request, photo: Photo) -> str:
    return address(request, f"/images/{photo.file}")


async def _commons(request: web.Request) -> web.Response:
    words = request.query.get("gsrsearch", "")
    text = " ".join(word for word in words.split() if ":" not in word)
    found = request.app[CATALOGUE].search(text)
    offset, limit = _number(request, "gsroffset", 0), min(50, _number(request, "gsrlimit", 10))
    shown = found[offset : offset + limit]
    content: dict[str, object] = {"batchcomplete": True}
    if shown:
        numbered = sorted(enumerate(shown, offset + 1), key=lambda one: one[1].number)
        pages = [_commons_page(request, photo, index) for index, photo in numbered]
        content["query"] = {"pages": pages}
    end = offset + limit
    if end < min(len(found), _COMMONS_DEEPEST):
        content["continue"] = {"gsroffset": end, "continue": "gsroffset||"}
    return web.json_response(content)


def _commons_page(request: web.Request, photo: Photo, index: int) -> dict[str, object]:
    url = _image(request, photo)
    about = {
        "Artist": f'<a href="//commons.wikimedia.org/wiki/User:X"><bdi>{photo.creator}</bdi></a>',
        "LicenseShortName": photo.license,
        "LicenseUrl": photo.license_url,
        "UsageTerms": photo.license,
    }
    data = request.app[CATALOGUE].read(photo)
    info = {
        "size": len(data),
        "width": photo.width,
        "height": photo.height,
        "thumburl": f"{url}?w=500",
        "thumbwidth": photo.width,
        "thumbheight": photo.height,
        "url": url,
        "descriptionurl": address(request, f"/photo/{photo.number}"),
        "mime": "image/jpeg",
        "sha1": hashlib.sha1(data, usedforsecurity=False).hexdigest(),
        "extmetadata": {name: {"value": value, "source": "x"} for name, value in about.items()},
    }
    return {
        "pageid": 1000 + photo.number,
        "ns": 6,
        "title": f"File:{photo.title}.jpg",
        "index": index,
        "imageinfo": [info],
    }


async def _openverse(request: web.Request) -> web.Response:
    has_token = request.headers.get("Authorization", "").startswith("Bearer ")
    headers = _openverse_limit(request, has_token)
    size, page = _number(request, "page_size", 20), _number(request, "page", 1)
    most = 50 if has_token else 20
    if size > most:
        detail = f"Page size must be between 0 & {most}"
        return web.json_response({"detail": detail}, status=401, headers=headers)
    if page * size > _OPENVERSE_DEEPEST:
        detail = f"Result window is too deep: {_OPENVERSE_DEEPEST}"
        return web.json_response({"detail": detail}, status=401, headers=headers)
    found = request.app[CATALOGUE].search(request.query.get("q", ""))
    results = [_openverse_result(request, one) for one in found[(page - 1) * size : page * size]]
    content = {
        "result_count": len(found),
        "page_count": min(-(-len(found) // size), _OPENVERSE_DEEPEST // size),
        "page_size": size,
        "page": page,
        "results": results,
    }
    return web.json_response(content, headers=headers)


def _openverse_limit(request: web.Request, has_token: bool) -> dict[str, str]:
    burst, asked, now = request.app[BURST], request.app[_ASKED], time.monotonic()
    if has_token or not burst:
        return {}
    while asked and asked[0] < now - 60:
        asked.popleft()
    if len(asked) >= burst:
        wait = str(round(60 - (now - asked[0])) + 1)
        raise web.HTTPTooManyRequests(headers={"Retry-After": wait}, text='{"detail": "throttled"}')
    asked.append(now)
    left = str(burst - len(asked))
    return {
        "X-RateLimit-Limit-anon_burst": f"{burst}/min",
        "X-RateLimit-Available-anon_burst": left,
    }


def _openverse_result(request: web.Request, photo: Photo) -> dict[str, object]:
    name, _, version = photo.license.removeprefix("CC ").rpartition(" ")
    return {
        "id": f"00000000-0000-4000-8000-{photo.number:012d}",
        "title": photo.title,
        "url": _image(request, photo),
        "foreign_landing_url": address(request, f"/photo/{photo.number}"),
        "creator": photo.creator,
        "creator_url": None,
        "license": name.casefold(),
        "license_version": version,
        "license_url": photo.license_url,
        "provider": "box",
        "source": "box",
        "width": photo.width,
        "height": photo.height,
        "filetype": "jpg",
        "filesize": None,
        "attribution": f'"{photo.title}" by {photo.creator}',
        "thumbnail": _image(request, photo),
        "mature": False,
    }


async def _token(request: web.Request) -> web.Response:
    form = await request.post()
    if form.get("grant_type") != "client_credentials" or not form.get("client_secret"):
        return web.json_response({"error": "invalid_client"}, status=401)
    return web.json_response({"access_token": "box-token", "token_type": "Bearer"})


async def _flickr(request: web.Request) -> web.Response:
    if not request.query.get("api_key"):
        return web.json_response({"stat": "fail", "code": 100, "message": "Invalid API Key"})
    if request.query.get("method") == "flickr.photos.licenses.getInfo":
        listed = [
            {"id": number, "name": name, "url": url}
            for number, (name, url) in _FLICKR_LICENSES.items()
        ]
        return web.json_response({"licenses": {"license": listed}, "stat": "ok"})
    first = _number(request, "min_upload_date", 0)
    last = _number(request, "max_upload_date", 1 << 40)
    found = [
        one
        for one in request.app[CATALOGUE].search(request.query.get("text", ""))
        if first <= _uploaded(one) <= last
    ]
    size, page = min(500, _number(request, "per_page", 100)), _number(request, "page", 1)
    # Behind the 4,000th, the same ones come again.
    start = (page - 1) * size % max(1, min(len(found), _FLICKR_MOST))
    photos = [_flickr_photo(request, one) for one in found[start : start + size]]
    content = {
        "page": page,
        "pages": -(-len(found) // size),
        "perpage": size,
        "total": len(found),
        "photo": photos,
    }
    return web.json_response({"photos": content, "stat": "ok"})


def _uploaded(photo: Photo) -> int:
    return _FIRST_UPLOAD + 3600 * photo.number


def _flickr_photo(request: web.Request, photo: Photo) -> dict[str, object]:
    return {
        "id": str(50_000_000 + photo.number),
        "owner": "1@N00",
        "title": photo.title,
        "license": _LICENSE_IDS[photo.license],
        "ownername": photo.creator,
        "dateupload": str(_uploaded(photo)),
        "tags": photo.title,
        "url_l": _image(request, photo),
        "width_l": photo.width,
        "height_l": photo.height,
    }

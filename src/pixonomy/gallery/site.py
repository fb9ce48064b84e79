"""An HTML photo site of drawn photos: search, pages, JSON-LD, robots.txt, a sitemap."""

import json
import re
from html import escape
from pathlib import Path
from urllib.parse import quote_plus
from xml.sax.saxutils import escape as escape_xml

from aiohttp import web

from pixonomy.gallery.photo_catalogue import Photo, PhotoCatalogue

CATALOGUE = web.AppKey("stock", PhotoCatalogue)

_STYLE = (Path(__file__).parent / "site.css").read_text("utf-8")
_PER_PAGE = 24
_PER_SITEMAP = 500


def add_site(app: web.Application) -> None:
    """Add the site's pages to an application that has a catalogue."""
    app.add_routes(
        [
            web.get("/", _front),
            web.get("/search", _search),
            web.get("/photo/{number}", _photo),
            web.get("/images/{file}", _image),
            web.get("/robots.txt", _robots),
            web.get("/sitemap.xml", _sitemap_index),
            web.get("/sitemap-{part}.xml", _sitemap),
            web.get("/private/{rest:.*}", _front),
        ]
    )


def find_photo(request: web.Request, number: str) -> Photo:
    """Return a photo by its number, or answer 404."""
    photos = request.app[CATALOGUE].photos
    if not number.isascii() or not number.isdigit() or int(number) >= len(photos):
        raise web.HTTPNotFound
    return photos[int(number)]


def address(request: web.Request, path: str) -> str:
    """Return the address of a path of this site."""
    return f"{request.scheme}://{request.host}{path}"


async def _front(request: web.Request) -> web.Response:
    catalogue = request.app[CATALOGUE]
    keywords = dict.fromkeys(_keyword(one) for one in catalogue.photos)
    links = "".join(f'<li><a href="{_search_for(one)}">{escape(one)}</a></li>' for one in keywords)
    body = (
        f"<p>{len(catalogue.photos):,} photos of {len(keywords)} subjects, drawn by a program to "
        "try collecting on. A few are flawed on purpose, as on any site.</p>"
        f"{_grid(_choose_front(catalogue))}"
        f'<h2>Subjects</h2><ul class="keywords">{links}</ul>'
    )
    return _page("Photo gallery", body)


def _choose_front(catalogue: PhotoCatalogue) -> list[Photo]:
    """Return whole photos from all over the catalogue."""
    broken = {one.path for one in catalogue.planted if one.kind == "broken_file"}
    whole = [one for one in catalogue.photos if one.file not in broken]
    shown = min(_PER_PAGE, len(whole))
    return [whole[place * len(whole) // shown] for place in range(shown)]


async def _search(request: web.Request) -> web.Response:
    query = request.query.get("q", "")
    number = max(
        1, int(request.query.get("page", "1")) if request.query.get("page", "1").isdigit() else 1
    )
    found = request.app[CATALOGUE].search(query)
    more = ""
    if number * _PER_PAGE < len(found):
        next_page = f"{_search_for(query)}&amp;page={number + 1}"
        more = f'<a rel="next" class="more" href="{next_page}">More</a>'
    shown = _grid(found[(number - 1) * _PER_PAGE : number * _PER_PAGE])
    noun = "photo" if len(found) == 1 else "photos"
    return _page(f"{len(found):,} {noun}: {query}", f"{shown}{more}", query=query)


def _keyword(photo: Photo) -> str:
    return photo.title.rpartition(" ")[0]


def _search_for(query: str) -> str:
    return f"/search?q={quote_plus(query)}"


def _grid(photos: list[Photo]) -> str:
    items = "".join(
        f'<li><a class="photo" href="/photo/{one.number}">'
        f'<img src="/images/{one.file}?w=100" alt=""><span>{escape(one.title)}</span></a></li>'
        for one in photos
    )
    return f'<ul class="photos">{items}</ul>' if items else "<p>There are none.</p>"


async def _photo(request: web.Request) -> web.Response:
    one = find_photo(request, request.match_info["number"])
    image = address(request, f"/images/{one.file}")
    content = {
        "@context": "https://schema.org",
        "@type": "ImageObject",
        "contentUrl": image,
        "acquireLicensePage": address(request, f"/photo/{one.number}"),
        "license": one.license_url,
        "creditText": one.creator,
        "creator": {"@type": "Person", "name": one.creator},
        "name": one.title,
        "width": one.width,
        "height": one.height,
    }
    block = json.dumps(content, ensure_ascii=False).replace("<", "\\u003c")
    head = (
        f'<script type="application/ld+json">{block}</script>'
        f'<meta property="og:image" content="{escape(image)}">'
    )
    keyword = _keyword(one)
    body = (
        f'<img class="full" src="{escape(image)}" alt="{escape(one.title)}" '
        f'width="{one.width}" height="{one.height}">'
        f"<p>By {escape(one.creator)}, "
        f'<a rel="license" href="{escape(one.license_url)}">{escape(one.license)}</a></p>'
        f'<p><a href="{_search_for(keyword)}">More of: {escape(keyword)}</a></p>'
    )
    return _page(one.title, body, head)


async def _image(request: web.Request) -> web.StreamResponse:
    catalogue = request.app[CATALOGUE]
    name = request.match_info["file"]
    if not re.fullmatch(r"[0-9]+\.jpg", name) or not (catalogue.folder / name).is_file():
        raise web.HTTPNotFound
    return web.FileResponse(catalogue.folder / name, headers={"Content-Type": "image/jpeg"})


async def _robots(request: web.Request) -> web.Response:
    text = f"User-agent: *\nDisallow: /private/\nSitemap: {address(request, '/sitemap.xml')}\n"
    return web.Response(text=text)


async def _sitemap_index(request: web.Request) -> web.Response:
    parts = range(-(-len(request.app[CATALOGUE].photos) // _PER_SITEMAP))
    maps = "".join(
        f"<sitemap><loc>{escape_xml(address(request, f'/sitemap-{part}.xml'))}</loc></sitemap>"
        for part in parts
    )
    schema = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return _xml(f'<sitemapindex xmlns="{schema}">{maps}</sitemapindex>')


async def _sitemap(request: web.Request) -> web.Response:
    part = request.match_info["part"]
    if not part.isdigit():
        raise web.HTTPNotFound
    start = int(part) * _PER_SITEMAP
    urls = "".join(
        f"<url><loc>{escape_xml(address(request, f'/photo/{one.number}'))}</loc>"
        f"<image:image><image:loc>{escape_xml(address(request, f'/images/{one.file}'))}</image:loc>"
        f"<image:title>{escape_xml(one.title)}</image:title>"
        f"<image:license>{escape_xml(one.license_url)}</image:license></image:image></url>"
        for one in request.app[CATALOGUE].photos[start : start + _PER_SITEMAP]
    )
    return _xml(
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">{urls}</urlset>'
    )


def _page(title: str, body: str, head: str = "", query: str = "") -> web.Response:
    form = (
        '<form action="/search"><input name="q" aria-label="Search photos" '
        f'placeholder="Search photos" value="{escape(query)}"><button>Search</button></form>'
    )
    text = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>{head}</head><body>"
        f'<header><div><a href="/">Pixonomy gallery</a>{form}</div></header>'
        f"<main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
    return web.Response(text=text, content_type="text/html", charset="utf-8")


def _xml(text: str) -> web.Response:
    return web.Response(
        text=f'<?xml version="1.0" encoding="UTF-8"?>{text}', content_type="application/xml"
    )

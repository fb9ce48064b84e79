"""A sitemap goes in; the pictures it names, and further sitemaps, come out."""

from lxml import etree

from pixonomy.collecting.finds import Find, Trouble
from pixonomy.collecting.provider import plain

_MAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_IMAGE = "http://www.google.com/schemas/sitemap-image/1.1"


def read_sitemap(data: bytes) -> tuple[list[Find], list[str]]:
    """Read a sitemap, or an index of sitemaps.

    Returns:
        Pictures, each with its page; and the addresses of further sitemaps.

    Raises:
        Trouble: if it is no XML.
    """
    # Entities are not resolved and trees are bounded: a sitemap is anybody's file.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise Trouble("the sitemap is no XML") from error
    if root is None:
        raise Trouble("the sitemap is no XML")
    further = [
        plain(one.text) for one in root.iterfind(f"{{{_MAP}}}sitemap/{{{_MAP}}}loc") if one.text
    ]
    finds = []
    for page in root.iterfind(f"{{{_MAP}}}url"):
        place = plain(page.findtext(f"{{{_MAP}}}loc"))
        for image in page.iterfind(f"{{{_IMAGE}}}image"):
            address = plain(image.findtext(f"{{{_IMAGE}}}loc"))
            if address:
                finds.append(
                    Find(
                        native_id=address,
                        image_url=address,
                        page_url=place,
                        title=_first(image, "title", "caption"),
                        license_url=_first(image, "license"),
                    )
                )
    return finds, further


def _first(image: etree._Element, *names: str) -> str:
    texts = (plain(image.findtext(f"{{{_IMAGE}}}{name}")) for name in names)
    return next(filter(None, texts), "")

"""Renders what was collected: one page to look at, and one of credits to publish."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from pixonomy.pages.provenance import Provenance
from pixonomy.pages.render import render

_MOST_REASONS = 20
_OPEN_SHEETS = 6  # the others are folded


@dataclass(frozen=True)
class KeywordSheet:
    """A keyword and what it has.

    Attributes:
        had: different images; `usable`: those of them without a problem.
        wanted: images; `waiting`: addresses that are still to be fetched.
        providers, licenses: name → images that were found for it first.
        thumbnails: JPEG data URIs with what they are, for those who do not see them.
    """

    category: str
    keyword: str
    had: int
    usable: int
    wanted: int
    waiting: int
    providers: Mapping[str, int]
    licenses: Mapping[str, int]
    thumbnails: tuple[tuple[str, str], ...] = ()

    @property
    def missing(self) -> int:
        """How many usable images are missing."""
        return max(0, self.wanted - self.usable)


@dataclass(frozen=True)
class CategorySheet:
    """A category and how many usable images it has; `missing` of all that its keywords want."""

    name: str
    usable: int
    missing: int


@dataclass(frozen=True)
class CollectedPage:
    """All that the page tells.

    Attributes:
        provenance: when, for what and by which command it was collected.
        next_command: what to go on with.
        totals: what is counted, in words → how many.
        categories: those of the taxonomy, in its order.
        left_out: problem → images; `refused`, `failed`: reason → addresses.
        left: hosts at which images still wait → why.
        licenses: SPDX identifier, or what is known → images.
        permissions: provider → who allows training.
        policy: the licences that were asked for; empty: all.
    """

    title: str
    provenance: Provenance
    next_command: str
    totals: Mapping[str, int]
    categories: Sequence[CategorySheet]
    sheets: Sequence[KeywordSheet]
    left_out: Mapping[str, int]
    refused: Mapping[str, int]
    failed: Mapping[str, int]
    left: Mapping[str, str]
    licenses: Mapping[str, int]
    permissions: Mapping[str, str]
    policy: Sequence[str]


def render_collected(page: CollectedPage) -> str:
    """Return the page as one HTML5 string; every text from outside is escaped."""
    return render(
        Path(__file__).parent,
        "collected.html",
        page=page,
        filled=[one for one in page.sheets if one.had],
        empty=[one for one in page.sheets if not one.had],
        shown=[one for one in page.sheets if one.thumbnails],
        open_sheets=_OPEN_SHEETS,
        missing=sum(one.missing for one in page.sheets),
        short=sum(one.missing > 0 for one in page.sheets),
        tables=(
            ("Licences", "Pictures by licence, as SPDX names it.", "Licence",
             "Pictures", page.licenses),
            ("Pictures left out", "They are kept, and have a problem in the manifest.", "Reason",
             "Pictures", _first(page.left_out)),
            ("Addresses refused", "They are not asked for again; --retry refused asks again.",
             "Reason", "Addresses", _first(page.refused)),
            ("Addresses that failed", "The next runs ask for them again, a few times.", "Reason",
             "Addresses", _first(page.failed)),
        ),
    )  # fmt: skip


def _first(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the most frequent reasons, and the others as one."""
    ordered = sorted(counts.items(), key=lambda one: -one[1])
    rest = ordered[_MOST_REASONS:]
    reasons = dict(ordered[:_MOST_REASONS])
    return reasons | ({f"{len(rest):,} other reasons": sum(n for _, n in rest)} if rest else {})


def render_credits(
    title: str, rows: Iterable[Mapping[str, str | None]], count: int
) -> Iterator[str]:
    """Yield a page that names each image's title, creator, source and licence, bit by bit.

    These four are what Creative Commons asks for (https://wiki.creativecommons.org/wiki/
    Best_practices_for_attribution). Every text from outside is escaped; only web addresses are
    links.

    Args:
        rows: of each image title, creator, license, license_id, license_url, page_url and
            image_url.
    """
    place, placeholder = Path(__file__).parent, "<!-- credits -->"
    created = f"{datetime.now(UTC):%d %B %Y}".lstrip("0")
    page = render(
        place, "credits.html", title=title, count=count, created=created, mark=placeholder
    )
    before, after = page.split(placeholder)
    yield before
    for row in rows:
        yield f"<li>{_credit(row)}</li>\n"
    yield after


def _credit(row: Mapping[str, str | None]) -> str:
    title = _link(row["title"] or "Untitled", row["page_url"] or row["image_url"])
    creator = escape(row["creator"] or "an unnamed creator")
    licence = row["license"] or row["license_id"]
    licence_text = _link(licence, row["license_url"]) if licence else "no licence named"
    return f"{title} by {creator}, {licence_text}"


def _link(text: str, address: str | None) -> str:
    if not address or not address.startswith(("http://", "https://")):
        return escape(text)
    return f'<a href="{escape(address)}" rel="nofollow">{escape(text)}</a>'

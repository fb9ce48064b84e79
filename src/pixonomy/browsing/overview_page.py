"""Renders all that is known of a manifest as one page."""

import html
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from markupsafe import Markup

from pixonomy.browsing.curve import draw_curve
from pixonomy.browsing.image_counts import ImageCounts
from pixonomy.browsing.overview_counts import (
    BARS,
    FEW,
    describe_counts,
    describe_splits,
    describe_spread,
    draw_branches,
    draw_categories,
    draw_group_sizes,
    list_notes,
)
from pixonomy.browsing.sampled_images import Rows, SampledImage
from pixonomy.browsing.sheets import describe_sheet, make_sheets, name_categories
from pixonomy.browsing.sizes import QUANTILES, Sizes
from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.errors import SettingError
from pixonomy.pages.bars import Bar, scale_bars
from pixonomy.pages.problems import ProblemGroup, group_problems
from pixonomy.pages.provenance import Provenance
from pixonomy.pages.render import render
from pixonomy.pages.wording import percent, storage
from pixonomy.storage.files import storage_errors

MOST_THUMBNAILS = 2_000  # about 12 MB of the page
_OPEN_SHEETS, _OPEN_BARS = 5, 10  # the others are folded
_MOST_LISTED = 10_000  # categories told in numbers
_SIZES_SHOWN = 8
_FINGERPRINT = re.compile(r'<meta name="pixonomy" content="([^"]*)">')
_FINGERPRINT_WITHIN = 64 * 1024  # characters from the beginning of the page


@dataclass(frozen=True)
class BrowseChoices:
    """How much of a manifest is shown.

    Attributes:
        categories: how many of the largest get a contact sheet.
        each: thumbnails of each of them.
        seed: decides which images.
    """

    categories: int = 60
    each: int = 12
    seed: int = 0

    def __post_init__(self) -> None:
        if self.categories < 0 or self.each < 1 or self.seed < 0:
            raise SettingError("Expected 0 or more categories, 1 or more of each, a seed from 0.")
        if self.categories * self.each > MOST_THUMBNAILS:
            raise SettingError(
                f"{self.categories} categories of {self.each} pictures are more than the "
                f"{MOST_THUMBNAILS:,} a page can hold; ask for fewer (--categories, --each)."
            )


@dataclass(frozen=True)
class Overview:
    """What the page tells.

    Attributes:
        title: of the page.
        drawn: label → numbers of the rows on its contact sheet.
        sampled: the number of a row → its image.
        facts: what else is known, in order.
        provenance: when, from what and by which command the page was made.
        next_step: what to go on with, and its command.
        mark: plain JSON that the page carries and `read_fingerprint` returns.
    """

    title: str
    image_counts: ImageCounts
    sizes: Sizes
    taxonomy: Taxonomy | None
    drawn: Mapping[str | None, Rows]
    sampled: Mapping[int, SampledImage]
    facts: Mapping[str, str]
    provenance: Provenance
    next_step: tuple[str, str]
    mark: Mapping[str, object]


def render_overview(overview: Overview) -> str:
    """Return the page as one HTML5 string; every text from outside is escaped."""
    image_counts = overview.image_counts
    # A table may name as many categories as it has rows: no more are named than can be shown.
    shown = image_counts.categories.head(len(overview.drawn) + _MOST_LISTED)
    names = name_categories(shown, overview.taxonomy)
    sheets = make_sheets(shown, names, overview.taxonomy, overview.drawn, overview.sampled)
    return render(
        Path(__file__).parent,
        "browse.html",
        overview=overview,
        mark=json.dumps(overview.mark),
        image_counts=image_counts,
        spread=describe_spread(image_counts),
        splits=describe_splits(image_counts),
        notes=list_notes(image_counts),
        bars=draw_categories(image_counts, names, len(overview.drawn)),
        branches=draw_branches(image_counts, overview.taxonomy),
        curve=_draw_curve(image_counts),
        counts=describe_counts(image_counts, names) if names else {},
        group_bars=draw_group_sizes(image_counts),
        broken=_group_faults(overview.sampled),
        sheets=sheets[: len(overview.drawn)],
        listed=sheets[len(overview.drawn) :],
        unlisted=image_counts.categories.slice(shown.height),
        has_trouble=any(one.trouble for sheet in sheets for one in sheet.shown),
        describe_sheet=describe_sheet,
        open_sheets=_OPEN_SHEETS,
        open_bars=_OPEN_BARS,
        **_describe_sizes(overview.sizes),
    )


def read_fingerprint(path: Path) -> dict[str, object] | None:
    """Return the mark that a page at `path` carries, as it was given to `Overview`.

    Returns:
        None where there is nothing; {} where something else is.

    Raises:
        StorageError: if it cannot be read.
    """
    with storage_errors(path):
        if not path.exists() and not path.is_symlink():
            return None
        if path.is_file():
            with path.open(encoding="utf-8", errors="replace") as file:
                found = _FINGERPRINT.search(file.read(_FINGERPRINT_WITHIN))
            with suppress(ValueError):  # somebody else's mark need not be JSON
                record = json.loads(html.unescape(found[1])) if found is not None else None
                return record if isinstance(record, dict) else {}
    return {}


def _draw_curve(image_counts: ImageCounts) -> Markup | None:
    images = image_counts.named["pictures"].to_numpy()
    if np.count_nonzero(images) <= BARS:
        return None
    return Markup(draw_curve(images, FEW))


def _group_faults(sampled: Mapping[int, SampledImage]) -> list[ProblemGroup]:
    rows = [(one.image_id, one.fault) for one in sampled.values() if one.fault is not None]
    schema = {"image_id": pl.String, "problem": pl.String}
    return group_problems(pl.LazyFrame(rows, schema, orient="row"))


def _describe_sizes(sizes: Sizes) -> dict[str, object]:
    """What the template needs of sizes; no bars and no table where nothing is known."""
    if not sizes.measured:
        return {"size_bars": []}
    columns = {
        "Width": [f"{one:,}" for one in sizes.sides("width")],
        "Height": [f"{one:,}" for one in sizes.sides("height")],
        "Shorter side": [f"{one:,}" for one in sizes.sides("side")],
    }
    if sizes.lengths is not None:
        columns["Encoded"] = [storage(one) for one in sizes.lengths]
    return {
        "size_bars": _draw_sizes(sizes),
        "shapes": _describe_shapes(sizes),
        "quantities": list(columns),
        "quantiles": list(zip(QUANTILES, *columns.values(), strict=True)),
    }


def _draw_sizes(sizes: Sizes) -> list[Bar]:
    most = sizes.dimensions.head(_SIZES_SHOWN)
    lines = [
        (f"{width} × {height}", percent(n / sizes.measured), n)
        for width, height, n in most.select("width", "height", "n").iter_rows()
    ]
    others = sizes.measured - int(most["n"].sum())
    if others:
        kinds = sizes.dimensions.height - most.height
        lines.append((f"{kinds:,} other sizes", percent(others / sizes.measured), others))
    return scale_bars(lines)


def _describe_shapes(sizes: Sizes) -> str:
    wider = pl.col("width") - pl.col("height")
    shares = {
        name: int(sizes.dimensions.filter(kind)["n"].sum()) / sizes.measured
        for name, kind in (
            ("square", wider == 0),
            ("wider than high", wider > 0),
            ("higher than wide", wider < 0),
        )
    }
    return ", ".join(f"{percent(share)} {name}" for name, share in shares.items() if share)

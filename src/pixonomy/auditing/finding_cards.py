"""Makes the cards of the page: images of a finding, where they lie and what is known of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from pixonomy.auditing.audit_outcome import Outcome
from pixonomy.auditing.audit_page import Card, Choice, Shown
from pixonomy.auditing.finding_examples import Example
from pixonomy.auditing.kinds import (
    CATEGORY_LEAKS,
    CONFLICTS,
    DOUBTFUL,
    EXACT,
    LABEL_ISSUES,
    NEAR,
    SPLIT_LEAKS,
)
from pixonomy.auditing.thumbnails import make_thumbnails
from pixonomy.dataset.location import LOCATED, Location, locate
from pixonomy.pages.wording import counted, percent
from pixonomy.progress import Context
from pixonomy.spreadsheet import guard
from pixonomy.storage.files import printable
from pixonomy.storage.tables import scan_parquet

NO_CATEGORY = "(no category)"
_NAMED = ("label", "keyword", "split")
_CORRECTABLE = {LABEL_ISSUES, DOUBTFUL}

_Images = Mapping[int, tuple[Shown, Mapping[str, str | None]]]


def make_cards(
    examples: Mapping[str, Sequence[Example]],
    outcome: Outcome,
    names: Mapping[str, str],
    context: Context,
) -> dict[str, list[Card]]:
    """Read the images of the examples; return the cards of each kind.

    Args:
        names: label → what to call it.
    """
    images = _read_images(examples, outcome, names, context)
    return {
        kind: [_card(kind, one, images, outcome.reviewed, names) for one in some]
        for kind, some in examples.items()
    }


def name_file(location: Location, base: Path) -> str:
    """Return where an image lies, for people: relative to `base`, with its place in an archive."""
    path = location.file.path
    if path is not None and path.is_relative_to(base):
        path = path.relative_to(base)
    name = location.file.url if path is None else printable(path)
    if location.member is not None:
        return f"{name}, {location.member}"
    return f"{name}, byte {location.offset:,}" if location.offset else name


def _read_images(
    examples: Mapping[str, Sequence[Example]],
    outcome: Outcome,
    names: Mapping[str, str],
    context: Context,
) -> _Images:
    """Return row → what is shown of its image, and the columns `_NAMED`."""
    rows = sorted({row for some in examples.values() for one in some for row in one.rows})
    wanted = pl.LazyFrame({"row": rows}, schema={"row": pl.UInt32})
    with scan_parquet(outcome.path) as table:
        known = [name for name in _NAMED if name in table.collect_schema()]
        numbered = table.select(LOCATED, *known).with_row_index("row")
        picked = numbered.join(wanted, on="row", how="semi").collect(engine="streaming").sort("row")
    base = outcome.about.base
    locations = locate(picked, base)
    thumbnails = make_thumbnails(locations, context)
    shown = {}
    for place, one in enumerate(picked.iter_rows(named=True)):
        name = NO_CATEGORY if one["label"] is None else names[one["label"]]
        file = name_file(locations[place], base)
        image = Shown(one["image_id"], name, thumbnails[place], file=file)
        shown[one["row"]] = (image, {column: one.get(column) for column in _NAMED})
    return shown


def _card(
    kind: str,
    example: Example,
    images: _Images,
    reviewed: pl.DataFrame,
    names: Mapping[str, str],
) -> Card:
    shown = tuple(_annotate(kind, row, images, reviewed, names) for row in example.rows)
    sentence = _sentence(kind, example)
    first = example.rows[0]
    if kind == LABEL_ISSUES and sentence is not None:
        for label in (images[first][1]["label"], _suggested(first, reviewed, {})):
            sentence = sentence.replace(f"“{label}”", f"“{names.get(str(label), label)}”")
    choice = _choose(first, images, reviewed, names) if kind in _CORRECTABLE else None
    return Card(shown, sentence, choice, kind in {EXACT, CONFLICTS})


def _annotate(
    kind: str, row: int, images: _Images, reviewed: pl.DataFrame, names: Mapping[str, str]
) -> Shown:
    image, columns = images[row]
    notes = []
    if kind == CATEGORY_LEAKS and columns["keyword"] is not None:
        notes.append(f"found by “{columns['keyword']}”")
    if kind in {SPLIT_LEAKS, NEAR, EXACT} and columns["split"] is not None:
        notes.append(f"in {columns['split']}")
    if kind in _CORRECTABLE:
        suggested = _suggested(row, reviewed, names)
        notes += [f"looks like: {suggested}"] if suggested != image.label else []
    return replace(image, notes=tuple(notes))


def _choose(row: int, images: _Images, reviewed: pl.DataFrame, names: Mapping[str, str]) -> Choice:
    image, columns = images[row]
    written = pl.select(guard(pl.lit(image.image_id))).item()
    suggested, label = _suggested(row, reviewed, {}), str(columns["label"])
    # A run can know categories that the manifest has no image of.
    return Choice(image.image_id, written, label, suggested if suggested in names else label)


def _sentence(kind: str, example: Example) -> str | None:
    if kind in {EXACT, CONFLICTS}:
        return f"The same file {counted(example.size, 'time')}."
    if kind in {CATEGORY_LEAKS, SPLIT_LEAKS}:
        return f"{counted(example.size, 'copy', 'copies')} in all."
    if kind == NEAR and example.score is not None:
        return f"What both show agrees to {percent(example.score)}."
    if kind == DOUBTFUL:
        return f"The label is {example.detail}."
    return example.detail


def _suggested(row: int, reviewed: pl.DataFrame, names: Mapping[str, str]) -> str:
    label = str(reviewed.filter(pl.col("row") == row)["suggested"].item())
    return names.get(label, label)

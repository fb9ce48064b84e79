"""Makes the contact sheets of categories for the page."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pixonomy.browsing.overview_counts import name_sheet
from pixonomy.browsing.sampled_images import Rows, SampledImage
from pixonomy.dataset.manifest import SPLITS
from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.pages.thumbnail import as_data_uri
from pixonomy.pages.wording import counted, display_names, shorten

NO_CATEGORY = "(no category)"
_LONGEST_NAME = 60  # letters; a table can name anything a category


@dataclass(frozen=True)
class Shown:
    """One image of a sheet.

    Attributes:
        alt: what it is, for those who do not see it.
        source: a JPEG data URI; None where it cannot be decoded.
        trouble: what is wrong with it, or None.
    """

    alt: str
    source: str | None
    trouble: str | None


@dataclass(frozen=True)
class Sheet:
    """One category on the page, with images or only with counts.

    Attributes:
        place: the id of its place on the page.
        path: the names above it in the tree, and its id where that is another than its name.
        splits: split → images; empty where nothing is split.
    """

    place: str
    name: str
    path: str
    images: int
    groups: int
    left_out: int
    splits: Mapping[str, int]
    shown: tuple[Shown, ...] = ()


def name_categories(shown: pl.DataFrame, taxonomy: Taxonomy | None) -> dict[str, str]:
    """Return what to call each label of some rows of `ImageCounts.categories`."""
    labels = shown["label"].drop_nulls().to_list()
    names = {label: taxonomy.name(label) for label in labels} if taxonomy else {}
    displayed = display_names(labels, names)
    return {label: shorten(name, _LONGEST_NAME) for label, name in displayed.items()}


def make_sheets(
    shown: pl.DataFrame,
    names: Mapping[str, str],
    taxonomy: Taxonomy | None,
    drawn: Mapping[str | None, Rows],
    sampled: Mapping[int, SampledImage],
) -> list[Sheet]:
    """Return a sheet for each category, with the images that were drawn of it.

    Args:
        shown: the first rows of `ImageCounts.categories`.
        names: label → what to call it.
        drawn: label → numbers of the rows to show.
        sampled: the number of a row → its image.
    """
    is_split = any(shown[name].sum() for name in SPLITS)
    sheets = []
    for place, row in enumerate(shown.iter_rows(named=True)):
        label = row["label"]
        name = NO_CATEGORY if label is None else names[label]
        images = tuple(_show(sampled[int(number)], name) for number in drawn.get(label, ()))
        splits = {split: row[split] for split in SPLITS} if is_split else {}
        counts = (row["pictures"], row["groups"], row["left_out"])
        path = _describe_path(label, taxonomy)
        sheets.append(Sheet(name_sheet(place), name, path, *counts, splits, images))
    return sheets


def _describe_path(label: str | None, taxonomy: Taxonomy | None) -> str:
    if taxonomy is None or label is None or label not in taxonomy.categories:
        return ""
    names = taxonomy.path_names(label)
    # What has no id of its own is called by the names above it: once is enough.
    return " / ".join(names if " / ".join(names) == label else (*names[:-1], label))


def _show(image: SampledImage, name: str) -> Shown:
    left_out = None if image.problem is None else f"left out: {image.problem}"
    fault = None if image.fault == image.problem else image.fault
    trouble = "; ".join(one for one in (left_out, fault) if one)
    source = None if image.thumbnail is None else as_data_uri(image.thumbnail)
    return Shown(f"{name}: {image.image_id}", source, trouble or None)


def describe_sheet(sheet: Sheet) -> str:
    """Say in words how many images a category has."""
    caption = counted(sheet.images, "picture")
    if sheet.groups != sheet.images + sheet.left_out:
        caption += f" in {counted(sheet.groups, 'group')}"
    if sheet.left_out:
        caption += f", {sheet.left_out:,} left out"
    splits = ", ".join(f"{split} {n:,}" for split, n in sheet.splits.items())
    return f"{caption} ({splits})" if splits else caption

"""Words the counts of a manifest for the page, as sentences and bars."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from pixonomy.browsing.image_counts import ImageCounts
from pixonomy.dataset.manifest import SPLITS
from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.pages.bars import Bar, scale_bars
from pixonomy.pages.wording import counted, percent

FEWEST, FEW = 3, 100
BARS = 30
_EXACT_SIZES = 4
_SIZE_BINS = ((5, 9), (10, 99))


def name_sheet(place: int) -> str:
    """Return the id of a category's contact sheet on the page."""
    return f"sheet-{place + 1}"


def draw_categories(image_counts: ImageCounts, names: Mapping[str, str], sheets: int) -> list[Bar]:
    """Return a bar for each of the largest categories, linked to its sheet where it has one."""
    largest = image_counts.named.head(BARS).select("label", "pictures")
    bars = scale_bars((names[label], f"{n:,}", n) for label, n in largest.iter_rows())
    return [
        replace(bar, link=name_sheet(place) if place < sheets else None)
        for place, bar in enumerate(bars)
    ]


def draw_branches(image_counts: ImageCounts, taxonomy: Taxonomy | None) -> list[Bar]:
    """Return a bar for each of the largest branches at level 1; none where there are no others."""
    first = _find_branches(taxonomy)
    table = image_counts.named.with_columns(branch=pl.col("label").replace(first))
    branches = table.group_by("branch").agg(pl.col("pictures").sum(), n=pl.len())
    if not first or branches.height == table.height:
        return []
    largest = branches.sort(["pictures", "branch"], descending=[True, False]).head(BARS)
    return scale_bars(
        (f"{branch} ({counted(n, 'category', 'categories')})", f"{images:,}", images)
        for branch, images, n in largest.iter_rows()
    )


def draw_group_sizes(image_counts: ImageCounts) -> list[Bar]:
    """Return a bar for each number of images that groups have; none where all have one."""
    if set(image_counts.group_sizes) <= {1}:
        return []
    bins = [(size, size) for size in range(1, _EXACT_SIZES + 1)] + list(_SIZE_BINS)
    lines = [
        (f"{low} to {high}" if low < high else str(low), _groups_between(image_counts, low, high))
        for low, high in bins
    ]
    lines.append((f"{_SIZE_BINS[-1][1] + 1} or more", _groups_between(image_counts, 100, None)))
    return scale_bars((name, f"{n:,}", n) for name, n in lines if n)


def describe_counts(image_counts: ImageCounts, names: Mapping[str, str]) -> dict[str, str]:
    """Return how the images are spread over the categories, as terms and descriptions."""
    table = image_counts.named
    images, k = table["pictures"].to_numpy(), table.height
    terms = {
        "Median category": counted(round(float(np.median(images))), "picture"),
        "Largest, smallest": f"{images[0]:,} and {images[-1]:,} pictures",
    }
    in_all = max(1, int(images.sum()))
    if k >= 10:
        tenth = -(-k // 10)
        share = percent(int(images[:tenth].sum()) / in_all)
        terms["Largest tenth"] = f"{counted(tenth, 'category', 'categories')}: {share} of pictures"
    for floor in (FEWEST, FEW):
        few = int((images < floor).sum())
        terms[f"Fewer than {floor} pictures"] = counted(few, "category", "categories")
    if k > 1 and images[0]:
        share = percent(int(images[0]) / in_all)
        terms["Always answering the largest"] = f"“{names[table['label'][0]]}”: right for {share}"
    return terms


def describe_spread(image_counts: ImageCounts) -> str:
    """Say, as the end of a sentence, how many images a category has."""
    images = image_counts.named["pictures"].to_numpy()
    if images.size < 2:
        return ""
    fewest, most = int(images.min()), int(images.max())
    return f", {most:,} each" if fewest == most else f", {fewest:,} to {most:,} each"


def describe_splits(image_counts: ImageCounts) -> str:
    """Say in a sentence how the images are split."""
    numbers = {name: int(image_counts.categories[name].sum()) for name in SPLITS}
    if not any(numbers.values()):
        return "They are not split into train, validation and test yet."
    listed = ", ".join(f"{n:,} {name}" for name, n in numbers.items())
    rest = image_counts.usable - sum(numbers.values())
    return f"Split: {listed}{f', {rest:,} in none' if rest else ''}."


def list_notes(image_counts: ImageCounts) -> list[str]:
    """Return what should be known before training, a sentence each."""
    table, notes = image_counts.named, []
    unlabelled = image_counts.usable - int(table["pictures"].sum())
    if unlabelled and unlabelled == image_counts.usable:
        notes.append("No picture has a category: they can be classified, but not learnt from.")
    elif unlabelled:
        subject = counted(unlabelled, "picture has", "pictures have")
        notes.append(f"{subject} no category and will not be learnt from.")
    few = int((table["pictures"] < FEWEST).sum())
    if few:
        subject = counted(few, "category has", "categories have")
        notes.append(
            f"{subject} fewer than {FEWEST} pictures: not enough to learn from, choose by "
            "and test on."
        )
    if table.height == 1:
        notes.append("There is one category only: nothing to tell apart.")
    return notes


def _find_branches(taxonomy: Taxonomy | None) -> dict[str, str]:
    """Return the name at level 1 of each label, at whatever level the labels are."""
    if taxonomy is None:
        return {}
    return {label: taxonomy.path_names(label)[0] for label in taxonomy.categories}


def _groups_between(image_counts: ImageCounts, low: int, high: int | None) -> int:
    sizes = image_counts.group_sizes.items()
    return sum(n for size, n in sizes if size >= low and (high is None or size <= high))

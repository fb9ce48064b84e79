"""Rows of manifests, and pictures that were looked at, as the tests of this room need them."""

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl
import pytest

from pixonomy.browsing.image_counts import ImageCounts, count_images
from pixonomy.dataset.manifest import conform

MakeRows = Callable[..., pl.LazyFrame]


@pytest.fixture
def make_rows() -> MakeRows:
    """Return a function that makes a manifest's rows of labels and other columns."""

    def make(labels: Sequence[str | None], **columns: Any) -> pl.LazyFrame:
        count = len(labels)
        known = {
            "image_id": [f"picture {number}" for number in range(count)],
            "group_id": [f"group {number}" for number in range(count)],
            "label": list(labels),
        }
        return conform(pl.DataFrame(known | columns, strict=False)).lazy()

    return make


@pytest.fixture
def make_census(make_rows: MakeRows) -> Callable[..., ImageCounts]:
    """Return a function that counts rows with so many pictures of each label."""

    def make(sizes: dict[str, int], **columns: Any) -> ImageCounts:
        labels = [label for label, size in sizes.items() for _ in range(size)]
        return count_images(make_rows(labels, **columns))

    return make

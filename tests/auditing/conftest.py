"""Small audits for the tests of the room."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl
import pytest

from pixonomy.auditing.duplicate_groups import group_duplicates
from pixonomy.auditing.findings import Audited, gather_audited

PAIR = {"first": pl.UInt32, "second": pl.UInt32, "how": pl.String, "score": pl.Float32}


@pytest.fixture
def audited() -> Callable[..., Audited]:
    """Return a function: numbers of equal pictures, pairs of rows, columns of the manifest."""

    def make(
        images: list[int], pairs: list[tuple[int, int, str, float]], **columns: Any
    ) -> Audited:
        table = pl.DataFrame(pairs, schema=PAIR, orient="row")
        duplicates = group_duplicates(np.array(images, np.int32), table)
        told: Mapping[str, Any] = columns or {"label": [None] * len(images)}
        return gather_audited(pl.DataFrame(told), duplicates, table)

    return make

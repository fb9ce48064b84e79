import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.dataset.connected import connect, describe_units

KEYS = st.lists(st.tuples(*[st.none() | st.sampled_from("abcde")] * 2), max_size=20)


@given(KEYS)
@settings(deadline=None)
def test_components_are_those_that_walking_along_equal_keys_reaches(
    keys: list[tuple[str | None, str | None]],
) -> None:
    series = [pl.Series([pair[side] for pair in keys], dtype=pl.String) for side in (0, 1)]
    component = connect(series)
    assert component.shape == (len(keys),)
    for start in range(len(keys)):
        reached, edge = {start}, [start]
        while edge:
            here = keys[edge.pop()]
            near = {
                row
                for row, there in enumerate(keys)
                if any(a is not None and a == b for a, b in zip(here, there, strict=True))
            }
            edge += near - reached
            reached |= near
        assert set(np.flatnonzero(component == component[start])) == reached


def test_a_unit_is_described_by_its_most_frequent_label_its_size_and_its_first_picture() -> None:
    rows = pl.DataFrame(
        {
            "unit": [7, 7, 7, 4, 4, 9],
            "label": ["a", "b", "b", "d", "c", "a"],
            "image_id": ["3", "2", "1", "4", "5", "6"],
        }
    )
    for table in (rows, rows.reverse()):
        assert describe_units(table).sort("unit").select(
            "unit", "label", "size", "image_id"
        ).rows() == [
            (4, "c", 2, "4"),
            (7, "b", 3, "1"),
            (9, "a", 1, "6"),
        ]

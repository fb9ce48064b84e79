"""Counting parts gives what counting the whole table gives."""

from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.dataset.counts import OutcomeCounts, outcome_counts
from pixonomy.dataset.manifest import Manifest, conform
from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.storage.tables import read_parquet, write_parquet

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "group_id": st.sampled_from(["a", "b", "c", "été", None]),
            "label": st.sampled_from(["1", "2", None]),
            "split": st.sampled_from(["train", "validation", "test", None]),
            "problem": st.sampled_from([None, None, "undecodable"]),
        }
    ),
    max_size=12,
)
SCHEMA = dict.fromkeys(["group_id", "label", "split", "problem"], pl.String)


def table(rows: list[dict[str, str | None]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA)


@given(parts=st.lists(ROWS, min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_parts_are_counted_as_their_whole(parts: list[list[dict[str, str | None]]]) -> None:
    counted = OutcomeCounts()
    for part in parts:
        counted.add(table(part))
    whole = pl.concat([table(part) for part in parts])
    expected = Manifest(conform(whole), Path("/")).summary()
    assert {**counted.summary(), "passed_over": {}, "missing": 0, "damage": []} == expected
    usable = whole.filter(pl.col("problem").is_null())
    assert counted.unlabelled == usable["label"].null_count()


def test_nothing_is_counted_as_nothing() -> None:
    assert OutcomeCounts().summary() == {
        "rows": 0,
        "groups": 0,
        "categories": 0,
        "problems": 0,
        "splits": {"train": 0, "validation": 0, "test": 0},
        "labels": {},
    }


def test_files_are_counted_one_after_another(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.parquet" for number in range(3)]
    for number, path in enumerate(paths):
        rows = [
            {"group_id": f"{number // 2}", "label": f"{number}", "split": None, "problem": None}
        ]
        write_parquet(path, table(rows))
    summary = outcome_counts(read_parquet(path) for path in paths).summary()
    assert (summary["rows"], summary["groups"], summary["categories"]) == (3, 2, 3)


def test_labels_that_a_taxonomy_lacks_at_its_level_are_named() -> None:
    taxonomy = Taxonomy.from_paths({"1": ("FOOD", "WINE", "RED"), "2": ("FOOD", "WINE", "ROSÉ")})
    counted = OutcomeCounts()
    row = {"group_id": "a", "split": None, "problem": None}
    counted.add(table([{**row, "label": label} for label in ("2", "9", "FOOD", None)]))
    assert counted.unknown(None, 3) == []
    # What lies higher in the tree is a category of it, too.
    assert counted.unknown(taxonomy, 3) == counted.unknown(taxonomy, None) == ["9"]
    assert counted.unknown(taxonomy, 1) == ["2", "9"]

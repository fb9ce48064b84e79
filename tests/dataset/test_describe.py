from dataclasses import replace

from pixonomy.dataset.describe import describe_manifest
from pixonomy.results.data_results import ManifestResult

RESULT = ManifestResult(
    manifest="m.parquet", rows=30, groups=20, categories=12, problems=1,
    splits={"train": 0, "validation": 0, "test": 0},
    labels={f"category {number}": 3 for number in range(12)},
    passed_over={".heic": 9, "no ending": 3, "empty folders: pets, boats": 2},
    missing=4, damage=(),
)  # fmt: skip


def test_what_was_found_is_told_in_a_few_lines() -> None:
    lines = describe_manifest(RESULT)
    assert lines[0] == "30 pictures in 20 groups and 12 categories, 1 left out."
    assert lines[1].startswith("Categories: category 0 3, category 1 3, ")
    assert lines[1].endswith("category 9 3, and 2 more.")
    assert lines[2] == "Passed over: .heic 9, no ending 3, empty folders: pets, boats."
    assert lines[3] == "Named, but not there: 4."


def test_what_there_is_nothing_of_is_not_told() -> None:
    bare = replace(RESULT, labels={}, passed_over={}, missing=0)
    (line,) = describe_manifest(replace(bare, splits={"train": 8, "validation": 0}))
    assert line.endswith("1 left out (train 8, validation 0).")

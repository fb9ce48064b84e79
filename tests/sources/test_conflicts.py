import polars as pl

from pixonomy.sources.conflicts import remark_conflicts


def told(*rows: tuple[str, str, str | None, str | None]) -> list[str]:
    names = ["image_id", "uri", "label", "split"]
    table = pl.DataFrame(rows, dict.fromkeys(names, pl.String), orient="row")
    return list(remark_conflicts(table.with_columns(offset=pl.lit(0))))


def test_rows_that_agree_are_not_remarked_on() -> None:
    rows = [("a", "a", "cat", "train"), ("b", "b", "dog", "test"), ("a", "a", "cat", "train")]
    assert told(*rows) == []
    assert told(("a", "a", "cat", None), ("a", "a", None, None)) == []


def test_two_sources_that_contradict_each_other_are_told_with_an_example() -> None:
    (remark,) = told(("a", "a", "cat", None), ("a", "a", "dog", None), ("b", "b", "dog", None))
    assert remark.startswith("Different categories in several sources: 1 picture, such as")
    assert "a (cat, dog)" in remark
    (remark,) = told(("a", "a", None, "train"), ("a", "a", None, "test"))
    assert "Different splits in several sources: 1 picture, such as a (train, test)" in remark


def test_a_picture_that_a_table_puts_into_two_splits_is_told() -> None:
    (remark,) = told(("a", "a", "cat", "train"), ("a#2", "a", "cat", "test"))
    assert "In several splits at once: 1 picture, such as a (train, test)" in remark

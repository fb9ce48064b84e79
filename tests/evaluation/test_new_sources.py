import polars as pl
import pytest

from pixonomy.evaluation.new_sources import measure_new_sources


def table(
    source: dict[str, list[str | None]], right: list[bool]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Test images t0, t1, … with these values, and two training images of source `old`."""
    ids = [f"t{place}" for place in range(len(right))]
    predictions = pl.DataFrame(
        {"image_id": ids, "label": "a", "predicted": ["a" if one else "b" for one in right]}
    )
    columns = {name: [*values, "old", "old"] for name, values in source.items()}
    splits = ["test"] * len(ids) + ["train"] * 2
    return predictions, pl.DataFrame({"image_id": [*ids, "x", "y"], "split": splits, **columns})


def test_only_images_of_sources_that_training_lacks_count_and_each_source_is_a_unit() -> None:
    sources = ["new"] * 8 + ["other"] * 2 + ["old"] * 5 + [None]
    right = [True] * 8 + [False] * 2 + [True] * 4 + [False] + [False]
    found = measure_new_sources(*table({"source": sources}, right))
    assert found is not None
    assert (found.column, found.sources, found.n) == ("source", 2, 10)
    assert found.accuracy == pytest.approx(0.8)
    assert found.mean_of_sources == pytest.approx(0.5)
    assert found.n_of_known == 5
    assert found.accuracy_of_known == pytest.approx(0.8)
    # Ten independent images would have given 0.49 to 0.94: two sources say far less.
    assert found.accuracy_low < 0.4
    assert found.as_json()["sources"] == 2


def test_the_keyword_is_asked_where_every_source_is_known() -> None:
    found = measure_new_sources(
        *table({"source": ["old"] * 4, "keyword": ["k", "k", "old", "old"]}, [True] * 4)
    )
    assert found is not None
    assert (found.column, found.n, found.n_of_known) == ("keyword", 2, 2)


def test_a_random_split_and_a_table_without_sources_have_no_such_figure() -> None:
    assert measure_new_sources(*table({"source": ["old"] * 3}, [True] * 3)) is None
    assert measure_new_sources(*table({"other": ["new"] * 3}, [True] * 3)) is None
    assert measure_new_sources(*table({"source": [None] * 3}, [True] * 3)) is None

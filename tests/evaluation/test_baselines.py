from pathlib import Path

import polars as pl
import pytest

from pixonomy.arrays.image_shards import read_arrays
from pixonomy.evaluation.baselines import measure_baselines
from pixonomy.evaluation.metrics import measure
from pixonomy.training.run import read_run


@pytest.fixture
def baselines(run_copy: Path) -> dict[str, float]:
    """Of a run whose probe is right on all but one test image, and whose words know a category."""
    folder, run = read_run(run_copy)
    arrays = read_arrays(run.arrays)
    numbers = {label: number for number, label in enumerate(run.labels)}
    test = arrays.rows.filter(pl.col("split") == "test").with_columns(
        predicted=pl.col("label").replace_strict(numbers), by_words=pl.lit(1)
    )
    is_first = pl.int_range(pl.len()) == 0
    other = (pl.col("predicted") + 1) % len(run.labels)
    wrong = test.select(
        "image_id",
        "split",
        "by_words",
        predicted=pl.when(is_first).then(other).otherwise("predicted"),
    )
    wrong.write_parquet(folder.probe)
    predictions = pl.read_parquet(folder.predictions)
    metrics = measure(predictions, run.labels, run.labels[0])
    found = measure_baselines(folder, run, arrays, "test", metrics)
    share = (test["label"] == run.labels[1]).mean()
    assert found.pop("answer by words alone") == pytest.approx(share)
    wrong.with_columns(by_words=pl.lit(None, pl.Int64)).write_parquet(folder.probe)
    again = measure_baselines(folder, run, arrays, "test", metrics)
    assert again == found  # where words have no say, they are no baseline
    return found


def test_the_probe_stands_beside_the_most_common_category(baselines: dict[str, float]) -> None:
    assert list(baselines)[1:] == ["linear probe"]
    assert next(iter(baselines)).startswith("always ")
    assert 0.5 < baselines["linear probe"] < 1


def test_a_run_without_a_probe_has_the_most_common_category_alone(fitted_run: Path) -> None:
    folder, run = read_run(fitted_run)
    metrics = measure(pl.read_parquet(folder.predictions), run.labels, run.labels[0])
    found = measure_baselines(folder, run, read_arrays(run.arrays), "test", metrics)
    assert found == {f"always {run.labels[0]}": metrics.majority_baseline}

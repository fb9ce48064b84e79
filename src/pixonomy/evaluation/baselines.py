"""What simpler ways to answer reach on the images that a run is judged by."""

import polars as pl

from pixonomy.arrays.image_shards import Arrays
from pixonomy.bundle.load import load_bundle
from pixonomy.evaluation.metrics import Metrics
from pixonomy.prediction.predictions import predict_split
from pixonomy.storage.tables import read_parquet
from pixonomy.training.run import BY_WORDS, Run, RunFolder

LINEAR_PROBE = "linear probe"
WORDS_ALONE = "answer by words alone"


def measure_baselines(
    folder: RunFolder, run: Run, arrays: Arrays, split: str, metrics: Metrics
) -> dict[str, float]:
    """Return the accuracy of each, 0 to 1: the most common category, the linear probe, words alone.

    Words answer by the pretrained network that the run starts from, and without any image learnt
    from; where the run took the place of a words-only one, it is that one which answers.
    """
    baselines = {f"always {metrics.majority_label}": metrics.majority_baseline}
    known = arrays.rows.select("image_id", "label")
    if folder.probe.exists():
        probe = read_parquet(folder.probe).filter(pl.col("split") == split)
        answered = probe.join(known, on="image_id")
        names = dict(enumerate(run.labels))
        for name, column in ((LINEAR_PROBE, "predicted"), (WORDS_ALONE, BY_WORDS)):
            if column in answered.columns and answered[column].null_count() < answered.height:
                given = answered[column].replace_strict(names, return_dtype=pl.String)
                baselines[name] = _share(given, answered["label"])
    if folder.words_bundle.exists():
        words = load_bundle(folder.words_bundle)
        if words.resize_spec.size in arrays.sizes:
            answered = predict_split(words, arrays, split)
            baselines[WORDS_ALONE] = _share(answered["predicted"], answered["label"])
    return baselines


def _share(given: pl.Series, labels: pl.Series) -> float:
    return float((given == labels).cast(pl.Float64).mean())  # type: ignore[arg-type]

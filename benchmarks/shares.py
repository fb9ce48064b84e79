"""How right are estimated shares? Raw counts beside them, and how often the interval holds.

    python benchmarks/shares.py RUN [--sets 100] [--pictures 1000]

The run's test predictions are cut in half by chance, again and again: one half is what is known,
out of the other a set with drawn shares is taken, no picture twice. An error is the mean absolute
difference from the set's own shares.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import polars as pl

from pixonomy.evaluation.quantify import estimate_shares


def draw_set(
    pool: pl.DataFrame, labels: list[str], count: int, draws: np.random.Generator
) -> pl.DataFrame:
    """Return pictures of the pool in drawn shares, as many as there are where a share asks more."""
    wanted = draws.multinomial(count, draws.dirichlet(np.ones(len(labels))))
    taken = []
    for label, number in zip(labels, wanted, strict=True):
        own = pool.filter(pl.col("label") == label)
        taken.append(own[draws.permutation(own.height)[:number]])
    return pl.concat(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--sets", type=int, default=100)
    parser.add_argument("--pictures", type=int, default=1000)
    asked = parser.parse_args()
    predictions = pl.read_parquet(asked.run / "predictions.parquet")
    labels = json.loads((asked.run / "run.json").read_text())["labels"]
    draws = np.random.default_rng(0)
    counted, corrected, held, widths = [], [], [], []
    for _ in range(asked.sets):
        shuffled = predictions[draws.permutation(predictions.height)]
        half = predictions.height // 2
        known, pool = shuffled[:half], shuffled[half:]
        unknown = draw_set(pool, labels, asked.pictures, draws)
        found = estimate_shares(known, unknown, labels)
        real = [(unknown["label"] == label).mean() for label in labels]
        for one, share in zip(found, real, strict=True):
            counted.append(abs(one.counted - share))
            corrected.append(abs(one.share - share))
            held.append(one.low <= share <= one.high)
            widths.append(one.high - one.low)
    told = {
        "sets": asked.sets,
        "accuracy": float((predictions["label"] == predictions["predicted"]).to_numpy().mean()),
        "counted_error": float(np.mean(counted)),
        "corrected_error": float(np.mean(corrected)),
        "ratio": float(np.mean(corrected) / np.mean(counted)),
        "interval_holds": float(np.mean(held)),
        "interval_width": float(np.mean(widths)),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()

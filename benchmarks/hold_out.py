"""How much does a random split flatter? A line a seed and way to split, and the means, as JSON.

    pixonomy index TABLE -o manifest.parquet            # and --root FOLDER, where needed
    pixonomy split manifest.parquet -o split.parquet
    pixonomy prepare split.parquet --size 224 -o arrays
    pixonomy train arrays --model probe --weights FILE -o run
    python benchmarks/hold_out.py run manifest.parquet --hold-out COLUMN [--seeds 8]

The run's frozen network sees every picture once; then, for each seed, the pictures are split at
random and with whole values of the column held out, and the linear probe is trained and tested on
each split as `pixonomy train --model probe` does.
"""

import argparse
import json
import tempfile
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import polars as pl

import pixonomy
from pixonomy.arrays.image_shards import Arrays, read_arrays
from pixonomy.bundle.load import load_bundle
from pixonomy.evaluation.shares import share_of
from pixonomy.training.probe import Embedded, fit_probe
from pixonomy.training.run import read_run


def embed(run: Path) -> tuple[Arrays, np.ndarray]:
    """Return the run's pictures and what its network sees in them, float32 (n, d)."""
    folder, described = read_run(run)
    arrays = read_arrays(described.arrays)
    bundle = load_bundle(folder.bundle)
    images = arrays.images(bundle.resize_spec.size)
    starts = range(0, arrays.rows.height, 256)
    parts = [np.arange(one, min(one + 256, arrays.rows.height)) for one in starts]
    seen = [bundle.network.run(images.gather(rows)).embeddings for rows in parts]
    return arrays, np.concatenate(seen)


def probe(rows: pl.DataFrame, embeddings: np.ndarray) -> dict[str, Any]:
    """Train on the training rows, test on the test rows; rows have label and split."""
    numbers = rows["label"].rank("dense").to_numpy().astype(np.int64) - 1
    sets = [
        Embedded(embeddings[places], numbers[places])
        for name in ("train", "validation", "test")
        for places in [(rows["split"] == name).fill_null(False).arg_true().to_numpy()]
    ]
    found = fit_probe(sets[0], sets[1])
    is_right = found.logits(sets[2].embeddings).argmax(axis=1) == sets[2].labels
    share = share_of(pl.Series(is_right))
    return {name: round(value, 4) for name, value in share.as_json().items()} if share else {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--hold-out", required=True)
    parser.add_argument("--seeds", type=int, default=8)
    asked = parser.parse_args()
    arrays, embeddings = embed(asked.run)
    reached: dict[str, list[float]] = {"random": [], asked.hold_out: []}
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(asked.seeds):
            for way, column in (("random", None), (asked.hold_out, asked.hold_out)):
                shares = pixonomy.SplitShares(seed=seed, hold_out=column)
                output = Path(folder) / f"{way} {seed}.parquet"
                held_out = pixonomy.split(asked.manifest, output, shares).held_out
                assigned = pixonomy.read_manifest(output).usable.select("image_id", "split")
                rows = arrays.rows.select("image_id", "label").join(
                    assigned, on="image_id", how="left", maintain_order="left"
                )
                row = probe(rows, embeddings)
                reached[way].append(row["accuracy"])
                tested = held_out.test if held_out is not None else None
                print(json.dumps({"seed": seed, "split": way, **row, "tested": tested}))
    print(json.dumps({way: round(mean(found), 4) for way, found in reached.items()}))


if __name__ == "__main__":
    main()

"""What is a model worth on pictures from elsewhere? A line a held-out source, and the means.

    python benchmarks/sources.py goals.csv --root goals --weights FILE [--recipe NAME] \
        [--categories goals.toml]

Each source of a category that has several is held out in turn: the model is trained on all others,
by the verbs that anybody would use, and tested on that source alone. Beside it the linear probe of
the same run, and the answer of the five nearest training pictures in the eyes of its network.
Categories of one source stay in training, and are not tested.

Two questions are told apart where the table has a column `thing` (what a picture shows, such as
motorbikes): a known thing from a new source, which another source of its category shows to
training, and a new thing of a known category. Means are given over all folds, over those in which
the category keeps two sources or more, and over either kind.
"""

import argparse
import json
import tempfile
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import polars as pl
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import normalize

import pixonomy
from pixonomy.arrays.image_shards import Arrays, read_arrays
from pixonomy.bundle.load import Bundle, load_bundle

CONTENDERS = ("model", "probe", "nearest")
THING = "thing"
NEIGHBOURS = 5


def hold_out(
    table: pl.DataFrame, source: str, root: Path, folder: Path, size: int, categories: Path | None
) -> Path:
    """Prepare arrays that test `source` and are taught all the rest."""
    is_held = pl.col("source") == source
    split = pl.when(is_held).then(pl.lit("test")).otherwise(pl.lit("train"))
    table.with_columns(split=split).write_csv(folder / "table.csv")
    columns = pixonomy.TableColumns(root=root, path="path", label="category", split="split")
    choices = pixonomy.IndexChoices(columns, categories)
    pixonomy.index([folder / "table.csv"], folder / "all.parquet", choices)
    shares = pixonomy.SplitShares(0.85, 0.15, 0.0)
    pixonomy.split(folder / "all.parquet", folder / "split.parquet", shares)
    settings = pixonomy.ArraySettings((size,), "stretch")
    pixonomy.prepare(folder / "split.parquet", folder / "arrays", settings)
    return folder / "arrays"


def describe_fold(table: pl.DataFrame, category: str, source: str) -> dict[str, Any]:
    """Tell how many sources the category keeps, and whether training sees the held-out things."""
    own = table.filter(pl.col("category") == category)
    held, rest = (
        own.filter(is_held) for is_held in (pl.col("source") == source, pl.col("source") != source)
    )
    kind = "new thing"
    if THING in table.columns and set(held[THING].drop_nulls()) <= set(rest[THING].drop_nulls()):
        kind = "known thing"
    return {"category": category, "source": source, "kept": rest["source"].n_unique(), "kind": kind}


def summarise(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the means over folds, and over their pictures."""
    n = sum(row["n"] for row in rows)
    means = {who: round(mean(row[who] for row in rows), 4) for who in CONTENDERS}
    pooled = {
        f"{who}_of_all_pictures": round(sum(row[who] * row["n"] for row in rows) / n, 4)
        for who in CONTENDERS
    }
    return {"folds": len(rows), **means, **pooled}


def measure(arrays: Path, run: Path, choices: pixonomy.TrainChoices) -> dict[str, Any]:
    """Train, test, and return the accuracy of the model and of its probe."""
    pixonomy.train(arrays, run, pixonomy.plan_training(choices))
    test = pixonomy.evaluate(run)["test"]
    told = json.loads((run / "evaluation.json").read_text())
    return {
        "n": test["n"],
        "model": round(test["accuracy"], 4),
        "probe": round(told["baselines"].get("linear probe", 0.0), 4),
        "nearest": round(answer_by_neighbours(read_arrays(arrays), load_bundle(run / "bundle")), 4),
    }


def answer_by_neighbours(arrays: Arrays, bundle: Bundle) -> float:
    """Return the accuracy of the majority among the nearest training pictures, by cosine."""
    images = arrays.images(bundle.resize_spec.size)
    sides = []
    for split in ("train", "test"):
        rows = arrays.of_split(split)
        batches = np.array_split(rows, max(1, len(rows) // 64))
        seen = [bundle.network.run(images.gather(some)).embeddings for some in batches]
        sides.append((normalize(np.concatenate(seen)), arrays.rows["label"].gather(rows)))
    (known, labels), (asked, truth) = sides
    neighbours = KNeighborsClassifier(NEIGHBOURS).fit(known, labels.to_numpy())
    return float((neighbours.predict(asked) == truth.to_numpy()).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path, help="with the columns path, category and source")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--recipe")
    parser.add_argument("--categories", type=Path, help="their keywords: a taxonomy file")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    table = pl.read_csv(asked.table)
    several = (
        table.group_by("category").agg(pl.col("source").n_unique()).filter(pl.col("source") > 1)
    )
    tested = table.join(several.select("category"), on="category", how="semi")
    rows = []
    for category, source in sorted(tested.select("category", "source").unique().iter_rows()):
        fold = describe_fold(table, category, source)
        with tempfile.TemporaryDirectory() as name:
            arrays = hold_out(table, source, asked.root, Path(name), asked.size, asked.categories)
            changes = {"seed": asked.seed, "size": asked.size}
            choices = pixonomy.TrainChoices(None, asked.recipe, asked.weights, changes)
            found = measure(arrays, Path(name) / "run", choices)
        rows.append({**fold, **found})
        print(json.dumps(rows[-1]), flush=True)
    chosen = {
        "all": rows,
        "keeping a second source": [row for row in rows if row["kept"] > 1],
        **{
            kind: [row for row in rows if row["kind"] == kind]
            for kind in ("known thing", "new thing")
        },
    }
    for name, some in chosen.items():
        if some:
            print(json.dumps({"over": name, **summarise(some)}))


if __name__ == "__main__":
    main()

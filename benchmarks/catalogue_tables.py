"""Do `sample` and `split` take a whole catalogue? Seconds and peak memory on a made-up manifest.

    python benchmarks/catalogue_tables.py [--products 7069896] [--json]

The manifest is like that of the Cdiscount catalogue: 1 to 4 pictures a product, 5,270 categories
of which the top tenth hold 71 % of the products, byte ranges in one file that is not there. Each
verb runs as a process of its own; afterwards the tables are checked: no product torn, no row lost.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pixonomy.dataset.manifest import Manifest, conform, write_manifest
from pixonomy.sampling.draw import PRESETS

IMAGES_A_PRODUCT = 12_371_293 / 7_069_896
SPREAD = 1.835  # of the logarithm of category sizes: then the top tenth hold 71 %


def draw_sizes(products: int, categories: int, chance: np.random.Generator) -> np.ndarray:
    """Return how many products each category has: 1 or more, log-normal."""
    weights = np.exp(SPREAD * chance.standard_normal(categories))
    sizes = 1 + np.floor(weights / weights.sum() * (products - categories)).astype(np.int64)
    sizes[sizes.argmax()] += products - sizes.sum()
    return np.asarray(sizes)


def make_rows(products: int) -> pl.DataFrame:
    chance = np.random.default_rng(0)
    presets = [label for labels in PRESETS.values() for label in labels]
    sizes = np.sort(draw_sizes(products, min(5_270, products // 2), chance))[::-1]
    names = np.array([*presets, *(str(2_000_000_000 + n) for n in range(len(sizes)))])[: len(sizes)]
    number = np.repeat(np.arange(len(sizes)), sizes)
    label = pl.Series(names)[chance.permutation(number)]
    images = 1 + chance.binomial(3, (IMAGES_A_PRODUCT - 1) / 3, products)
    product = np.repeat(np.arange(products), images)
    first = np.repeat(images.cumsum() - images, images)
    length = chance.integers(2_000, 8_000, product.size)
    table = pl.DataFrame(
        {
            "product": product,
            "view": np.arange(product.size) - first,
            "label": label[product],
            "offset": (length + 40).cumsum() - length,
            "length": length,
        }
    )
    return conform(
        table.select(
            pl.format("{}-{}", "product", "view").alias("image_id"),
            pl.col("product").alias("group_id"),
            "label",
            pl.lit("train.bson").alias("uri"),
            "offset",
            "length",
            pl.lit("catalogue").alias("label_source"),
        )
    )


def call(verb: str, manifest: Path, output: Path, *options: str) -> dict[str, Any]:
    """Run a verb from the shell; return what it says, its seconds and its peak memory."""
    began = time.monotonic()
    command = [sys.executable, "-m", "pixonomy", verb, str(manifest), "-o", str(output)]
    command += [*options, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        answer = json.loads(process.stdout.read())
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{verb} failed: {answer['error']['message']}")
    return {
        "work": " ".join([verb, *options]),
        "seconds": round(time.monotonic() - began, 2),
        "peak_gib": round(used.ru_maxrss / 2**20, 2),
        "rows": answer["rows"],
        "groups": answer["groups"],
    }


def check(source: Path, output: Path, rows: int) -> None:
    """Stop if a row or a product was torn."""
    before, after = pl.scan_parquet(source), pl.scan_parquet(output)
    assert after.select(pl.len()).collect().item() == rows
    origin = before.select("image_id", "group_id", "label", "offset")
    found = after.select("image_id", "group_id", "label", "offset")
    assert (
        found.join(origin, on=found.collect_schema().names()).select(pl.len()).collect().item()
        == rows
    )
    sides = after.group_by("group_id").agg(pl.col("split").n_unique())
    assert sides.filter(pl.col("split") > 1).select(pl.len()).collect().item() == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=7_069_896)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source, output = Path(folder) / "catalogue.parquet", Path(folder) / "output.parquet"
        write_manifest(source, Manifest(make_rows(asked.products), Path(folder)))
        results = []
        for verb, *options in (
            ("sample", "--preset", "cdiscount-wine"),
            ("sample", "--total", str(asked.products // 7), "--balanced"),
            ("split",),
        ):
            output.unlink(missing_ok=True)
            results.append(call(verb, source, output, *options))
            check(source, output, results[-1]["rows"])
    slowest = max(one["seconds"] for one in results if one["work"].startswith("sample"))
    both = round(slowest + results[-1]["seconds"], 2)
    peak = max(one["peak_gib"] for one in results)
    if asked.json:
        print(json.dumps({"results": results, "seconds": both, "peak_gib": peak}))
        return
    for one in results:
        print(f"{one['work']}: {one['seconds']} s, {one['peak_gib']} GiB, {one['rows']} rows")
    print(f"the slower sample and split together: {both} s, at most {peak} GiB")


if __name__ == "__main__":
    main()

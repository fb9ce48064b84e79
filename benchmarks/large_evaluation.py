"""Can a whole catalogue be evaluated? Seconds and peak memory for made-up predictions.

    python benchmarks/large_evaluation.py [--pictures 1768182] [--categories 5270] [--page FILE]

The answers have the columns that `evaluate` gives of so many categories (the ten likeliest, what
the label got), one to four pictures a product, categories as uneven as Cdiscount's. From there on,
what `evaluate` does with it is done by its own functions: figures, products, levels, confidences,
copies, the page and the card.
"""

import argparse
import json
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pixonomy.evaluation.calibration import check_calibration
from pixonomy.evaluation.card import write_card
from pixonomy.evaluation.copies import check_duplicates
from pixonomy.evaluation.examples import ImageSource
from pixonomy.evaluation.hierarchy import measure_hierarchy
from pixonomy.evaluation.metrics import measure
from pixonomy.evaluation.product_metrics import check_products
from pixonomy.evaluation.report import Report, render_report
from pixonomy.pages.provenance import Provenance
from pixonomy.prediction.predictions import STATED, TOP

SPREAD = 1.835  # of the logarithm of category sizes: then the top tenth hold 71 %
LEVELS = (49, 483)  # branches of the real tree
ACCURACY = 0.7


def make_up(images: int, categories: int) -> tuple[pl.DataFrame, tuple[str, ...]]:
    chance = np.random.default_rng(0)
    labels = tuple(str(1_000_000_000 + k) for k in range(categories))
    weights = np.exp(SPREAD * chance.standard_normal(categories))
    per_product = 1 + chance.binomial(3, 0.25, images)
    product = np.repeat(np.arange(images), per_product)[:images]
    truth = chance.choice(categories, product[-1] + 1, p=weights / weights.sum())[product]
    # The label is first for some; the others are near it, as similar categories are.
    near = (truth[:, None] + chance.integers(1, 40, (images, TOP))) % categories
    place = np.where(chance.random(images) < ACCURACY, 0, chance.integers(1, TOP, images))
    near[np.arange(images), place] = truth
    shares = -np.sort(-chance.dirichlet(np.full(TOP, 0.3), images), axis=1) * 0.98
    own = shares[np.arange(images), place]
    names = pl.Series(labels)
    columns: dict[str, Any] = {}
    for k in range(TOP):
        columns[f"top_{k + 1}"] = names.gather(near[:, k])
        columns[f"top_{k + 1}_probability"] = shares[:, k]
    columns |= dict(zip(STATED, (own, shares[:, 0] ** 0.8, own**0.8), strict=True))
    ids = pl.select(pl.format("{}", pl.int_range(images))).to_series()
    table = pl.DataFrame(
        {
            "image_id": ids,
            "group_id": pl.Series(product).cast(pl.String),
            "label": names.gather(truth),
            "predicted": names.gather(near[:, 0]),
            "confidence": shares[:, 0],
            "verdict": pl.Series(np.where(shares[:, 0] > 0.6, "sure", "unsure")),
            **columns,
        }
    )
    return table, labels


def evaluate(table: pl.DataFrame, labels: tuple[str, ...]) -> tuple[Report, dict[str, float]]:
    seconds: dict[str, float] = {}

    def timed(name: str, function: Any, *arguments: Any) -> Any:
        began = time.monotonic()
        found = function(*arguments)
        seconds[name] = round(time.monotonic() - began, 1)
        return found

    paths = {
        label: [str(k * LEVELS[0] // len(labels)), str(k * LEVELS[1] // len(labels)), label]
        for k, label in enumerate(labels)
    }
    metrics = timed("metrics", measure, table, labels, labels[0])
    rows = table.select("image_id", split=pl.lit("test"), sha256="image_id")
    nothing = pl.DataFrame(schema={"image_id": pl.String, "problem": pl.String})
    counts = metrics.confusion.present
    report = Report(
        title="a made-up catalogue",
        metrics=metrics,
        evaluated_split="test",
        labels=labels,
        names={},
        predictions=table,
        images=ImageSource(lambda _: {}),
        history=None,
        baselines={},
        counts=pl.DataFrame({"label": labels, "train": counts}).with_columns(
            validation=pl.lit(0), test=pl.lit(0), left_out=pl.lit(0)
        ),
        problems=nothing,
        facts={},
        notes=(),
        provenance=Provenance.now("made-up answers", time.monotonic(), "pixonomy evaluate run"),
        copies=timed("copies", check_duplicates, table, rows),
        products=timed("products", check_products, table, labels, labels[0]),
        certainty=timed("certainty", check_calibration, table, labels, 1.25),
        hierarchy=timed("levels", measure_hierarchy, metrics.confusion, labels, paths),
    )
    return report, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=1_768_182)
    parser.add_argument("--categories", type=int, default=5_270)
    parser.add_argument("--page", type=Path, help="where to keep the page")
    asked = parser.parse_args()
    table, labels = make_up(asked.pictures, asked.categories)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    report, seconds = evaluate(table, labels)
    page = render_report(report)
    card = write_card(report)
    told = json.dumps(report.metrics.as_json() if report.metrics else {})
    total = time.monotonic() - began
    if asked.page:
        asked.page.write_text(page, "utf-8")
    print(
        json.dumps(
            {
                "pictures": asked.pictures,
                "categories": asked.categories,
                "seconds": round(total, 1),
                "of_which": seconds,
                "table_gib": round(before / 2**20, 2),
                "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
                "page_mb": round(len(page.encode()) / 1e6, 2),
                "card_kb": round(len(card.encode()) / 1e3, 1),
                "json_mb": round(len(told) / 1e6, 2),
            }
        )
    )


if __name__ == "__main__":
    main()

"""What do words alone know? Accuracy without one training image, a line a data set.

    python benchmarks/words.py DATA [--sets goals clothing] [--size 224]

DATA holds the real pictures and, in `weights/`, MobileNetV2's weights and its ImageNet head. An
image is answered by the network's class probabilities and the words of the categories: the
keywords of the shipped taxonomy for goals, the names of the labels for the others. Goals have the
nine folds of `benchmarks/sources.py` beside: as nothing is learnt, a fold is the source it tests.
"""

import argparse
import json
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import mean

import numpy as np
import polars as pl

from pixonomy.dataset.category import Category
from pixonomy.dataset.taxonomy_toml import parse_taxonomy, shipped_text
from pixonomy.images.resize import ResizeSpec, frame
from pixonomy.inference.embed import EmbeddingNetwork
from pixonomy.inference.logits import softmax
from pixonomy.models.on_torch import on_torch
from pixonomy.semantic_prior.prior import answer, class_weights, imagenet_classes

BATCH = 64
Read = Callable[[str], bytes]
Sample = tuple[pl.DataFrame, Read, Sequence[Category]]
"""The columns path, label and perhaps source; what reads a path; the words of the labels."""
Found = dict[str, int | float | dict[str, float]]


def goals(data: Path) -> Sample:
    table = pl.read_csv(data / "goals.csv").rename({"category": "label"})
    keywords = parse_taxonomy(tomllib.loads(shipped_text("savings-goals")), "savings-goals")
    return table, reader(data / "goals"), keywords.taxonomy.leaf_categories


def grocery(data: Path, split: str = "test") -> Sample:
    table = pl.read_csv(data / "grocery.csv").filter(split=split)
    table = table.select("path", label="coarse_label")
    return table, reader(data / "grocery"), by_name(table)


def clothing(data: Path, split: str = "validation") -> Sample:
    folder = data / "clothing"
    paths = [str(one.relative_to(folder)) for one in sorted((folder / split).glob("*/*"))]
    table = pl.DataFrame({"path": paths}).with_columns(label=pl.col("path").str.split("/").list[1])
    return table, reader(folder), by_name(table)


def cifar10(data: Path, split: str = "test") -> Sample:
    archive = zipfile.ZipFile(data / "cifar10.zip")
    paths = sorted(one for one in archive.namelist() if one.startswith(f"{split}/"))
    table = pl.DataFrame({"path": [one for one in paths if one.endswith(".jpg")]})
    table = table.with_columns(label=pl.col("path").str.split("/").list[1])
    return table, archive.read, by_name(table)


SETS = {"goals": goals, "clothing": clothing, "grocery": grocery, "cifar10": cifar10}


def reader(folder: Path) -> Read:
    return lambda path: (folder / path).read_bytes()


def by_name(table: pl.DataFrame) -> list[Category]:
    return [Category(label, label) for label in sorted(table["label"].unique())]


def open_network(weights: Path, size: int) -> EmbeddingNetwork:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "headless.onnx"
        on_torch(export, weights, size, path)
        return EmbeddingNetwork(path.read_bytes(), threads=2)


def export(weights: Path, size: int, path: Path) -> None:
    from pixonomy.bundle.export_onnx import export_headless
    from pixonomy.models.device import CPU, on_device
    from pixonomy.models.headless import build_headless

    with on_device(CPU):
        export_headless(build_headless(size, weights), path)


def embed(network: EmbeddingNetwork, paths: list[str], read: Read) -> Iterator[np.ndarray]:
    spec = ResizeSpec(network.size)
    for start in range(0, len(paths), BATCH):
        yield network.run(
            np.stack([frame(read(one), spec) for one in paths[start : start + BATCH]])
        )


def measure(
    network: EmbeddingNetwork, head: tuple[np.ndarray, np.ndarray], sample: Sample
) -> Found:
    table, read, categories = sample
    kernel, bias = head
    embeddings = np.concatenate(list(embed(network, table["path"].to_list(), read)))
    probabilities = softmax((embeddings @ kernel + bias).astype(np.float64)).astype(np.float32)
    answers = answer(probabilities, class_weights(categories, imagenet_classes()))
    names = np.array([one.id for one in categories])
    right = pl.Series("right", names[answers.argmax(axis=1)] == table["label"].to_numpy())
    found: Found = {
        "n": len(table),
        "categories": len(names),
        "accuracy": round(float(right.to_numpy().mean()), 4),
    }
    by_label = table.with_columns(right).group_by("label").agg(pl.col("right").mean())
    found["mean_recall"] = round(float(by_label["right"].to_numpy().mean()), 4)
    return found | (by_source(table.with_columns(right)) if "source" in table.columns else {})


def by_source(table: pl.DataFrame) -> Found:
    sources = table.group_by("label", "source").agg(pl.col("right").mean()).sort("label", "source")
    folds = sources.filter(pl.len().over("label") > 1)
    return {
        "folds": len(folds),
        "mean_over_folds": round(mean(folds["right"]), 4),
        "sources": {source: round(right, 3) for _, source, right in sources.iter_rows()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--size", type=int, default=224)
    asked = parser.parse_args()
    weights = asked.data / "weights"
    network = open_network(weights / "mobilenet_v2_imagenet_notop.weights.h5", asked.size)
    with np.load(weights / "mobilenet_v2_imagenet_head.npz") as stored:
        head = stored["kernel"].astype(np.float32), stored["bias"]
    for name in asked.sets:
        found = measure(network, head, SETS[name](asked.data))
        print(json.dumps({"set": name, **found}), flush=True)


if __name__ == "__main__":
    main()

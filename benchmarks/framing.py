"""Which fit mode should be the default? Probe accuracy of stretch, pad and crop on real pictures.

    python benchmarks/framing.py WEIGHTS.h5 SOURCE[:ROOT] ... [--size 160]

Each source is a folder of categories or a table (with the root its paths hang from). A frozen
MobileNetV2 embeds every picture in each mode; a linear probe is fitted on the training split and
tested on the test split, five split seeds where the source gives no test split of its own.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np

from pixonomy.bundle.export_onnx import export_onnx
from pixonomy.dataset.location import locate
from pixonomy.dataset.manifest import Manifest, read_manifest
from pixonomy.dataset.read import read_bytes
from pixonomy.errors import UndecodableImage
from pixonomy.executors.local import count_cores
from pixonomy.images.resize import FITS, ResizeSpec, frame
from pixonomy.inference.session import Network
from pixonomy.models.zoo import ModelSettings, build_model
from pixonomy.near_duplicates.hashes import group_duplicates
from pixonomy.sources.table import TableColumns
from pixonomy.splitting.assign import SplitShares, assign_splits
from pixonomy.training.probe import Embedded, fit_probe
from pixonomy.training.train_run import number_labels
from pixonomy.verbs.index import IndexChoices, index


def embed(network: Network, manifest: Manifest, resize_spec: ResizeSpec) -> np.ndarray:
    parts, batch = [], []
    for location in locate(manifest.rows, manifest.base):
        try:
            batch.append(frame(read_bytes(location), resize_spec))
        except UndecodableImage:
            batch.append(np.zeros((3, resize_spec.size, resize_spec.size), np.uint8))
        if len(batch) == 64:
            parts.append(network.run(np.stack(batch)).embeddings)
            batch = []
    if batch:
        parts.append(network.run(np.stack(batch)).embeddings)
    return np.concatenate(parts)


def probe_accuracy(manifest: Manifest, embeddings: np.ndarray, seed: int) -> tuple[float, float]:
    rows = assign_splits(manifest, SplitShares(seed=seed)).rows
    labels = number_labels(rows, manifest.labels)
    usable = rows["problem"].is_null().to_numpy()
    picked = {
        name: np.flatnonzero(usable & (rows["split"] == name).fill_null(False).to_numpy())
        for name in ("train", "validation", "test")
    }
    if not len(picked["test"]):
        # A source without a test split: what it has for validation, none for the strength.
        picked["test"], picked["validation"] = picked["validation"], picked["test"]
    sets = {name: Embedded(embeddings[at], labels[at]) for name, at in picked.items()}
    probe = fit_probe(sets["train"], sets["validation"])
    right = probe.logits(sets["test"].embeddings).argmax(axis=1) == sets["test"].labels
    return float(right.mean()), len(right)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--size", type=int, default=160)
    asked = parser.parse_args()
    settings = ModelSettings("mobilenet", asked.size, 2, 1, 0.0, 0, asked.weights, True)
    with tempfile.TemporaryDirectory() as folder:
        export_onnx(build_model(settings, "float32"), Path(folder) / "model.onnx")
        network = Network((Path(folder) / "model.onnx").read_bytes(), count_cores())
        for number, source in enumerate(asked.sources):
            path, _, root = source.partition(":")
            columns = TableColumns(root=Path(root) if root else None)
            indexed = Path(folder) / f"{number}.parquet"
            index([Path(path)], indexed, IndexChoices(columns))
            manifest = group_duplicates(read_manifest(indexed), count_cores())
            seeds = [0] if manifest.rows["split"].count() else list(range(5))
            for fit in FITS:
                began = time.monotonic()
                embeddings = embed(network, manifest, ResizeSpec(asked.size, fit))  # type: ignore[arg-type]
                reached = [probe_accuracy(manifest, embeddings, seed) for seed in seeds]
                figures = [accuracy for accuracy, _ in reached]
                row = {
                    "source": Path(path).name,
                    "size": asked.size,
                    "fit": fit,
                    "accuracy": round(float(np.mean(figures)), 4),
                    "lowest": round(min(figures), 4),
                    "highest": round(max(figures), 4),
                    "n": reached[0][1],
                    "seconds": round(time.monotonic() - began, 1),
                }
                print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()

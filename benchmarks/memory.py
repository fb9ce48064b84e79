"""How much memory does each verb take? A line a verb, as JSON: seconds, peak, and whether it ended.

    python benchmarks/memory.py PICTURES --weights mobilenet_v2_imagenet_notop.weights.h5

PICTURES is a folder of a category each. The peak is of anonymous memory, of the command and its
children together, looked at fifty times a second: what a machine must have, without mapped files.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pixonomy.bench.memory import watch
from pixonomy.errors import DataError


def commands(images: Path, weights: str, size: int) -> Iterator[list[str]]:
    """Yield the verbs in an order in which each finds what it needs, in the folder they run in."""
    image = next(path for path in sorted(images.rglob("*")) if path.suffix == ".jpg")
    given = ["--weights", weights]
    yield ["index", str(images), "-o", "all.parquet"]
    yield ["sample", "all.parquet", "--each", "200", "-o", "sample.parquet"]
    yield ["split", "all.parquet", "-o", "split.parquet"]
    yield ["browse", "all.parquet", "-o", "browse"]
    yield ["audit", "all.parquet", "-o", "audit", "--network", weights]
    yield ["prepare", "split.parquet", "-o", "arrays", "--size", str(size), "--size", "64"]
    yield ["train", "arrays", "--model", "probe", *given, "-o", "probe"]
    yield ["train", "arrays", "--model", "compact", "--epochs", "2", "-o", "compact"]
    yield ["evaluate", "probe"]
    yield ["evaluate", "probe", "--on", "all.parquet"]
    yield ["classify", "probe", str(image)]
    yield ["predict", "probe", "all.parquet", "-o", "predictions.parquet"]
    yield ["export", "split.parquet", "-o", "exported", "--to", "webdataset"]
    yield ["compare", "probe", "compact"]
    yield ["fit", str(images), *given, "-o", "fitted"]
    yield ["demo", "-o", "demo"]


def main() -> None:
    """Run each verb once, by itself."""
    parser = argparse.ArgumentParser()
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--size", type=int, default=224, help="pixels, of the arrays")
    parser.add_argument("--only", nargs="*", help="these verbs, in a folder that has the rest")
    parser.add_argument("--folder", type=Path, help="where to work; else a new one")
    told = parser.parse_args()
    folder = told.folder or Path(tempfile.mkdtemp(prefix="pixonomy-memory-"))
    folder.mkdir(exist_ok=True)
    for words in commands(told.pictures.absolute(), str(told.weights.absolute()), told.size):
        if told.only and words[0] not in told.only:
            continue
        line: dict[str, object] = {"verb": " ".join(words[:2] if "--on" not in words else words)}
        try:
            seen = watch([sys.executable, "-m", "pixonomy", *words], folder)
            gib = round(seen.anonymous_bytes / 2**30, 2)
            line |= {"seconds": round(seen.seconds, 1), "anonymous_gib": gib}
        except DataError as error:
            line["failed"] = str(error)
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()

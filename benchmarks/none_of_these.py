"""How well is a picture of none of the categories known for one? A line a set, as JSON.

    python benchmarks/none_of_these.py RUN STRANGE_MANIFEST...

The run's bundle looks at its own test pictures and at up to 1,000 pictures of each manifest, none
of which belongs to its categories. Told are the area under the ROC curve of the novelty, beside
that of the energy of the logits and of the highest probability, and how many of each are answered
"none".
"""

import argparse
import json
from pathlib import Path

import numpy as np
from scipy.special import logsumexp, softmax
from sklearn.metrics import roc_auc_score

import pixonomy
from pixonomy.arrays.image_shards import read_arrays
from pixonomy.bundle.load import Bundle, load_bundle
from pixonomy.dataset.location import locate
from pixonomy.dataset.read import read_all
from pixonomy.errors import UndecodableImage
from pixonomy.images.resize import frame
from pixonomy.inference.session import Outputs
from pixonomy.training.run import read_run

MOST = 1000


def known_images(run: Path, bundle: Bundle) -> np.ndarray:
    arrays = read_arrays(read_run(run)[1].arrays)
    return arrays.images(bundle.resize_spec.size).gather(arrays.of_split("test"))


def strange_images(manifest: Path, bundle: Bundle) -> np.ndarray:
    read = pixonomy.read_manifest(manifest)
    rows = read.usable.sample(min(MOST, read.usable.height), seed=0)
    found = [data for _, data in read_all(locate(rows, read.base))]
    return np.stack(
        [
            frame(data, bundle.resize_spec)
            for data in found
            if not isinstance(data, UndecodableImage)
        ]
    )


def scores(outputs: Outputs) -> dict[str, np.ndarray]:
    told = {
        "energy": -logsumexp(outputs.logits, axis=1),
        "highest_probability": -softmax(outputs.logits, axis=1).max(axis=1),
    }
    return told if outputs.novelty is None else {"novelty": outputs.novelty, **told}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("manifests", type=Path, nargs="+")
    asked = parser.parse_args()
    bundle = load_bundle(asked.run, pixonomy.Context().cores)
    known = bundle.network.run(known_images(asked.run, bundle))
    for manifest in asked.manifests:
        strange = bundle.network.run(strange_images(manifest, bundle))
        truth = np.repeat([0, 1], [len(known.logits), len(strange.logits)])
        areas = {
            name: round(float(roc_auc_score(truth, np.r_[values, scores(strange)[name]])), 4)
            for name, values in scores(known).items()
        }
        none = {
            f"{name}_answered_none": round(
                float(np.mean([one == "none" for one in bundle.calibration.verdicts(seen)])), 4
            )
            for name, seen in (("known", known), ("strange", strange))
        }
        print(json.dumps({"strange": manifest.name, "n": len(strange.logits), **areas, **none}))


if __name__ == "__main__":
    main()

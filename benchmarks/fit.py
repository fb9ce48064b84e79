"""What does `pixonomy fit` reach? One line a seed, and the mean, as JSON.

    python benchmarks/fit.py [--seeds 5] -- SOURCE [any options of `pixonomy fit`]

Each seed decides the split, the start and the order. Every fit starts in an empty folder, as a
process of its own, so that its seconds are what a person waits for.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import mean
from typing import Any


def fit(arguments: list[str], seed: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        command = [sys.executable, "-m", "pixonomy", "fit", *arguments, "-o", str(run), "--json"]
        began = time.monotonic()
        done = subprocess.run(
            [*command, "--seed", str(seed)], stdout=subprocess.PIPE, check=False, text=True
        )
        seconds = time.monotonic() - began
        result = json.loads(done.stdout)
        if done.returncode:
            sys.exit(result["error"]["message"])
        test = result["test"]
        evaluation = json.loads((run / "evaluation.json").read_text())
        training = json.loads((run / "training.json").read_text())
        return {
            "seed": seed,
            "accuracy": round(test["accuracy"], 4),
            "interval": [round(test["accuracy_low"], 4), round(test["accuracy_high"], 4)],
            "macro_f1": round(test["macro_f1"], 4),
            "n": test["n"],
            "baselines": {k: round(v, 4) for k, v in evaluation["baselines"].items()},
            "best_epoch": training["best_epoch"],
            "seconds": round(seconds, 1),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("arguments", nargs="+")
    asked = parser.parse_args()
    rows = []
    for seed in range(asked.seeds):
        rows.append(fit(asked.arguments, seed))
        print(json.dumps(rows[-1]), flush=True)
    summary = {
        "mean_accuracy": round(mean(row["accuracy"] for row in rows), 4),
        "mean_probe": round(mean(row["baselines"].get("linear probe", 0) for row in rows), 4),
        "longest_seconds": max(row["seconds"] for row in rows),
    }
    print(json.dumps(summary))


if __name__ == "__main__":
    main()

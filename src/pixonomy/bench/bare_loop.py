"""The work that no service can do without: decode an image, ask the network; a process of its own.

`python -m pixonomy.bench.bare_loop BUNDLE IMAGE` reads numbers of images, one a line, and writes
what so many cost, as JSON.
"""

import json
import sys
import time
from pathlib import Path

import cv2

from pixonomy.bundle.load import load_bundle
from pixonomy.images.resize import frame

_WARM_UP = 3  # images


def main(bundle_path: Path, image: Path) -> None:
    """Do as many images as each line of standard input says, until there is no more line."""
    bundle, content = load_bundle(bundle_path), image.read_bytes()

    def classify(count: int) -> None:
        for _ in range(count):
            bundle.network.run(frame(content, bundle.resize_spec)[None])

    classify(_WARM_UP)
    for line in sys.stdin:
        began, cpu_began = time.perf_counter(), time.process_time()
        classify(int(line))
        cost = {
            "cpu_seconds": time.process_time() - cpu_began,
            "seconds": time.perf_counter() - began,
        }
        print(json.dumps(cost), flush=True)


if __name__ == "__main__":
    cv2.setNumThreads(1)
    main(Path(sys.argv[1]), Path(sys.argv[2]))

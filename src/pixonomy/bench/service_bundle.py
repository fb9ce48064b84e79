"""Makes what a service is measured with: a bundle with random weights, and a large photograph.

How fast a network is does not depend on its weights.
"""

from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np

from pixonomy.bundle.calibrate import Calibration
from pixonomy.bundle.export_onnx import export_onnx
from pixonomy.bundle.load import BUNDLE_FILE, MODEL_FILE, SCHEMA_VERSION, seal
from pixonomy.gallery.draw_images import CATEGORIES, draw_image
from pixonomy.gallery.photograph import encode_jpeg
from pixonomy.images.resize import RESIZE_VERSION
from pixonomy.inference.session import EMBEDDING
from pixonomy.models.device import CPU, on_device
from pixonomy.models.zoo import ModelSettings, build_model
from pixonomy.storage.files import hash_file, write_json
from pixonomy.training.novelty import fit_novelty

_EXAMPLES = 400  # random embeddings that novelty is measured against
_WIDTH, _HEIGHT, _QUALITY = 1440, 1080, 85
_MOST_GRAIN, _HALVINGS = 24.0, 12  # a standard deviation in grey levels


@on_device(CPU)
def write_random_bundle(folder: Path, model: str, size: int, seed: int = 0) -> None:
    """Write the bundle of an untrained network that tells the gallery's categories apart."""
    settings = ModelSettings(model, size, len(CATEGORIES), 32, 0.0, seed)
    network = build_model(settings, "float32")
    width = int(network.get_layer(EMBEDDING).output.shape[-1])
    chance = np.random.default_rng(seed)
    embeddings = chance.standard_normal((_EXAMPLES, width)).astype(np.float32)
    novelty = fit_novelty(embeddings, np.arange(_EXAMPLES) % len(CATEGORIES))
    folder.mkdir()
    export_onnx(network, folder / MODEL_FILE, novelty=novelty)
    about: dict[str, object] = {
        "schema_version": SCHEMA_VERSION,
        "labels": [{"label": one, "name": one, "count": 0} for one in CATEGORIES],
        "preprocessing": {"size": size, "fit": "stretch", "resize_version": RESIZE_VERSION},
        "calibration": asdict(Calibration(sure=0.9, n=100)),
        "hashes": {MODEL_FILE: hash_file(folder / MODEL_FILE)},
    }
    write_json(folder / BUNDLE_FILE, seal(about))


def draw_photograph(size: int = 303_000, seed: int = 0) -> bytes:
    """Return a JPEG of 1440 x 1080 pixels and about so many bytes, by its grain."""
    chance = np.random.default_rng(seed)
    drawn = cv2.resize(draw_image("travel", chance), (_WIDTH, _HEIGHT), None, 0, 0, cv2.INTER_CUBIC)
    grain = chance.standard_normal(drawn.shape, np.float32)
    low, high, data = 0.0, _MOST_GRAIN, b""
    for _ in range(_HALVINGS):
        strength = (low + high) / 2
        seen = np.clip(drawn + np.float32(strength) * grain, 0, 255).astype(np.uint8)
        data = encode_jpeg(seen, _QUALITY)
        low, high = (strength, high) if len(data) < size else (low, strength)
    return data

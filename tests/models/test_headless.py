from pathlib import Path

import numpy as np
import pytest

from pixonomy.bundle.export_onnx import export_headless
from pixonomy.errors import SettingError
from pixonomy.inference.embed import EmbeddingNetwork
from pixonomy.models.headless import build_headless


@pytest.mark.slow
def test_the_exported_network_gives_the_keras_models_embedding_in_any_batch(
    tmp_path: Path,
) -> None:
    model = build_headless(32, None)
    path = tmp_path / "headless.onnx"
    export_headless(model, path)
    network = EmbeddingNetwork(path.read_bytes())
    assert (network.size, network.dimensions) == (32, 1280)
    images = np.random.default_rng(0).integers(0, 256, (9, 3, 32, 32), np.uint8)
    wanted = np.asarray(model.predict_on_batch(images))
    np.testing.assert_allclose(network.run(images), wanted, atol=1e-3 * np.abs(wanted).max())


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.weights.h5"
    path.write_bytes(b"no weights")
    with pytest.raises(SettingError, match="does not hold the weights of a headless MobileNetV2"):
        build_headless(32, path)

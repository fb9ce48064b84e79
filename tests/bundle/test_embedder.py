import pickle
from pathlib import Path

import numpy as np
import pytest

from pixonomy.bundle.embedder import choose_embedder
from pixonomy.errors import BundleError, SettingError
from pixonomy.images.handmade_features import HandMadeEmbedder
from pixonomy.inference.session import Network


def test_a_runs_bundle_gives_the_embedding_that_it_classifies_by(
    fitted_run: Path, tmp_path: Path
) -> None:
    embedder = choose_embedder(fitted_run, tmp_path)
    size = embedder.resize_spec.size
    images = np.random.default_rng(0).integers(0, 256, (5, 3, size, size), np.uint8)
    wanted = Network((fitted_run / "bundle" / "model.onnx").read_bytes(), 1).run(images)
    given = pickle.loads(pickle.dumps(embedder))(images)
    np.testing.assert_allclose(given, wanted.embeddings, rtol=1e-5)
    assert given.shape == (5, embedder.dimensions)
    assert choose_embedder(fitted_run / "bundle", tmp_path).identity == embedder.identity


def test_a_damaged_bundle_is_refused(bundle_copy: Path, tmp_path: Path) -> None:
    (bundle_copy / "model.onnx").write_bytes(b"no model")
    with pytest.raises(BundleError):
        choose_embedder(bundle_copy, tmp_path)


@pytest.mark.slow
def test_weights_become_a_network_once_and_are_known_by_their_content(tmp_path: Path) -> None:
    from pixonomy.models.backend import building, keras

    weights = tmp_path / "random.weights.h5"
    with building("float32"):
        network = keras.applications.MobileNetV2(
            include_top=False, weights=None, input_shape=(3, 96, 96)
        )
    network.save_weights(weights)
    folder = tmp_path / "kept"
    embedder = choose_embedder(weights, folder)
    (kept,) = folder.glob("embedder-*")
    written = kept.stat().st_mtime_ns
    moved = weights.rename(tmp_path / "moved.weights.h5")
    again = choose_embedder(str(moved), folder)
    assert again == embedder
    assert kept.stat().st_mtime_ns == written
    images = np.zeros((2, 3, 128, 128), np.uint8)
    assert embedder(images).shape == (2, 1280)


def test_no_network_at_all_can_be_asked_for(tmp_path: Path) -> None:
    assert isinstance(choose_embedder("none", tmp_path), HandMadeEmbedder)
    assert not list(tmp_path.iterdir())


def test_a_network_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="no bundle and no weights file"):
        choose_embedder(tmp_path / "nothing.h5", tmp_path)

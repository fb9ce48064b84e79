from pathlib import Path

import keras
import numpy as np
import pytest

from pixonomy.errors import DataError
from pixonomy.models import imagenet_head
from pixonomy.models.imagenet_head import find_head


def write_head(path: Path, dimensions: int) -> None:
    kernel = np.arange(dimensions * 1000, dtype=np.float16).reshape(dimensions, 1000)
    np.savez(path, kernel=kernel, bias=np.ones(1000))


def test_the_head_lies_beside_the_weights_under_their_name(tmp_path: Path) -> None:
    weights = tmp_path / "net_notop.weights.h5"
    assert find_head("mobilenet", weights, 4) is None
    write_head(tmp_path / "net_head.npz", 4)
    found = find_head("mobilenet", weights, 4)
    assert found is not None
    assert found.kernel.shape == (4, 1000)
    assert found.bias.dtype == np.float32
    assert find_head("mobilenet", tmp_path / "other.weights.h5", 4) is None


def test_another_networks_head_and_another_file_are_refused(tmp_path: Path) -> None:
    weights = tmp_path / "net_notop.weights.h5"
    write_head(tmp_path / "net_head.npz", 4)
    with pytest.raises(DataError, match=r"shape \(4, 1000\), not \(8, 1000\)"):
        find_head("mobilenet", weights, 8)
    np.savez(tmp_path / "net_head.npz", other=np.ones(3))
    with pytest.raises(DataError, match="holds no kernel and bias"):
        find_head("mobilenet", weights, 8)
    (tmp_path / "net_head.npz").write_bytes(b"no archive")
    with pytest.raises(DataError, match="holds no kernel and bias"):
        find_head("mobilenet", weights, 8)


def whole(pool: keras.Layer, *between: keras.Layer) -> keras.Model:
    images = keras.Input((3, 8, 8))
    features = pool(keras.layers.Conv2D(4, 3, data_format="channels_first")(images))
    for layer in between:
        features = layer(features)
    return keras.Model(images, keras.layers.Dense(1000)(features))


def test_a_dense_layer_on_the_mean_of_the_last_map_is_taken_off() -> None:
    pool = keras.layers.GlobalAveragePooling2D(data_format="channels_first")
    found = imagenet_head.take_off(whole(pool, keras.layers.Dropout(0.2)), 4)
    assert found is not None
    assert found.kernel.shape == (4, 1000)


def test_a_head_that_sees_something_else_is_not() -> None:
    pool = keras.layers.GlobalAveragePooling2D(data_format="channels_first")
    assert imagenet_head.take_off(whole(pool, keras.layers.LayerNormalization()), 4) is None
    assert imagenet_head.take_off(whole(pool), 7) is None

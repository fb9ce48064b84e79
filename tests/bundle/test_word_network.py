from pathlib import Path

import numpy as np
import pytest

from encoder_pair import DIMENSIONS, SIZE, make_pair
from pixonomy.bundle.word_network import open_encoder
from pixonomy.dataset.category import Category
from pixonomy.errors import SettingError
from pixonomy.inference.embed import EmbeddingNetwork

CATEGORIES = [Category("c", "c", keywords=("cat", "red wine")), Category("dog", "dog")]


def test_an_encoder_gives_its_image_network_and_a_class_for_each_phrase(tmp_path: Path) -> None:
    pair = make_pair(tmp_path / "encoder")
    opened = open_encoder(pair.folder, CATEGORIES)
    assert opened.size == SIZE
    assert opened.head.kernel.shape == (DIMENSIONS, 3)
    assert opened.head.weights.tolist() == [[1.5, 1.5, 0], [0, 0, 3]]
    assert not opened.head.bias.any()
    images = np.random.default_rng(0).integers(0, 256, (3, 3, SIZE, SIZE)).astype(np.uint8)
    embeddings = EmbeddingNetwork(opened.network).run(images)
    assert embeddings == pytest.approx(pair.image_vectors(images), abs=1e-4)


def test_a_folder_that_is_no_encoder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"has no vision_model\.onnx"):
        open_encoder(tmp_path, CATEGORIES)

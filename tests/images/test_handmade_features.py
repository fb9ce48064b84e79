import pickle

import numpy as np

from pixonomy.images.handmade_features import HandMadeEmbedder


def draw(angle: int, colour: tuple[int, int, int]) -> np.ndarray:
    rows, columns = np.indices((64, 64))
    stripes = ((rows if angle else columns) // 4 % 2).astype(np.uint8)
    return np.stack([stripes * value for value in colour])


def test_each_picture_gets_its_vector_whatever_stands_beside_it() -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 3, 64, 64), np.uint8)
    embedder = HandMadeEmbedder()
    together = embedder(images)
    assert together.shape == (5, embedder.dimensions)
    assert together.dtype == np.float32
    np.testing.assert_array_equal(embedder(images[2:3])[0], together[2])


def test_directions_and_colours_are_told_apart() -> None:
    images = [(0, (255, 0, 0)), (1, (255, 0, 0)), (0, (0, 0, 255))]
    first, turned, blue = HandMadeEmbedder()(np.stack([draw(*one) for one in images]))
    assert np.abs(first - turned).max() > 0.1
    assert np.abs(first - blue).max() > 0.1


def test_a_blank_picture_gives_finite_numbers() -> None:
    assert np.isfinite(HandMadeEmbedder()(np.zeros((1, 3, 64, 64), np.uint8))).all()


def test_it_can_be_sent_to_a_worker() -> None:
    sent = pickle.loads(pickle.dumps(HandMadeEmbedder()))
    assert sent.identity == HandMadeEmbedder.identity
    assert sent.resize_spec.size == 64

import numpy as np
import pytest

from pixonomy.models.backend import best_precision, building, keras
from pixonomy.models.fused import BatchNorm, Convolution, Entrance, fuse
from pixonomy.models.optimizer import FusedAdamW

layers = keras.layers


def build_plain(seed: int = 0) -> keras.Model:
    keras.utils.set_random_seed(seed)
    with building("float32"):
        images = keras.Input((3, 16, 16))
        x = layers.Conv2D(8, 3, padding="same", activation="relu")(images)
        x = layers.BatchNormalization(axis=1, momentum=0.9)(x)
        x = layers.Conv2D(8, 3, 2, "same", use_bias=False)(x)
        x = layers.DepthwiseConv2D(3)(x)
        x = layers.GlobalAveragePooling2D()(x)
        return keras.Model(images, layers.Dense(3)(x))


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(6, 3, 16, 16)).astype(np.float32)


def test_fused_layers_give_what_keras_gives(images: np.ndarray) -> None:
    plain = build_plain()
    fused = fuse(plain)
    assert any(isinstance(layer, Convolution) for layer in fused.layers)
    assert any(isinstance(layer, BatchNorm) for layer in fused.layers)
    np.testing.assert_allclose(
        fused.predict_on_batch(images), plain.predict_on_batch(images), atol=1e-5
    )


def test_fused_layers_give_what_keras_gives_while_training(images: np.ndarray) -> None:
    plain = build_plain()
    fused = fuse(plain)
    given = keras.ops.convert_to_numpy(fused(images, training=True))
    wanted = keras.ops.convert_to_numpy(plain(images, training=True))
    np.testing.assert_allclose(given, wanted, atol=1e-4)


def test_the_same_weights_load_in_fused_and_plain_layers(images: np.ndarray) -> None:
    fused, plain = fuse(build_plain(1)), build_plain(2)
    plain.set_weights(fused.get_weights())
    np.testing.assert_allclose(
        fused.predict_on_batch(images), plain.predict_on_batch(images), atol=1e-5
    )


def test_the_moving_statistics_of_fused_normalisation_follow_the_batches(
    images: np.ndarray,
) -> None:
    with building("float32"):
        inputs = keras.Input((3, 16, 16))
        model = fuse(keras.Model(inputs, layers.BatchNormalization(axis=1, momentum=0.5)(inputs)))
    for _ in range(12):
        model(images * 3 + 1, training=True)
    _, _, mean, variance = model.get_weights()
    np.testing.assert_allclose(mean, (images * 3 + 1).mean(axis=(0, 2, 3)), atol=0.01)
    np.testing.assert_allclose(variance, (images * 3).var(axis=(0, 2, 3)), rtol=0.01)


def test_a_frozen_normalisation_keeps_its_statistics(images: np.ndarray) -> None:
    with building("float32"):
        inputs = keras.Input((3, 16, 16))
        model = fuse(keras.Model(inputs, layers.BatchNormalization(axis=1)(inputs)))
    model.layers[-1].trainable = False
    before = model.get_weights()
    model(images * 3 + 1, training=True)
    for then, now in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(then, now)


def test_the_entrance_changes_no_value(images: np.ndarray) -> None:
    with building("float32"):
        inputs = keras.Input((3, 16, 16))
        model = keras.Model(inputs, Entrance()(inputs))
    np.testing.assert_array_equal(model.predict_on_batch(images), images)


def test_fused_adamw_steps_as_keras_adamw_does(images: np.ndarray) -> None:
    labels = np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1, 2]]
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    reference = build_plain()
    ours = fuse(reference)
    # Vectors are free of decay in ours; Keras is told the same by name.
    theirs = keras.optimizers.AdamW(1e-3, weight_decay=0.1)
    theirs.exclude_from_weight_decay(
        var_list=[v for v in reference.trainable_variables if len(v.shape) < 2]
    )
    reference.compile(theirs, loss)
    ours.compile(FusedAdamW(1e-3, weight_decay=0.1), loss)
    for _ in range(5):
        reference.train_on_batch(images, labels)
        ours.train_on_batch(images, labels)
    for wanted, given in zip(reference.trainable_variables, ours.trainable_variables, strict=True):
        # Five steps move a weight by up to 5e-3; rounding shows where a gradient is almost zero.
        difference = np.abs(np.asarray(given) - np.asarray(wanted))
        assert np.median(difference) < 1e-5
        assert difference.max() < 2e-3


def test_the_precision_is_one_that_keras_knows() -> None:
    assert best_precision() in ("float32", "mixed_bfloat16")

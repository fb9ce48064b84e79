import numpy as np

from pixonomy.models.airbench import IdentityFirst, fit_whitening, whitening_kernel
from pixonomy.models.backend import keras
from pixonomy.models.zoo import ModelSettings, build_model


def smooth_images() -> np.ndarray:
    """Neighbouring pixels and colours alike, as in photographs."""
    coarse = np.random.default_rng(0).integers(0, 256, (60, 1, 4, 4))
    colour = np.random.default_rng(1).integers(-30, 30, (60, 3, 4, 4))
    images = np.clip(coarse + colour, 0, 255).astype(np.uint8)
    return np.repeat(np.repeat(images, 8, axis=2), 8, axis=3)


def test_the_kernel_decorrelates_the_patches_of_its_pictures() -> None:
    images = smooth_images() + np.random.default_rng(2).integers(0, 9, (60, 3, 32, 32), np.uint8)
    kernel = whitening_kernel(images)
    assert kernel.shape == (2, 2, 3, 24)
    np.testing.assert_array_equal(kernel[..., :12], -kernel[..., 12:])
    values = images.transpose(0, 2, 3, 1) / 127.5 - 1
    maps = keras.ops.conv(values.astype(np.float32), kernel[..., :12], data_format="channels_last")
    flat = np.asarray(maps).reshape(-1, 12)
    moments = flat.T @ flat / len(flat)
    assert np.abs(moments - np.diag(np.diag(moments))).max() < 0.02
    assert moments[0, 0] > 0.9  # the strongest direction; weak ones are noise and stay small


def test_the_first_layer_is_set_by_pictures_and_not_trained() -> None:
    model = build_model(ModelSettings("airbench", 32, 4, 16, 0.0, 0), "float32")
    images = smooth_images()
    fit_whitening(model, images)
    network = next(one for one in model.layers if isinstance(one, keras.Model))
    layer = network.get_layer("whitening")
    np.testing.assert_array_equal(layer.get_weights()[0], whitening_kernel(images))
    assert layer.trainable_variables == []


def test_kernels_start_by_letting_channels_through() -> None:
    kernel = np.asarray(IdentityFirst(seed=1)((3, 3, 4, 6)))
    np.testing.assert_array_equal(kernel[1, 1, :, :4], np.eye(4))
    assert np.count_nonzero(kernel[..., :4]) == 4
    assert np.count_nonzero(kernel[..., 4:]) == 9 * 4 * 2

"""The head of VGG16 and VGG19, with two of its three dense layers, and their start.

Simonyan & Zisserman 2015: 13 or 16 convolutions in five blocks with max pooling between.
"""

import keras
from keras import layers


def vgg_features(
    backbone: keras.Model, images: keras.KerasTensor, dense: int, dropout: float
) -> keras.KerasTensor:
    """Put the first two of VGG's three dense layers on a backbone; the third gives the logits.

    The original has 4,096 wide layers on 7 x 7 maps; at 50 px the map is 1 x 1 and at 100 px
    3 x 3, so the width is a setting.

    Args:
        backbone: a headless VGG of keras.applications, channels first.
        images: the preprocessed input tensor, shape (n, 3, size, size).
        dense: the width of the two layers.
        dropout: the share of the first layer's outputs that is dropped in training.

    Returns:
        Features, shape (n, dense).
    """
    # Flattened, not pooled: where on the map a thing lies counts, as in the original.
    x = layers.Flatten(name="flatten")(backbone(images))
    # Two seeds: layers of one width would start alike else, and He, as rectifiers halve a signal.
    he = keras.initializers.HeNormal
    x = layers.Dense(dense, activation="relu", kernel_initializer=he(seed=1), name="dense_1")(x)
    x = layers.Dropout(dropout, name="dropout_1", seed=2)(x)
    return layers.Dense(dense, activation="relu", kernel_initializer=he(seed=2), name="dense_2")(x)


def initialise_he(backbone: keras.Model, seed: int) -> None:
    """Draw all convolution kernels anew from He's distribution (He et al. 2015).

    With the Glorot start of keras.applications thirteen rectified layers let a signal fade to
    about a hundredth, and training from scratch stays at chance.
    """
    for place, layer in enumerate(backbone.layers):
        if isinstance(layer, layers.Conv2D):
            # The same seed would draw the same numbers again for every kernel of one shape.
            draw = keras.initializers.HeNormal(seed=seed * 1000 + place)
            layer.kernel.assign(draw(layer.kernel.shape))

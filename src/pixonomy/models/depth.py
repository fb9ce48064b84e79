"""Slower learning rates for the early layers of a pretrained network."""

import math

import keras


def rate_factors(model: keras.Model, decay: float) -> dict[str, float]:
    """Return, for each weight of the networks inside a model, what its rate is multiplied by.

    A network halves its maps stage by stage. The last stage learns at `decay` of the head's rate,
    and each stage before it at `decay` of the next one's: edges need less change than objects
    (Howard & Ruder 2018 did so by layers).

    Args:
        decay: 0 to 1; at 1 all weights learn alike.

    Returns:
        {path of the variable: factor}; weights of the model's own layers are not in it.
    """
    if decay == 1.0:
        return {}
    # The head lies outside of `network` and is not in the result: it learns at the full rate.
    factors = {}
    for network in model.layers:
        inner = getattr(network, "layers", [])
        stages = [_stage(network, layer) for layer in inner]
        last = max((stage for stage in stages if stage is not None), default=0)
        for layer, stage in zip(inner, stages, strict=True):
            for variable in layer.trainable_variables:
                # What has no map lies behind the pooling: the last stage.
                own = last if stage is None else stage
                factors[variable.path] = decay ** (last - own + 1)
    return factors


def _stage(network: keras.Model, layer: keras.Layer) -> int | None:
    """Return how often the map has been halved on the way to a layer's output; None: no map."""
    # Axis 2 is a side of the map in both orders, (n, c, h, w) and (n, h, w, c).
    shape = layer.output.shape
    return round(math.log2(network.input_shape[2] / shape[2])) if len(shape) == 4 else None

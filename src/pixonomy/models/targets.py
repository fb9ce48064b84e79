"""Labels of a batch, and the loss to minimise, in terms that both backends share."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Targets:
    """The labels of a batch.

    Attributes:
        labels: label numbers, (n,).
        others: of images that are mixed from two, what the second shows, (n,); None: no mixing.
        shares: the weight of the first label of each image, lambda in the papers on mixing,
            float32 (n,), 0 to 1.
    """

    labels: Labels
    others: Labels | None = None
    shares: Floats | None = None


@dataclass(frozen=True)
class Objective:
    """The loss to minimise.

    Attributes:
        label_smoothing: the probability taken from the right label and spread, 0 to 1.
        weights: what an error on each label counts, float32 (k,); None: all alike.
        micro_batches: a batch is taken in so many, whose gradients are added up before the step:
            memory for one of them is enough. BatchNorm sees each by itself.
    """

    label_smoothing: float = 0.0
    weights: Floats | None = None
    micro_batches: int = 1

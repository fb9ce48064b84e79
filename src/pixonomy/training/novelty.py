"""Out-of-distribution score: how unlike the training images an image's embedding is.

An image of none of the categories often gets a confident answer, but its embedding lies where no
training image's does. The distance to the nearest class mean shows it (Lee et al. 2018), taken in
the directions that training images differ in, whitened, plus what lies outside of them (Wang et
al. 2022 take such a residual); embeddings are brought to length one first, which all of it gains
from.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from pixonomy.models.device import lay_on

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

_DIRECTIONS = 64
_IMAGES_A_DIRECTION = 4  # fewer would describe themselves, not their like
_SHRINKAGE = 0.1  # of the covariance, towards a ball of the same size
_FEWEST = 40  # training images


@dataclass(frozen=True)
class Novelty:
    """Where training images lie among d-dimensional embeddings of length one.

    Attributes:
        centre: their mean, float32 (d,).
        directions: float32 (m, d), orthonormal rows.
        whitening: float32 (m, m), applied to coordinates in these directions.
        means: of each category, in whitened coordinates, float32 (k', m).
        residual: the mean squared length outside of the directions.
    """

    centre: Floats
    directions: Floats
    whitening: Floats
    means: Floats
    residual: float

    def measure(self, embeddings: torch.Tensor) -> torch.Tensor:
        """Return how unlike the training images embeddings, (n, d), are: (n,), about 2 if alike.

        The mean squared distance to the nearest category's mean in whitened directions, plus the
        squared length outside of them in units of the training images' mean.
        """
        # Written in operations that ONNX has: it is exported with the network.
        length = embeddings.square().sum(dim=1, keepdim=True).clamp_min(1e-12).sqrt()
        device = embeddings.device
        centred = embeddings / length - lay_on(device, self.centre)
        inside = centred @ lay_on(device, self.directions.T.copy())
        white = inside @ lay_on(device, self.whitening)
        means = lay_on(device, self.means)
        # |a - b|² without an array of n x k' x m.
        squares = white.square().sum(dim=1, keepdim=True) + means.square().sum(dim=1)
        nearest = (squares - 2 * white @ means.T).amin(dim=1)
        outside = centred.square().sum(dim=1) - inside.square().sum(dim=1)
        # Each term is about 1 for an image like the training ones.
        return nearest / white.shape[1] + outside / self.residual


def fit_novelty(embeddings: Floats, labels: npt.NDArray[np.int64]) -> Novelty | None:
    """Describe where training images lie.

    Args:
        embeddings: shape (n, d).
        labels: label numbers, (n,).

    Returns:
        None for fewer than 40 images, or where embeddings do not differ.
    """
    n, d = embeddings.shape
    if n < _FEWEST:
        return None
    values = embeddings.astype(np.float64)
    values /= np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-6)
    centre = values.mean(axis=0)
    values -= centre
    # Principal directions, (d, d) or (n, d), the widest first.
    _, sizes, directions = np.linalg.svd(values, full_matrices=False)
    # One direction at least stays outside, for the residual.
    many = min(_DIRECTIONS, n // _IMAGES_A_DIRECTION, d - 1)
    directions = directions[:many]
    inside = values @ directions.T
    residual = float((np.square(values).sum(axis=1) - np.square(inside).sum(axis=1)).mean())
    if sizes[0] < 1e-6 or residual <= 0:
        return None
    known, place = np.unique(labels, return_inverse=True)
    means = np.stack([inside[place == number].mean(axis=0) for number in range(len(known))])
    # Of the deviations from each category's own mean: one covariance shared by all categories, as
    # in linear discriminant analysis.
    whitening = _whiten(inside - means[place])
    return Novelty(
        centre.astype(np.float32),
        directions.astype(np.float32),
        whitening.astype(np.float32),
        (means @ whitening).astype(np.float32),
        residual,
    )


def _whiten(deviations: Doubles) -> Doubles:
    """Return the matrix that gives deviations, (n, m), about unit covariance, (m, m)."""
    covariance = deviations.T @ deviations / len(deviations)
    size = max(float(np.trace(covariance)) / len(covariance), 1e-12)
    # Shrunk (as Ledoit & Wolf 2004, by a fixed share): with few images the narrowest directions
    # would be enlarged without bound.
    covariance = (1 - _SHRINKAGE) * covariance + _SHRINKAGE * size * np.eye(len(covariance))
    # W with W W' = the inverse covariance, so that |x W|² is the squared Mahalanobis distance.
    return np.asarray(np.linalg.cholesky(np.linalg.inv(covariance)))

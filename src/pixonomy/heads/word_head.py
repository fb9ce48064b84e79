"""Answers by words: what a pretrained network's own classes say of categories.

The weights come from `semantic_prior`; the class probabilities from the head that the backbone
was pretrained with.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pixonomy.heads.quantized import Quantized, quantize_columns
from pixonomy.heads.references import Floats

ENOUGH = 5.0
"""Evidence at which words know an image: its classes speak for a category five times as much as
classes do on average."""

SMALLEST = 1e-9
"""Added to evidence before its logarithm is taken."""


@dataclass(frozen=True)
class WordHead:
    """The classes of a network, and how much each speaks for each category.

    Attributes:
        kernel, bias: class logits = embedding @ kernel + bias; float16 or float32 (d, c), float32
            (c,).
        weights: float32 (k, c); by `semantic_prior.prior.class_weights`, each row of mean 1, or
            those of a `semantic_prior.encoders.PhraseHead`.
    """

    kernel: npt.NDArray[np.floating]
    bias: Floats
    weights: Floats

    def evidence(self, embeddings: Floats) -> Floats:
        """Return how much the classes seen speak for each category, (n, k): 1 is the average."""
        return self._weigh(embeddings @ self.kernel.astype(np.float32) + self.bias)

    def scores(self, embeddings: Floats) -> Floats:
        """Return the logarithm of the evidence, (n, k)."""
        return np.asarray(np.log(self.evidence(embeddings) + np.float32(SMALLEST)), np.float32)

    @cached_property
    def columns(self) -> Quantized:
        """The kernel in eight bits."""
        return quantize_columns(self.kernel)

    def quantized_evidence(self, embeddings: Floats) -> Floats:
        """Return the evidence by the kernel in eight bits, as a bundle with a gate finds it."""
        return self._weigh(self.columns.multiply(embeddings) + self.bias)

    def _weigh(self, logits: Floats) -> Floats:
        chances = np.exp(logits - logits.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        return np.asarray(chances @ self.weights.T, np.float32)

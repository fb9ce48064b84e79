"""Answers from words by a pair of networks that see texts and images alike (CLIP, SigLIP).

The phrases of all categories are put into words ("a photo of a car") and become unit vectors: the
classes of a head on the image network's embeddings, which alone is run when images are answered.
Radford et al. (2021), Learning transferable visual models from natural language supervision; Zhai
et al. (2023), Sigmoid loss for language image pre-training.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pixonomy.dataset.category import Category
from pixonomy.errors import SettingError
from pixonomy.inference.logits import softmax
from pixonomy.semantic_prior.prior import Floats, answer

PROMPTS = ("a photo of {}", "a picture of {}", "{}")
SCALE = 100.0
"""Logits are cosines times this, which is what CLIP learnt; SigLIP learnt 112."""

TextEncoder = Callable[[Sequence[str]], Floats]
"""From n texts to float32 (n, d)."""


@dataclass(frozen=True)
class PhraseHead:
    """A head on the embeddings of an image network whose classes are the phrases of categories.

    Attributes:
        phrases: one a class.
        kernel: float32 (d, phrases): logits are embeddings of length 1 @ kernel.
        weights: what `class_weights` is to a network's own classes, float32 (categories, phrases),
            each row of mean 1.
    """

    phrases: tuple[str, ...]
    kernel: Floats
    weights: Floats

    def answer(self, embeddings: Floats) -> Floats:
        """Return the probabilities of categories, float32 (n, categories).

        Args:
            embeddings: of the image network, float32 (n, d), of any length above 0.
        """
        logits = _unit(embeddings) @ self.kernel
        return answer(softmax(logits.astype(np.float64)).astype(np.float32), self.weights)


def make_phrase_head(
    categories: Sequence[Category],
    encode: TextEncoder,
    prompts: Sequence[str] = PROMPTS,
    scale: float = SCALE,
) -> PhraseHead:
    """Return the head of the categories' keywords; their names, or ids, where there are none.

    Args:
        prompts: texts with one {} each; a phrase's vector is the mean over them.

    Raises:
        SettingError: if a prompt has no {}, or the encoder gives no vectors of texts.
    """
    wrong = next((one for one in prompts if one.count("{}") != 1), None)
    if wrong is not None or not prompts:
        raise SettingError(
            f"A prompt has one {{}} for the words, such as {PROMPTS[0]!r}: {wrong!r}."
        )
    owned = [(at, text) for at, one in enumerate(categories) for text in _phrases(one)]
    texts = [prompt.replace("{}", text) for _, text in owned for prompt in prompts]
    vectors = _unit(np.asarray(encode(texts), np.float32)).reshape(len(owned), len(prompts), -1)
    owners = np.array([at for at, _ in owned])
    weights = (owners == np.arange(len(categories))[:, None]).astype(np.float32)
    return PhraseHead(
        tuple(text for _, text in owned),
        np.ascontiguousarray(scale * _unit(vectors.mean(axis=1)).T),
        weights / weights.mean(axis=1, keepdims=True),
    )


def _phrases(category: Category) -> tuple[str, ...]:
    """Return what is put into prompts: both models were taught small letters and spaces."""
    phrases = category.keywords or (category.name or category.id,)
    return tuple(" ".join(one.replace("_", " ").lower().split()) for one in phrases)


def _unit(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    if not np.isfinite(lengths).all() or (lengths == 0).any():
        raise SettingError(
            "The encoder gives vectors that are not finite or have no length: its file is damaged, "
            "or not the tower it was taken for."
        )
    return np.asarray(vectors / lengths, np.float32)

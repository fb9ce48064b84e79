"""The gated head in operations that ONNX has: it is exported with the network.

`heads.gated.GatedHead` is the same in NumPy, and what this is tested against.
"""

import numpy as np
import torch

from pixonomy.heads.gated import GatedHead, Mix
from pixonomy.heads.out_of_fold import (
    HEADS,
    LOGISTIC,
    NEAREST,
    PROTOTYPES,
    WORDS,
    scale_of,
)
from pixonomy.heads.references import ABSENT, NEIGHBOURS
from pixonomy.heads.word_head import ENOUGH, SMALLEST
from pixonomy.models.device import lay_on


class GatedModule(torch.nn.Module):
    """Turns embeddings, (n, d), and a linear head's logits, (n, k), into gated answers."""

    def __init__(self, head: GatedHead) -> None:
        super().__init__()
        self.head = head

    def forward(
        self, embeddings: torch.Tensor, logits: torch.Tensor, novelty: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """Return log-probabilities, (n, k); the place in `RESTS_ON` of each, (n,); the novelty."""
        head = self.head
        vectors = _to_length_one(embeddings)
        nearest, familiar = self._similarities(vectors)
        centred = _to_length_one(vectors - lay_on(embeddings.device, head.prototypes.centre))
        directions = lay_on(embeddings.device, head.prototypes.directions.T.copy())
        scores = {
            LOGISTIC: logits,
            NEAREST: nearest * scale_of(NEAREST),
            PROTOTYPES: centred @ directions * scale_of(PROTOTYPES),
        }
        is_off, is_far = (familiar < one for one in head.thresholds)
        if head.words is not None:
            evidence = self._evidence(embeddings)
            scores[WORDS] = torch.log(evidence + SMALLEST)
            if novelty is not None and head.tells_by_words:
                most = evidence.amax(dim=1).clamp_min(SMALLEST)
                novelty = novelty * (ENOUGH / most).clamp_max(1)
        near, between, far = (_mix(scores, one) for one in head.mixes)
        answers = torch.where(is_off[:, None], torch.where(is_far[:, None], far, between), near)
        between_rests, far_rests = map(float, head.rests_on[1:])
        grounds = is_off.float() * between_rests
        rests_on = torch.where(is_far, torch.full_like(familiar, far_rests), grounds)
        return answers, rests_on, novelty

    def _similarities(self, vectors: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        references = self.head.references
        k, r, d = references.vectors.shape
        flat = lay_on(vectors.device, references.vectors.reshape(k * r, d)).float()
        scale = lay_on(vectors.device, references.scale.reshape(k * r).copy())
        cosines = (vectors @ flat.T) * scale
        # Where a category has fewer references: a value no cosine has.
        cosines = cosines + lay_on(vectors.device, _absent(references.scale.reshape(k * r)))
        of_category = torch.topk(cosines.reshape(-1, k, r), min(NEIGHBOURS, r), dim=2).values
        of_all = torch.topk(of_category.flatten(1), min(NEIGHBOURS, k * min(NEIGHBOURS, r))).values
        return _mean(of_category), _mean(of_all)

    def _evidence(self, embeddings: torch.Tensor) -> torch.Tensor:
        words = self.head.words
        assert words is not None
        kernel = lay_on(embeddings.device, words.kernel).float()
        chances = torch.softmax(embeddings @ kernel + lay_on(embeddings.device, words.bias), dim=1)
        return chances @ lay_on(embeddings.device, words.weights.T.copy())


_NOT_THERE = -8.0  # beside cosines, which are -1 to 1


def _absent(scale: np.ndarray) -> np.ndarray:
    return np.where(scale > 0, 0, _NOT_THERE).astype(np.float32)


def _mean(nearest: torch.Tensor) -> torch.Tensor:
    """Return the mean of the last axis over the references that are there."""
    is_there = (nearest > _NOT_THERE / 2).float()
    found = is_there.sum(dim=-1)
    mean = (nearest * is_there).sum(dim=-1) / found.clamp_min(1)
    return torch.where(found > 0, mean, torch.full_like(mean, ABSENT))


def _mix(scores: dict[str, torch.Tensor], weights: Mix) -> torch.Tensor:
    asked = [(head, weight) for head, weight in zip(HEADS, weights, strict=True) if weight]
    total = asked[0][1] * scores[asked[0][0]]
    for head, weight in asked[1:]:
        total = total + weight * scores[head]
    return torch.log_softmax(total, dim=1)


def _to_length_one(vectors: torch.Tensor) -> torch.Tensor:
    return vectors / vectors.square().sum(dim=1, keepdim=True).clamp_min(1e-12).sqrt()

"""The gated head in operations that ONNX has: it is exported with the network.

`heads.gated.GatedHead` is the same in NumPy, and what this is tested against.
"""

import numpy as np
import numpy.typing as npt
import torch

from pixonomy.heads.gated import GatedHead
from pixonomy.heads.out_of_fold import (
    HEADS,
    LOGISTIC,
    NEAREST,
    PROTOTYPES,
    WORDS,
    scale_of,
)
from pixonomy.heads.quantized import LARGEST, Quantized
from pixonomy.heads.quantized import SMALLEST as NO_LARGEST
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
        head, device = self.head, embeddings.device
        lengths = _lengths(embeddings)
        products, class_logits = self._multiply(embeddings)
        nearest, familiar = self._similarities(products / lengths)
        centred = embeddings / lengths - lay_on(device, head.prototypes.centre)
        directions = lay_on(device, head.prototypes.directions.T.copy())
        scores = {
            LOGISTIC: logits,
            NEAREST: nearest,
            PROTOTYPES: (centred / _lengths(centred)) @ directions,
        }
        if head.words is not None:
            chances = torch.softmax(class_logits + lay_on(device, head.words.bias), dim=1)
            evidence = chances @ lay_on(device, head.words.weights.T.copy())
            scores[WORDS] = torch.log(evidence.clamp_min(SMALLEST))
            if novelty is not None and head.tells_by_words:
                novelty = novelty / (evidence.amax(dim=1) / ENOUGH).clamp_min(1)
        near, far = head.thresholds
        sides = (familiar < near).long() + (familiar < far).long()
        rests_on = lay_on(device, np.array(head.rests_on, np.float32)).index_select(0, sides)
        return self._mix(scores, sides), rests_on, novelty

    def _multiply(self, embeddings: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the products with the references, and with the classes where words have a say."""
        references, words = self.head.references.columns, self.head.words
        parts = [references] if words is None else [references, words.columns]
        # In one product, read in one go.
        whole = Quantized(
            np.concatenate([one.values for one in parts], axis=1),
            np.concatenate([one.scale for one in parts]),
        )
        products = _multiply(embeddings, whole)
        count = references.values.shape[1]
        return products[:, :count], products[:, count:]

    def _similarities(self, cosines: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        references = self.head.references
        k, r, _ = references.vectors.shape
        if not references.scale.all():
            # Where a category has fewer references: a value no cosine has.
            absent = np.where(references.scale.ravel() > 0, 0, _NOT_THERE).astype(np.float32)
            cosines = cosines + lay_on(cosines.device, absent)
        of_category = torch.topk(cosines.reshape(-1, k, r), min(NEIGHBOURS, r), dim=2).values
        of_all = torch.topk(of_category.flatten(1), min(NEIGHBOURS, k * min(NEIGHBOURS, r))).values
        if ((references.scale > 0).sum(axis=1) >= min(NEIGHBOURS, r)).all():
            return of_category.mean(dim=-1), of_all.mean(dim=-1)
        return _mean(of_category), _mean(of_all)

    def _mix(self, scores: dict[str, torch.Tensor], sides: torch.Tensor) -> torch.Tensor:
        """Return the log-probabilities of the mix of heads that the side of each image has."""
        scales = [scale_of(head) if head in (NEAREST, PROTOTYPES) else 1 for head in HEADS]
        table = np.array(self.head.mixes, np.float32) * np.array(scales, np.float32)
        asked = [place for place in range(len(HEADS)) if table[:, place].any()]
        exponents = lay_on(sides.device, table[:, None, asked].copy()).index_select(0, sides)
        # (n, 1, heads) times (n, heads, k): each image has exponents of its own.
        given = torch.cat([scores[HEADS[place]] for place in asked], dim=1)
        categories = len(self.head.references.vectors)
        mixed = exponents @ given.reshape(-1, len(asked), categories)
        return torch.log_softmax(mixed.reshape(-1, categories), dim=1)


def _multiply(embeddings: torch.Tensor, matrix: Quantized) -> torch.Tensor:
    """Return what `Quantized.multiply` does."""
    device = embeddings.device
    largest = embeddings.abs().amax(dim=1, keepdim=True).clamp_min(NO_LARGEST)
    product = _multiply_integers(embeddings / largest, matrix.values).float()
    return product * largest * lay_on(device, matrix.scale / np.float32(LARGEST))


def _multiply_integers(rows: torch.Tensor, matrix: npt.NDArray[np.int8]) -> torch.Tensor:
    """Return the product of rows, -1 to 1 (n, d), in 127 steps with int8 (d, m), int32 (n, m)."""
    if not torch.compiler.is_exporting():
        steps = torch.round(rows * LARGEST).double()
        return torch.round(steps @ lay_on(rows.device, matrix).double()).to(torch.int32)
    # PyTorch has no such product. Both are unsigned, for only then is it exact on processors
    # without instructions of their own for it.
    shifted = lay_on(rows.device, (matrix.astype(np.int16) + _SHIFT).astype(np.uint8))
    middle, step = torch.tensor(_SHIFT, dtype=torch.uint8), torch.tensor(1 / LARGEST)
    operation, shape = torch.onnx.ops.symbolic, (rows.shape[0], matrix.shape[1])
    values = operation("QuantizeLinear", (rows, step, middle), dtype=torch.uint8, shape=rows.shape)
    given = (values, shifted, middle, middle)
    return operation("MatMulInteger", given, dtype=torch.int32, shape=shape)


_SHIFT = 128
_NOT_THERE = -8.0  # beside cosines, which are -1 to 1


def _mean(nearest: torch.Tensor) -> torch.Tensor:
    """Return the mean of the last axis over the references that are there."""
    is_there = (nearest > _NOT_THERE / 2).float()
    found = is_there.sum(dim=-1)
    mean = (nearest * is_there).sum(dim=-1) / found.clamp_min(1)
    return torch.where(found > 0, mean, torch.full_like(mean, ABSENT))


def _lengths(vectors: torch.Tensor) -> torch.Tensor:
    return vectors.square().sum(dim=1, keepdim=True).clamp_min(1e-12).sqrt()

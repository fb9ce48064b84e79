"""Embeddings whose categories have several sources each, and classes of a network that know them.

A category's sources lie apart from each other; a pretrained network's classes tell categories
apart wherever images come from.
"""

from dataclasses import dataclass

import numpy as np

from pixonomy.heads.out_of_fold import Training
from pixonomy.heads.word_head import WordHead

DIMENSIONS, CATEGORIES, SOURCES = 32, 3, 3
_OF_WORDS = 2 * CATEGORIES  # the first numbers tell the network's classes


@dataclass(frozen=True)
class Clouds:
    training: Training
    sources: np.ndarray


def draw(n: int, seed: int, sources: tuple[int, ...] = (0, 1, 2)) -> Clouds:
    """Draw n embeddings of each source of each category."""
    generator, fixed = np.random.default_rng(seed), np.random.default_rng(99)
    places = 4 * fixed.normal(size=(CATEGORIES, SOURCES, DIMENSIONS))
    places[:, :, :_OF_WORDS] = 0
    parts, labels, groups = [], [], []
    for category in range(CATEGORIES):
        for source in sources:
            some = places[category, source] + generator.normal(size=(n, DIMENSIONS))
            some[:, :_OF_WORDS] = 0
            known = generator.random(n) < 0.9
            shown = np.where(known, category, generator.integers(0, CATEGORIES, n))
            some[np.arange(n), shown] = 2
            parts.append(some)
            labels += [category] * n
            groups += [category * SOURCES + source] * n
    embeddings = np.concatenate(parts).astype(np.float32)
    training = Training(embeddings, np.array(labels), np.array(groups), CATEGORIES)
    return Clouds(training, np.array(groups) % SOURCES)


def word_head() -> WordHead:
    kernel = np.zeros((DIMENSIONS, CATEGORIES), np.float16)
    kernel[:CATEGORIES] = 6 * np.eye(CATEGORIES)
    weights = 0.1 + 2.7 * np.eye(CATEGORIES, dtype=np.float32)
    weights /= weights.mean(axis=1, keepdims=True)
    return WordHead(kernel, np.zeros(CATEGORIES, np.float32), weights.astype(np.float32))

"""The exported gate gives what the one in NumPy gives."""

import numpy as np
import pytest
import torch

from embedded_clouds import draw, word_head
from pixonomy.heads.gated import GatedHead, fit_gated_head
from pixonomy.heads.prototypes import fit_prototypes
from pixonomy.heads.references import choose_references
from pixonomy.training.gated_module import GatedModule


def both(head: GatedHead, embeddings: np.ndarray, logits: np.ndarray) -> None:
    novelty = np.linspace(1, 9, len(embeddings)).astype(np.float32)
    given = GatedModule(head)(*map(torch.from_numpy, (embeddings, logits, novelty)))
    answers, grounds = head.answer(embeddings, logits)
    np.testing.assert_allclose(given[0].numpy(), answers, atol=1e-4)
    np.testing.assert_array_equal(given[1].numpy(), grounds)
    assert given[2] is not None
    np.testing.assert_allclose(given[2].numpy(), head.lessen(novelty, embeddings), rtol=1e-4)


@pytest.mark.parametrize("has_words", [True, False])
def test_it_answers_as_the_head_does_on_every_side_of_the_gate(has_words: bool) -> None:
    training = draw(20, seed=0, sources=(0, 1)).training
    words = word_head() if has_words else None
    found = fit_gated_head(training, np.arange(len(training.labels)), words, 0)
    assert found is not None
    asked = draw(20, seed=1).training.embeddings
    logits = np.random.default_rng(0).normal(size=(len(asked), 3)).astype(np.float32)
    both(found[0], asked, logits)


def test_categories_of_few_or_no_images_are_no_different() -> None:
    training = draw(4, seed=0).training
    is_kept = (training.labels != 2) & ((training.labels == 0) | (training.groups == 3))
    embeddings, labels = training.embeddings[is_kept], training.labels[is_kept]
    mixes = ((0.5, 1.0, 1.0, 0.0), (0.0, 2.0, 0.0, 1.0), (0.0, 0.0, 0.0, 1.0))
    head = GatedHead(
        choose_references(embeddings, labels, 3, 0),
        fit_prototypes(embeddings, labels, labels, 3),
        (0.8, 0.5),
        mixes,
        word_head(),
    )
    asked = draw(10, seed=1).training.embeddings
    both(head, asked, np.zeros((len(asked), 3), np.float32))


def test_without_novelty_there_is_none() -> None:
    training = draw(20, seed=0).training
    found = fit_gated_head(training, np.arange(len(training.labels)), None, 0)
    assert found is not None
    embeddings = torch.from_numpy(training.embeddings)
    assert GatedModule(found[0])(embeddings, torch.zeros(len(embeddings), 3), None)[2] is None

import numpy as np
import pytest

from embedded_clouds import draw, word_head
from pixonomy.heads.gated import RESTS_ON, GatedHead, fit_gated_head
from pixonomy.heads.logistic_head import fit_logistic
from pixonomy.heads.out_of_fold import Training


def fitted(words: bool = True, n: int = 20) -> GatedHead:
    training = draw(n, seed=0, sources=(0, 1)).training
    units = np.arange(len(training.labels))
    found = fit_gated_head(training, units, word_head() if words else None, seed=0)
    assert found is not None
    return found[0]


def logits_of(training: Training) -> np.ndarray:
    learnt = draw(20, seed=0, sources=(0, 1)).training
    return fit_logistic(learnt.embeddings, learnt.labels, 0.1).logits(training.embeddings)


def test_images_of_known_sources_rest_on_training_and_those_of_a_new_one_on_words() -> None:
    head = fitted()
    for source, ground, least in ((0, "training", 0.95), (2, "words", 0.85)):
        asked = draw(30, seed=5, sources=(source,)).training
        answers, grounds = head.answer(asked.embeddings, logits_of(asked))
        assert (answers.argmax(axis=1) == asked.labels).mean() > least
        assert (grounds == RESTS_ON.index(ground)).mean() > 0.75


def test_answers_are_log_probabilities() -> None:
    asked = draw(10, seed=5).training
    answers, _ = fitted().answer(asked.embeddings, logits_of(asked))
    np.testing.assert_allclose(np.exp(answers).sum(axis=1), 1, rtol=1e-6)


def test_without_words_no_answer_rests_on_them() -> None:
    asked = draw(10, seed=5, sources=(2,)).training
    head = fitted(words=False)
    _, grounds = head.answer(asked.embeddings, logits_of(asked))
    assert (grounds == 0).all()
    assert not head.tells_by_words


def test_what_words_know_is_less_novel_and_what_they_do_not_know_is_as_novel() -> None:
    head = fitted()
    known = np.zeros((2, 32), np.float32)
    known[0, 0] = 2  # class 0; the second shows no class more than another
    lessened = head.lessen(np.array([10, 10], np.float32), known)
    assert lessened[1] == 10
    assert lessened[0] <= 10
    assert fitted(words=False).lessen(np.ones(2, np.float32), known).tolist() == [1, 1]


def test_how_far_images_of_held_out_groups_fared_is_told() -> None:
    training = draw(20, seed=0).training
    found = fit_gated_head(training, np.arange(len(training.labels)), word_head(), 0)
    assert found is not None
    held_out = found[2]
    assert held_out.is_right.mean() == pytest.approx(held_out.confidence.mean(), abs=0.1)
    assert set(held_out.groups) <= set(training.groups)


def test_few_images_or_many_categories_have_no_gated_head() -> None:
    few = draw(2, seed=0).training
    assert fit_gated_head(few, np.arange(len(few.labels)), None, 0) is None
    many = Training(np.ones((202, 4), np.float32), np.arange(202) % 101, np.arange(202), 101)
    assert fit_gated_head(many, np.arange(202), None, 0) is None


def test_the_same_seed_gives_the_same_head() -> None:
    asked = draw(10, seed=5).training
    first, second = (fitted().answer(asked.embeddings, logits_of(asked))[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)

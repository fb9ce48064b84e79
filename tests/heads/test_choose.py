import numpy as np
import pytest

from pixonomy.heads.choose import choose, mix
from pixonomy.heads.out_of_fold import BETWEEN, FAR, NEAR, Scored


def scored(n: int = 200, has_words: bool = True, new: bool = True) -> Scored:
    """Near images are answered rightly by `nearest`, far ones by words."""
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 3, n)
    right, noise = np.eye(3, dtype=np.float32)[labels], generator.normal(size=(3, n, 3))
    sides = np.arange(n) % 3
    is_far = (sides == FAR)[:, None]
    scores = {
        "logistic": noise[0].astype(np.float32),
        "nearest": np.where(is_far, noise[1], 8 * right).astype(np.float32),
        "prototypes": noise[2].astype(np.float32),
    }
    if has_words:
        scores["words"] = np.where(is_far, 8 * right, noise[2]).astype(np.float32)
    is_new = np.arange(n) % 2 == 0 if new else np.zeros(n, bool)
    folds = np.arange(n) % 5 + 5 * is_new
    return Scored(labels, folds, folds, is_new, sides, scores)


def test_the_head_that_is_right_on_a_side_answers_there() -> None:
    choice = choose(scored())
    assert "nearest" in choice.chosen[NEAR].heads
    assert choice.chosen[FAR].heads == ("words",)
    assert choice.losses[FAR]["words"] < 0.2 < choice.losses[FAR]["nearest"]


def test_far_from_training_nothing_is_multiplied_and_all_candidates_are_told() -> None:
    choice = choose(scored())
    assert not any(" x " in name for name in choice.losses[FAR])
    assert len(choice.losses[NEAR]) == len(choice.losses[BETWEEN]) == 7


def test_without_words_or_held_out_groups_far_images_are_answered_as_those_in_between() -> None:
    choice = choose(scored(has_words=False, new=False))
    assert choice.losses[FAR] == {}
    assert choice.chosen[FAR] == choice.chosen[BETWEEN]


def test_where_sources_are_unknown_words_that_are_mostly_right_answer_for_far_images() -> None:
    images = scored()
    images.scores["nearest"][:] = 9 * np.eye(3, dtype=np.float32)[images.labels]
    images.scores["words"][:] = np.random.default_rng(1).normal(size=(200, 3))
    assert choose(images, are_sources=False).chosen[FAR].heads == ("nearest",)
    images.scores["words"][:] = 2 * np.eye(3, dtype=np.float32)[images.labels]
    assert choose(images).chosen[FAR].heads == ("nearest",)
    assert choose(images, are_sources=False).chosen[FAR].heads == ("words",)


def test_too_few_images_leave_the_linear_head_as_it_is() -> None:
    choice = choose(scored(n=12))
    assert [one.mix for one in choice.chosen] == [(1.0, 0.0, 0.0, 0.0)] * 3


def test_a_head_that_says_too_little_or_too_much_is_corrected_by_its_exponent() -> None:
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(3000, 3)).astype(np.float32) * 2
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (generator.random((3000, 1)) > np.cumsum(chances, axis=1)).sum(axis=1)
    noise = np.asarray(generator.normal(size=(3000, 3)), np.float32)
    folds, sides = np.arange(3000) % 4, np.zeros(3000, np.int64)
    scores = {"logistic": np.asarray(logits / 3, np.float32), "nearest": noise, "prototypes": noise}
    found = choose(Scored(labels, folds, folds, np.zeros(3000, bool), sides, scores))
    assert found.chosen[NEAR].heads == ("logistic",)
    assert found.chosen[NEAR].exponents[0] == pytest.approx(3, rel=0.1)


def test_mixing_multiplies_probabilities_to_their_powers() -> None:
    one, other = np.log([[0.2, 0.8]]), np.log([[0.5, 0.5]])
    scores = {"logistic": one.astype(np.float32), "words": other.astype(np.float32)}
    logs = mix(scores, (2.0, 0.0, 0.0, 1.0))
    np.testing.assert_allclose(np.exp(logs), [[0.04 / 0.68, 0.64 / 0.68]], rtol=1e-5)

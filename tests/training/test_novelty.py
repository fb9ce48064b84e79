import numpy as np
import numpy.typing as npt
import pytest
import torch
from sklearn.metrics import roc_auc_score

from pixonomy.training.novelty import fit_novelty

D = 128


def draw(centres: npt.NDArray[np.float64], each: int, seed: int) -> npt.NDArray[np.float32]:
    generator = np.random.default_rng(seed)
    noise = generator.standard_normal((len(centres) * each, D)) * np.linspace(1.5, 0.1, D)
    return (np.repeat(centres, each, axis=0) + noise).astype(np.float32)


@pytest.fixture
def centres() -> npt.NDArray[np.float64]:
    return 3 * np.random.default_rng(0).standard_normal((6, D))


def test_pictures_of_other_kinds_are_more_novel_than_fresh_ones_of_the_same(
    centres: npt.NDArray[np.float64],
) -> None:
    labels = np.repeat(np.arange(4), 60)
    novelty = fit_novelty(draw(centres[:4], 60, 1), labels)
    assert novelty is not None
    fresh = novelty.measure(torch.from_numpy(draw(centres[:4], 60, 2))).numpy()
    others = novelty.measure(torch.from_numpy(draw(centres[4:], 60, 3))).numpy()
    truth = np.repeat([0, 1], [len(fresh), len(others)])
    assert roc_auc_score(truth, np.concatenate([fresh, others])) > 0.98
    assert 1 < np.median(fresh) < 4


def test_a_picture_does_not_depend_on_those_beside_it(centres: npt.NDArray[np.float64]) -> None:
    novelty = fit_novelty(draw(centres[:4], 60, 1), np.repeat(np.arange(4), 60))
    assert novelty is not None
    fresh = torch.from_numpy(draw(centres, 5, 2))
    torch.testing.assert_close(novelty.measure(fresh)[7:8], novelty.measure(fresh[7:8]))


def test_the_length_of_an_embedding_says_nothing(centres: npt.NDArray[np.float64]) -> None:
    novelty = fit_novelty(draw(centres[:4], 60, 1), np.repeat(np.arange(4), 60))
    assert novelty is not None
    fresh = torch.from_numpy(draw(centres, 5, 2))
    torch.testing.assert_close(novelty.measure(fresh * 7), novelty.measure(fresh))
    assert bool(torch.isfinite(novelty.measure(torch.zeros(1, D))).all())


def test_too_few_or_equal_pictures_tell_nothing(centres: npt.NDArray[np.float64]) -> None:
    assert fit_novelty(draw(centres[:3], 13, 1), np.repeat(np.arange(3), 13)) is None
    assert fit_novelty(np.ones((60, D), np.float32), np.zeros(60, np.int64)) is None


def test_categories_without_training_pictures_have_no_mean(
    centres: npt.NDArray[np.float64],
) -> None:
    novelty = fit_novelty(draw(centres[:2], 30, 1), np.repeat([0, 5], 30))
    assert novelty is not None
    assert novelty.means.shape == (2, 15)

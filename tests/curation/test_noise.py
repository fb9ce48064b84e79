import numpy as np

from pixonomy.curation.noise import guess_noise, read_labels


def test_the_way_labels_go_wrong_is_read_off_the_surest_pictures() -> None:
    generator = np.random.default_rng(0)
    true = np.arange(3000) % 3
    given = true.copy()
    flipped = (true == 0) & (generator.random(3000) < 0.3)
    given[flipped] = 1
    scores = (6 * np.eye(3)[true] + generator.normal(size=(3000, 3))).astype(np.float32)
    reading = read_labels([scores], np.ones(3, np.float32), given, guess_noise(3), np.ones(1))
    np.testing.assert_allclose(reading.noise[0], [0.7, 0.3, 0.0], atol=0.12)
    np.testing.assert_allclose(np.diag(reading.noise)[1:], 1.0, atol=0.03)
    wrong = 1 - reading.posterior[np.arange(3000), given]
    assert wrong[flipped].min() > 0.5 > wrong[~flipped].max()


def test_scores_that_say_nothing_get_no_weight() -> None:
    generator = np.random.default_rng(0)
    given = np.arange(600) % 3
    good = (3 * np.eye(3)[given] + generator.normal(size=(600, 3))).astype(np.float32)
    idle = generator.normal(size=(600, 3)).astype(np.float32)
    reading = read_labels(
        [good, idle], np.ones(3, np.float32), given, guess_noise(3), np.full(2, 0.5)
    )
    assert reading.weights[0] > 10 * reading.weights[1]


def test_a_category_that_nothing_is_taken_for_gets_the_noise_of_all() -> None:
    scores = np.zeros((50, 3), np.float32)
    scores[:, 0] = 5
    given = np.array([0] * 45 + [1] * 5)
    reading = read_labels([scores], np.ones(3, np.float32), given, guess_noise(3), np.ones(1))
    assert np.isfinite(reading.noise).all()
    np.testing.assert_allclose(reading.noise.sum(axis=1), 1.0, atol=1e-4)

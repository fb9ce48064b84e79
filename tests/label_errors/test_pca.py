import numpy as np

from pixonomy.label_errors.pca import compress


def test_distances_between_scaled_rows_are_kept_where_all_directions_are() -> None:
    features = np.random.default_rng(0).normal(size=(200, 6)) * [1, 5, 0.5, 2, 3, 9]
    compact = compress(features.astype(np.float32), 6)
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    wanted = np.linalg.norm(scaled[0] - scaled[1:], axis=1)
    np.testing.assert_allclose(np.linalg.norm(compact[0] - compact[1:], axis=1), wanted, rtol=1e-3)


def test_the_directions_of_most_variance_come_first() -> None:
    generator = np.random.default_rng(0)
    common = generator.normal(size=(300, 1))
    features = np.hstack(
        [common + 0.1 * generator.normal(size=(300, 4)), generator.normal(size=(300, 1))]
    )
    compact = compress(features.astype(np.float16), 2)
    assert compact.shape == (300, 2)
    assert compact[:, 0].var() > 3
    assert compact[:, 1].var() < 2


def test_constant_numbers_do_no_harm() -> None:
    features = np.zeros((30, 4), np.float16)
    features[:, 0] = np.arange(30)
    assert np.isfinite(compress(features, 256)).all()

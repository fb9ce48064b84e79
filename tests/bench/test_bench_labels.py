from pathlib import Path

import numpy as np
import pytest

from pixonomy.bench.bench_labels import bench_labels, cross_validate
from pixonomy.errors import SettingError
from pixonomy.progress import Context


def test_the_usual_probabilities_come_from_models_that_have_not_seen_the_row() -> None:
    generator = np.random.default_rng(0)
    labels = np.arange(300) % 3
    features = generator.normal(size=(300, 6)) + 3 * np.eye(6)[labels]
    likely = cross_validate(features, labels, 4)
    assert likely.shape == (300, 4)
    np.testing.assert_allclose(likely.sum(axis=1), 1.0)
    assert (likely.argmax(axis=1) == labels).mean() > 0.9
    shuffled = generator.permutation(labels)
    assert (cross_validate(features, shuffled, 4).argmax(axis=1) == shuffled).mean() < 0.5


def test_a_source_without_any_of_the_sets_is_told(tmp_path: Path) -> None:
    pytest.importorskip("cleanlab")
    with pytest.raises(SettingError, match="none of clothing"):
        bench_labels(Context(), tmp_path)


@pytest.mark.slow
def test_drawn_pictures_are_measured_without_network() -> None:
    pytest.importorskip("cleanlab")
    results = [one.as_json() for one in bench_labels(Context(), None, [0])]
    assert len(results) == 2 * 4 * 4
    assert all(len(one["yardsticks"]) == 4 for one in results)
    f1 = [one for one in results if one["work"].endswith("asymmetric: F1")]
    assert all((one["yardsticks"][0]["ratio"] or 0) > 1.1 for one in f1)

from pathlib import Path

import numpy as np
import pytest

from pixonomy.bench.service_bundle import draw_photograph, write_random_bundle
from pixonomy.bundle.answer import classify_images
from pixonomy.bundle.load import load_bundle
from pixonomy.images.decode import decode


def test_the_photograph_has_the_bytes_and_the_pixels_that_are_measured() -> None:
    image = draw_photograph()
    assert len(image) == pytest.approx(303_000, rel=0.01)
    assert decode(image).shape == (1080, 1440, 3)
    assert draw_photograph() == image


@pytest.mark.slow
def test_the_random_bundle_is_a_whole_one_that_measures_novelty(tmp_path: Path) -> None:
    write_random_bundle(tmp_path / "bundle", "compact", 32)
    bundle = load_bundle(tmp_path / "bundle")
    assert bundle.network.tells_novelty
    (answer,) = classify_images(bundle, [draw_photograph()])
    assert answer.problem is None
    assert len(answer.top) == 5
    assert np.isfinite(answer.confidence)

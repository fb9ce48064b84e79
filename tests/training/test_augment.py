import numpy as np
import pytest

from pixonomy.training.augment import RandomDraws, augment
from pixonomy.training.recipe import Recipe

SIZE = 16
PLAIN = {"flip": False, "shift": 0.0, "zoom": 0.0, "light": 0.0}


@pytest.mark.parametrize("change", [{"shift": 0.2}, {"zoom": 0.5}, {"light": 0.4}])
def test_each_augmentation_changes_pictures_and_keeps_their_form(change: dict[str, float]) -> None:
    images = np.random.default_rng(1).integers(0, 256, (8, 3, SIZE, SIZE), np.uint8)
    recipe = Recipe(size=SIZE, **(PLAIN | change))  # type: ignore[arg-type]
    changed = augment(images.copy(), RandomDraws(np.random.default_rng(2), 8), recipe)
    assert changed.shape == images.shape
    assert changed.dtype == np.uint8
    assert not np.array_equal(changed, images)


def test_no_augmentation_changes_nothing() -> None:
    images = np.random.default_rng(1).integers(0, 256, (8, 3, SIZE, SIZE), np.uint8)
    recipe = Recipe(size=SIZE, **PLAIN)  # type: ignore[arg-type]
    np.testing.assert_array_equal(
        augment(images.copy(), RandomDraws(np.random.default_rng(2), 8), recipe), images
    )


def test_what_a_shift_lays_bare_mirrors_what_is_there() -> None:
    ramp = np.arange(0, 16 * SIZE, 16, dtype=np.uint8)
    images = np.broadcast_to(ramp, (40, 3, SIZE, SIZE)).copy()
    recipe = Recipe(size=SIZE, **(PLAIN | {"shift": 0.25}))  # type: ignore[arg-type]
    shifted = augment(images, RandomDraws(np.random.default_rng(2), 40), recipe)
    steps = np.abs(np.diff(shifted[:, 0, 0].astype(int), axis=1))
    assert (steps == 16).all()  # an edge that is repeated would give steps of nothing
    assert len({tuple(row) for row in shifted[:, 0, 0].tolist()}) == 9

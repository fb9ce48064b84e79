"""Pictures of one scene that differ where it counts: each is a picture of its own."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

import pixonomy
from people.conftest import Levels, put, save_jpeg

COUNT = 24


def draw_scene() -> Levels:
    """Draw a place that a fixed camera sees: soft patches of many sizes."""
    generator = np.random.default_rng(5)
    layers = [
        cv2.resize(
            generator.integers(0, 256, (height, height * 4 // 3, 3), np.uint8),
            (320, 240),
            interpolation=cv2.INTER_CUBIC,
        ).astype(float)
        for height in (6, 15, 48)
    ]
    scene: Levels = np.clip(np.average(layers, axis=0, weights=(5, 3, 1)), 0, 255).astype(np.uint8)
    return scene


def add_crack(scene: Levels, number: int) -> None:
    generator = np.random.default_rng(number)
    x, y = (int(one) for one in generator.integers(40, 200, 2))
    cv2.line(scene, (x, y), (x + 14, y + int(generator.integers(-8, 8))), (20, 20, 20), 2)


def add_lamp(scene: Levels, number: int) -> None:
    cv2.circle(scene, (250, 60), 9, (250, 40, 40), -1)


@pytest.mark.parametrize("mark", [add_crack, add_lamp])
def test_a_small_mark_in_one_scene_makes_another_picture(
    mark: Callable[[Levels, int], None], tmp_path: Path
) -> None:
    for number in range(COUNT):
        scene, label = draw_scene(), "defect" if number % 2 else "good"
        if label == "defect":
            mark(scene, number)
        noise = np.random.default_rng(100 + number)
        specks = noise.integers(0, 240, 300), noise.integers(0, 320, 300)
        scene[specks] = noise.integers(0, 256, (300, 3))
        put(tmp_path / "in" / label / f"{number:02d}.jpg", save_jpeg(scene))
    pixonomy.index([tmp_path / "in"], tmp_path / "m.parquet")
    result = pixonomy.split(tmp_path / "m.parquet", tmp_path / "s.parquet")
    rows = pixonomy.read_manifest(tmp_path / "s.parquet").rows
    groups = rows["duplicate_group"].drop_nulls()
    assert len(groups) - groups.n_unique() <= 2, rows["duplicate_group"].to_list()
    assert all(count > 0 for count in result["splits"].values()), result["splits"]

import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image, ImageDraw

from conftest import as_bytes
from pixonomy.dataset.manifest import Manifest, conform
from pixonomy.near_duplicates.hashes import group_duplicates
from pixonomy.near_duplicates.proof import find_candidate_pairs, prove_duplicates
from pixonomy.sources.folder import index_folder


def scene(mark: int | None = None, seed: int = 0) -> Image.Image:
    """A fixed camera's view, on which a small mark may be added."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    image = Image.fromarray(coarse).resize((320, 240), Image.Resampling.BICUBIC)
    if mark is not None:
        left, top = 40 + 37 * mark % 240, 40 + 53 * mark % 160
        ImageDraw.Draw(image).line((left, top, left + 14, top + 5), (20, 20, 20), 2)
    return image


def indexed(folder: Path) -> Manifest:
    return Manifest(conform(index_folder(folder, folder).rows), folder, {"a": 1})


def put(folder: Path, name: str, data: bytes) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def test_marks_on_one_scene_make_different_pictures(tmp_path: Path) -> None:
    for number in range(12):
        put(tmp_path, f"good/{number}.jpg", as_bytes(scene(number)))
        put(tmp_path, f"bad/{number}.jpg", as_bytes(scene(number + 20)))
    rows = group_duplicates(indexed(tmp_path)).rows
    assert rows["perceptual_hash"].n_unique() < 12  # the hash alone would tie them
    assert rows["duplicate_group"].count() == 0


def test_products_in_another_colour_are_different_pictures(tmp_path: Path) -> None:
    for name, colour in (("red", (200, 30, 30)), ("blue", (30, 30, 200))):
        image = Image.new("RGB", (180, 180), "white")
        ImageDraw.Draw(image).ellipse((40, 20, 140, 160), colour)
        put(tmp_path, f"balls/{name}.jpg", as_bytes(image))
    assert group_duplicates(indexed(tmp_path)).rows["duplicate_group"].count() == 0


@pytest.mark.parametrize("quality", [90, 75, 50])
def test_a_picture_compressed_or_scaled_anew_is_a_copy(tmp_path: Path, quality: int) -> None:
    original = scene()
    put(tmp_path, "a/1.png", as_bytes(original, "PNG"))
    put(tmp_path, "a/2.jpg", as_bytes(original, quality=quality))
    put(tmp_path, "a/3.jpg", as_bytes(original.resize((160, 120))))
    put(tmp_path, "a/4.jpg", as_bytes(scene(seed=1)))
    rows = group_duplicates(indexed(tmp_path)).rows
    assert rows["duplicate_group"].to_list() == ["a/1.png"] * 3 + [None]


def test_pictures_that_cannot_be_read_any_more_are_no_copies(tmp_path: Path) -> None:
    put(tmp_path, "a/1.png", as_bytes(scene(), "PNG"))
    put(tmp_path, "a/2.jpg", as_bytes(scene()))
    rows = group_duplicates(indexed(tmp_path)).rows.with_columns(duplicate_group=None)
    (tmp_path / "a" / "2.jpg").unlink()
    assert prove_duplicates(conform(rows), tmp_path).count() == 0


def candidate_pairs(**columns: list[str | None]) -> list[str]:
    return find_candidate_pairs(conform(pl.DataFrame(columns)))["image_id"].to_list()


def test_suspects_are_pictures_of_one_hash_and_other_bytes() -> None:
    assert candidate_pairs(
        image_id=["p", "q", "r", "s", "t"],
        sha256=["1", "2", "3", "4", "4"],
        perceptual_hash=["x", "x", "y", None, None],
    ) == ["p", "q"]
    assert candidate_pairs(image_id=["p", "q"], sha256=["1", "1"], perceptual_hash=["x", "x"]) == []


def test_what_was_marked_together_or_has_a_problem_is_not_compared_again() -> None:
    known: dict[str, list[str | None]] = {
        "image_id": ["p", "q"],
        "sha256": ["1", "2"],
        "perceptual_hash": ["x", "x"],
    }
    assert candidate_pairs(**known, duplicate_group=["a", "a"]) == []
    assert candidate_pairs(**known, duplicate_group=["a", None]) == ["p", "q"]
    assert candidate_pairs(**known, problem=[None, "broken"]) == []


def test_thousands_of_one_hash_take_bounded_memory_and_are_all_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixonomy.near_duplicates.proof._TASK", 4)
    monkeypatch.setattr("pixonomy.near_duplicates.proof._MOST_LEADERS", 3)
    for number in range(10):
        put(tmp_path, f"a/{number}.jpg", as_bytes(scene(number)))
    put(tmp_path, "a/copy.png", as_bytes(Image.open(io.BytesIO(as_bytes(scene(0)))), "PNG"))
    rows = group_duplicates(indexed(tmp_path)).rows.with_columns(
        perceptual_hash=pl.lit("one"), duplicate_group=None
    )
    assert prove_duplicates(conform(rows), tmp_path).to_list() == [
        "a/0.jpg",
        *[None] * 9,
        "a/0.jpg",
    ]

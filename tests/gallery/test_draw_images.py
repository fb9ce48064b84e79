import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from pixonomy.errors import SettingError, StorageError
from pixonomy.gallery.draw_images import (
    CATEGORIES,
    Planted,
    draw_fresh,
    draw_gallery,
    draw_image,
    draw_views,
)

EACH = 20
SEED = 7


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Planted]]:
    folder = tmp_path_factory.mktemp("gallery")
    return folder, draw_gallery(folder, EACH, SEED)


def fingerprints(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.jpg"))
    }


def decoded(path: Path) -> np.ndarray | None:
    content = np.frombuffer(path.read_bytes(), np.uint8)
    return None if content.size == 0 else cv2.imdecode(content, cv2.IMREAD_COLOR)


def thumbnail(path: Path) -> np.ndarray:
    picture = decoded(path)
    assert picture is not None
    return cv2.resize(picture, (16, 16), interpolation=cv2.INTER_AREA).astype(np.float64)


def test_the_categories_are_the_five_savings_goals_with_three_scenes_or_more() -> None:
    assert set(CATEGORIES) == {
        "car-expenses",
        "home-expenses",
        "special-events",
        "general-savings",
        "travel",
    }
    assert all(len(scenes) >= 3 for scenes in CATEGORIES.values())


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_picture_is_rgb_with_a_longer_side_of_160_to_320_pixels(category: str) -> None:
    for index in range(12):
        picture = draw_image(category, np.random.default_rng([SEED, index]))
        assert picture.dtype == np.uint8
        assert picture.ndim == 3
        assert picture.shape[2] == 3
        assert 160 <= max(picture.shape) <= 320
        assert picture.std() > 5


def test_pictures_come_as_landscape_portrait_and_square() -> None:
    shapes = [
        draw_image("travel", np.random.default_rng([SEED, index])).shape for index in range(40)
    ]
    assert {int(np.sign(width - height)) for height, width, _ in shapes} == {-1, 0, 1}


def test_the_same_generator_state_draws_the_same_picture() -> None:
    first = draw_image("travel", np.random.default_rng(3))
    assert np.array_equal(first, draw_image("travel", np.random.default_rng(3)))
    other = draw_image("travel", np.random.default_rng(4))
    assert first.shape != other.shape or not np.array_equal(first, other)


def test_views_of_one_scene_have_its_shape_and_other_light() -> None:
    views = draw_views("travel", "beach", 3, np.random.default_rng(3))
    assert len({view.shape for view in views}) == 1
    assert not np.array_equal(views[0], views[1])
    with pytest.raises(SettingError, match="no scene 'car'"):
        draw_views("travel", "car", 1, np.random.default_rng(3))


def test_an_unknown_category_is_refused() -> None:
    with pytest.raises(SettingError, match="car-expenses"):
        draw_image("boats", np.random.default_rng(1))


def test_the_same_seed_draws_the_same_pictures(
    gallery: tuple[Path, list[Planted]], tmp_path: Path
) -> None:
    folder, planted = gallery
    assert draw_gallery(tmp_path, EACH, SEED) == planted
    assert fingerprints(tmp_path) == fingerprints(folder)


def test_another_seed_draws_other_pictures(tmp_path: Path) -> None:
    draw_gallery(tmp_path / "one", 2, 1)
    draw_gallery(tmp_path / "two", 2, 2)
    one, two = fingerprints(tmp_path / "one"), fingerprints(tmp_path / "two")
    assert not set(one.values()) & set(two.values())


def test_a_clean_picture_does_not_depend_on_the_size_of_the_gallery(
    gallery: tuple[Path, list[Planted]], tmp_path: Path
) -> None:
    folder, planted = gallery
    smaller = draw_gallery(tmp_path, 5, SEED)
    flawed = {flaw.path for flaw in [*planted, *smaller]}
    large, small = fingerprints(folder), fingerprints(tmp_path)
    clean = set(small) - flawed
    assert len(clean) > 10
    assert all(small[path] == large[path] for path in clean)


def test_every_category_holds_the_asked_number_of_numbered_files(
    gallery: tuple[Path, list[Planted]],
) -> None:
    folder, _ = gallery
    names = {f"{index:04d}.jpg" for index in range(EACH)}
    for category in CATEGORIES:
        assert {path.name for path in (folder / category).iterdir()} == names


def test_the_planted_flaws_are_recorded_beside_the_pictures(
    gallery: tuple[Path, list[Planted]],
) -> None:
    folder, planted = gallery
    recorded = json.loads((folder / "planted.json").read_text(encoding="utf-8"))
    assert [Planted(**flaw) for flaw in recorded] == planted
    counts = {
        kind: sum(flaw.kind == kind for flaw in planted) for kind in {f.kind for f in planted}
    }
    assert counts == {
        "exact_duplicate": 3,
        "near_duplicate": 3,
        "wrong_label": 2,
        "broken_file": 3,
    }
    assert len({flaw.path for flaw in planted}) == len(planted)


def test_the_record_is_written_last(tmp_path: Path) -> None:
    seen: list[bool] = []

    def watch(work: str, done: int, total: int) -> None:
        seen.append((tmp_path / "planted.json").exists())

    draw_gallery(tmp_path, 2, SEED)
    draw_gallery(tmp_path, 2, SEED, watch)
    assert seen == [False] * 2 * len(CATEGORIES)
    assert (tmp_path / "planted.json").exists()


def test_an_exact_duplicate_has_the_bytes_of_an_unflawed_picture(
    gallery: tuple[Path, list[Planted]],
) -> None:
    folder, planted = gallery
    flawed = {flaw.path for flaw in planted}
    for flaw in planted:
        if flaw.kind == "exact_duplicate":
            assert (folder / flaw.path).read_bytes() == (folder / flaw.detail).read_bytes()
            assert flaw.detail not in flawed


def test_a_near_duplicate_looks_like_its_source_but_has_other_bytes(
    gallery: tuple[Path, list[Planted]],
) -> None:
    folder, planted = gallery
    for flaw in planted:
        if flaw.kind == "near_duplicate":
            copy, source = folder / flaw.path, folder / flaw.detail
            assert copy.read_bytes() != source.read_bytes()
            ratio = thumbnail(copy) / np.maximum(thumbnail(source), 1.0)
            assert 1.0 <= np.median(ratio) <= 1.12


def test_a_wrong_label_tells_the_category_it_truly_shows(
    gallery: tuple[Path, list[Planted]],
) -> None:
    _, planted = gallery
    for flaw in planted:
        if flaw.kind == "wrong_label":
            assert flaw.detail in CATEGORIES
            assert flaw.detail != flaw.path.split("/")[0]


def test_broken_files_are_cut_short_or_hold_no_picture(
    gallery: tuple[Path, list[Planted]],
) -> None:
    folder, planted = gallery
    broken = {flaw.detail: folder / flaw.path for flaw in planted if flaw.kind == "broken_file"}
    assert set(broken) == {"truncated", "text", "empty"}
    assert broken["empty"].stat().st_size == 0
    assert decoded(broken["text"]) is None
    assert broken["truncated"].read_bytes()[:2] == b"\xff\xd8"
    assert not broken["truncated"].read_bytes().endswith(b"\xff\xd9")


@pytest.mark.parametrize("each", [1, 2, 3])
def test_a_tiny_gallery_keeps_most_of_its_pictures_whole(tmp_path: Path, each: int) -> None:
    planted = draw_gallery(tmp_path, each, SEED)
    assert 1 <= len(planted) <= each * len(CATEGORIES) / 3
    assert planted[0].kind == "wrong_label"


def test_progress_counts_every_picture(tmp_path: Path) -> None:
    counted: list[tuple[int, int]] = []

    def count(work: str, done: int, total: int) -> None:
        counted.append((done, total))

    draw_gallery(tmp_path, 2, SEED, count)
    assert counted == [(done, 10) for done in range(1, 11)]


def test_fresh_pictures_are_in_no_gallery(
    gallery: tuple[Path, list[Planted]], tmp_path: Path
) -> None:
    folder, _ = gallery
    fresh = draw_fresh(tmp_path, 3, SEED)
    assert [category for _, category in fresh] == [name for name in CATEGORIES for _ in range(3)]
    assert all(decoded(path) is not None for path, _ in fresh)
    assert not set(fingerprints(tmp_path).values()) & set(fingerprints(folder).values())


@pytest.mark.parametrize(("each", "seed"), [(0, 1), (-3, 1), (5, -1)])
def test_an_impossible_size_or_seed_is_refused(tmp_path: Path, each: int, seed: int) -> None:
    with pytest.raises(SettingError):
        draw_gallery(tmp_path, each, seed)
    with pytest.raises(SettingError):
        draw_fresh(tmp_path, each, seed)


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    with pytest.raises(StorageError, match="taken"):
        draw_gallery(tmp_path / "taken", 1, SEED)

from collections import Counter
from pathlib import Path

import pytest

from pixonomy.gallery.draw_images import CATEGORIES
from pixonomy.gallery.photo_catalogue import PhotoCatalogue, draw_photo_catalogue
from pixonomy.images.decode import decode


def test_every_scene_is_on_offer_and_found_by_its_name(catalogue: PhotoCatalogue) -> None:
    for category, scenes in CATEGORIES.items():
        for scene in scenes:
            found = catalogue.search(scene)
            assert len(found) >= 40 // len(scenes) - 1
            assert category in {one.category for one in found}
    assert catalogue.search("beach nowhere") == []


def test_photos_are_pictures_of_the_size_they_say(catalogue: PhotoCatalogue) -> None:
    flawed = {one.path for one in catalogue.planted}
    for photo in catalogue.photos[::20]:
        if photo.file in flawed:
            continue
        pixels = decode(catalogue.read(photo))
        assert pixels.shape[:2] == (photo.height, photo.width)


@pytest.mark.slow
def test_a_few_are_flawed_and_noted(tmp_path: Path) -> None:
    catalogue = draw_photo_catalogue(tmp_path, 120)
    kinds = Counter(one.kind for one in catalogue.planted)
    assert set(kinds) == {
        "wrong_label", "broken_file", "exact_duplicate", "category_leak", "near_duplicate",
    }  # fmt: skip
    offered = Counter(one.file for one in catalogue.photos)
    twice = {file for file, count in offered.items() if count > 1}
    assert twice == {
        one.path for one in catalogue.planted if one.kind in ("exact_duplicate", "category_leak")
    }
    for one in catalogue.planted:
        categories = {photo.category for photo in catalogue.photos if photo.file == one.path}
        assert (len(categories) > 1) == (one.kind == "category_leak")


def test_the_same_stock_is_not_drawn_again(tmp_path: Path) -> None:
    first = draw_photo_catalogue(tmp_path, 3, seed=1)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert draw_photo_catalogue(tmp_path, 3, seed=1) == first
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    assert draw_photo_catalogue(tmp_path, 3, seed=2) != first

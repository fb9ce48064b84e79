from collections import Counter
from pathlib import Path

import pytest

from pixonomy.gallery.draw import CATEGORIES
from pixonomy.gallery.stock import Stock, draw_stock
from pixonomy.images.decode import decode


def test_every_scene_is_on_offer_and_found_by_its_name(stock: Stock) -> None:
    for category, scenes in CATEGORIES.items():
        for scene in scenes:
            found = stock.search(scene)
            assert len(found) >= 40 // len(scenes) - 1
            assert category in {one.category for one in found}
    assert stock.search("beach nowhere") == []


def test_photos_are_pictures_of_the_size_they_say(stock: Stock) -> None:
    flawed = {one.path for one in stock.planted}
    for photo in stock.photos[::20]:
        if photo.file in flawed:
            continue
        pixels = decode(stock.read(photo))
        assert pixels.shape[:2] == (photo.height, photo.width)


@pytest.mark.slow
def test_a_few_are_flawed_and_noted(tmp_path: Path) -> None:
    stock = draw_stock(tmp_path, 120)
    kinds = Counter(one.kind for one in stock.planted)
    assert set(kinds) == {
        "wrong_label", "broken_file", "exact_duplicate", "category_leak", "near_duplicate",
    }  # fmt: skip
    offered = Counter(one.file for one in stock.photos)
    twice = {file for file, count in offered.items() if count > 1}
    assert twice == {
        one.path for one in stock.planted if one.kind in ("exact_duplicate", "category_leak")
    }
    for one in stock.planted:
        categories = {photo.category for photo in stock.photos if photo.file == one.path}
        assert (len(categories) > 1) == (one.kind == "category_leak")


def test_the_same_stock_is_not_drawn_again(tmp_path: Path) -> None:
    first = draw_stock(tmp_path, 3, seed=1)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert draw_stock(tmp_path, 3, seed=1) == first
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    assert draw_stock(tmp_path, 3, seed=2) != first

"""A small catalogue is drawn in Cdiscount's schema, the same one for the same seed."""

from pathlib import Path

import bson
import pytest

from pixonomy.dataset.read_taxonomy import read_taxonomy
from pixonomy.errors import ArtefactDiffers, SettingError
from pixonomy.images.decode import decode
from pixonomy.verbs.catalogue import draw_catalogue
from pixonomy.verbs.index import IndexChoices, index


def test_a_catalogue_has_products_of_one_to_three_pictures_in_a_tree(tmp_path: Path) -> None:
    made = draw_catalogue(tmp_path / "catalogue", products=3)
    documents = bson.decode_all(Path(made["catalogue"]).read_bytes())
    tree = read_taxonomy(Path(made["categories"]))
    assert len(documents) == made["products"]
    assert len({one["_id"] for one in documents}) == len(documents)
    assert {str(one["category_id"]) for one in documents} == set(tree.leaves)
    images = [len(one["imgs"]) for one in documents]
    assert sum(images) == made["pictures"]
    assert set(images) == {1, 2, 3}
    assert decode(documents[0]["imgs"][0]["picture"]).shape == (180, 180, 3)
    at_level = (set(tree.label_at(level).values()) - set(tree.leaves) for level in (1, 2))
    assert [*map(len, at_level)] == [2, 2 + 5]


def test_later_categories_are_smaller_and_the_last_one_is_rare(tmp_path: Path) -> None:
    from pixonomy.verbs.catalogue import _plan

    planned = [category for category, _ in _plan(60, 0)]
    sizes = [planned.count(category) for category in range(21)]
    assert sizes == sorted(sizes, reverse=True)
    assert (sizes[0], sizes[-1]) == (60, 2)


def test_the_same_seed_draws_the_same_catalogue(tmp_path: Path) -> None:
    first = draw_catalogue(tmp_path / "first", products=1)
    again = draw_catalogue(tmp_path / "again", products=1)
    other = draw_catalogue(tmp_path / "other", products=1, seed=1)
    contents = [Path(made["catalogue"]).read_bytes() for made in (first, again, other)]
    assert contents[0] == contents[1]
    assert contents[0] != contents[2]


def test_it_can_be_indexed_with_its_tree(tmp_path: Path) -> None:
    made = draw_catalogue(tmp_path / "catalogue", products=1)
    choices = IndexChoices(categories=Path(made["categories"]))
    result = index([made["catalogue"]], tmp_path / "m.parquet", choices)
    assert (result["rows"], result["categories"]) == (made["pictures"], 21)


def test_a_finished_catalogue_is_kept_and_another_one_never_replaced(tmp_path: Path) -> None:
    made = draw_catalogue(tmp_path / "catalogue", products=1)
    written = Path(made["catalogue"]).stat().st_mtime_ns
    assert draw_catalogue(tmp_path / "catalogue", products=1) == made
    assert Path(made["catalogue"]).stat().st_mtime_ns == written
    with pytest.raises(ArtefactDiffers, match="seed"):
        draw_catalogue(tmp_path / "catalogue", products=1, seed=9)
    (tmp_path / "train.bson").write_bytes(b"mine")
    with pytest.raises(SettingError, match="holds another catalogue"):
        draw_catalogue(tmp_path, products=1)
    assert (tmp_path / "train.bson").read_bytes() == b"mine"


@pytest.mark.parametrize(("products", "seed"), [(0, 0), (1, -1)])
def test_impossible_wishes_are_refused(tmp_path: Path, products: int, seed: int) -> None:
    with pytest.raises(SettingError, match="Expected 1 or more"):
        draw_catalogue(tmp_path, products, seed)

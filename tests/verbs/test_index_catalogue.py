"""A product catalogue in BSON becomes a manifest: damage is told, nothing is done twice."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pixonomy.dataset.location import locate
from pixonomy.dataset.manifest import read_manifest
from pixonomy.dataset.read import read_all
from pixonomy.errors import ArtefactDiffers, DataError, SettingError
from pixonomy.progress import Context
from pixonomy.sources.bson.write_bson import ProductImages, write_bson
from pixonomy.verbs.index import IndexChoices, index

Call = Callable[..., tuple[int, Any, str]]
PICTURES = [b"picture %d " % number * (number + 1) for number in range(30)]
REAL = Path("../shared/data/products")
NAMES = """category_id,category_level1,category_level2,category_level3
10,ÉPICERIE,"VIN, CHAMPAGNE",VIN ROUGE
11,ÉPICERIE,"VIN, CHAMPAGNE",VIN ROSÉ
12,MÉNAGE,CÂBLES,CÂBLE
"""


def write(path: Path, categories: tuple[int | None, ...] = (10, 11, 12)) -> Path:
    """Write ten products of three pictures."""
    products = (
        ProductImages(number, categories[number % len(categories)], PICTURES[3 * number :][:3])
        for number in range(10)
    )
    write_bson(path, products)
    return path


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    return write(tmp_path / "train.bson")


@pytest.fixture
def cut(catalogue: Path) -> Path:
    """The catalogue without its last byte: its last product is damaged."""
    os.truncate(catalogue, catalogue.stat().st_size - 1)
    return catalogue


@pytest.fixture
def names(tmp_path: Path) -> Path:
    path = tmp_path / "names.csv"
    path.write_text(NAMES)
    return path


def read_images(output: Path) -> list[object]:
    manifest = read_manifest(output)
    return [data for _, data in sorted(read_all(locate(manifest.usable, manifest.base)))]


def said_by(source: Path, output: Path, choices: IndexChoices | None = None) -> list[str]:
    said: list[str] = []
    index([source], output, choices, context=Context(report=said.append))
    return said


def test_all_pictures_of_a_catalogue_are_found_and_can_be_read(
    catalogue: Path, tmp_path: Path
) -> None:
    result = index([catalogue], tmp_path / "m.parquet")
    assert (result["rows"], result["groups"], result["categories"]) == (30, 10, 3)
    assert result["damage"] == []
    assert read_images(tmp_path / "m.parquet") == PICTURES


def test_catalogues_and_folders_make_one_manifest(
    catalogue: Path, tmp_path: Path, write_images: Callable[..., Path]
) -> None:
    more = write(tmp_path / "more" / "train.bson")
    folder = write_images(tmp_path / "pictures", 2)
    result = index([catalogue, folder, more], tmp_path / "m.parquet")
    assert (result["rows"], result["groups"], result["categories"]) == (66, 16, 6)
    manifest = read_manifest(tmp_path / "m.parquet")
    assert manifest.rows["image_id"].is_unique().all()
    assert manifest.base == tmp_path
    assert read_images(tmp_path / "m.parquet")[6:] == PICTURES * 2


def test_names_that_are_not_utf_8_do(tmp_path: Path) -> None:
    file = write(tmp_path / os.fsdecode(b"caf\xe9") / os.fsdecode(b"tr\xe9.bson"))
    output = tmp_path / os.fsdecode(b"m\xe9.parquet")
    assert index([file], output)["rows"] == 30
    assert read_images(output) == PICTURES
    beside = write_bson(tmp_path / "b.bson", [ProductImages(1, 1, [b"x"])])
    assert index([file, tmp_path / "b.bson"], output, overwrite=True)["rows"] == 31
    assert beside > 0


def test_the_same_call_leaves_the_file_alone_and_another_catalogue_is_refused(
    catalogue: Path, tmp_path: Path
) -> None:
    output = tmp_path / "m.parquet"
    first = index([catalogue], output)
    before = output.stat().st_mtime_ns
    (tmp_path / ".m.parquet.parts").mkdir()  # as a run leaves it that was killed at its very end
    assert index([catalogue], output) == first
    assert output.stat().st_mtime_ns == before
    assert not (tmp_path / ".m.parquet.parts").exists()
    write(catalogue, (10,))
    with pytest.raises(ArtefactDiffers, match="content was"):
        index([catalogue], output)
    assert index([catalogue], output, overwrite=True)["categories"] == 1


def test_damage_ends_with_code_1_and_keeps_what_is_whole_before(
    cut: Path, tmp_path: Path, call: Call
) -> None:
    output = tmp_path / "m.parquet"
    for _ in range(2):  # the second call tells it again and does nothing
        code, answer, _ = call("index", cut, "-o", output)
        assert code == 1
        message = answer["error"]["message"]
        assert message.startswith("Damaged at byte ")
        assert "train.bson: the file ends 1 bytes too early" in message
        assert "holds the 27 pictures before it; --salvage goes on behind it." in message
    assert read_images(output) == PICTURES[:27]
    assert not (tmp_path / ".m.parquet.parts").exists()


def test_salvage_makes_a_broken_manifest_anew_without_overwrite(
    catalogue: Path, tmp_path: Path, call: Call
) -> None:
    output = tmp_path / "m.parquet"
    content = bytearray(catalogue.read_bytes())
    place = content.index(PICTURES[9]) - 5  # the length of a picture of the fourth product
    content[place] ^= 0x01
    catalogue.write_bytes(content)
    assert call("index", catalogue, "-o", output)[0] == 1
    assert read_images(output) == PICTURES[:9]
    code, result, _ = call("index", catalogue, "-o", output, "--salvage")
    assert code == 0
    (damage,) = result["damage"]
    assert abs(damage["offset"] - place) < 60
    assert read_images(output) == PICTURES[:9] + PICTURES[12:]
    before = output.stat().st_mtime_ns
    assert call("index", catalogue, "-o", output, "--salvage")[:2] == (0, result)
    code, answer, _ = call("index", catalogue, "-o", output)
    assert code == 1
    assert "holds the 27 pictures around it" in answer["error"]["message"]
    assert output.stat().st_mtime_ns == before


def test_salvage_never_takes_the_place_of_another_manifest(cut: Path, tmp_path: Path) -> None:
    output = tmp_path / "m.parquet"
    with pytest.raises(DataError, match="Damaged at byte"):
        index([cut], output)
    other = write(tmp_path / "other.bson")
    with pytest.raises(ArtefactDiffers, match="sources was"):
        index([other], output, IndexChoices(salvage=True))
    with pytest.raises(ArtefactDiffers, match="sources was"):
        index([other], output)
    assert index([other], output, overwrite=True)["rows"] == 30


@pytest.mark.parametrize("salvage", [False, True])
def test_a_catalogue_of_which_nothing_is_whole_makes_no_manifest(
    tmp_path: Path, salvage: bool
) -> None:
    (tmp_path / "text.bson").write_text("This is no catalogue.")
    with pytest.raises(DataError, match=r"Damaged at byte 0: text\.bson: .*is this a BSON file\?"):
        index([tmp_path / "text.bson"], tmp_path / "m.parquet", IndexChoices(salvage=salvage))
    (tmp_path / "empty.bson").touch()
    with pytest.raises(DataError, match="No pictures found in"):
        index([tmp_path / "empty.bson"], tmp_path / "m.parquet", IndexChoices(salvage=salvage))
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == [".m.parquet.lock", "empty.bson", "text.bson"]


def test_progress_is_told_in_megabytes_up_to_the_size(tmp_path: Path) -> None:
    file = tmp_path / "train.bson"
    size = write_bson(file, [ProductImages(n, 1, [bytes(10**6)]) for n in range(7)])
    told: list[tuple[str, int, int]] = []
    around = Context(progress=lambda *one: told.append(one))
    index([file], tmp_path / "m.parquet", context=around)
    assert size // 10**6 == 7
    assert told[-1] == ("indexing train.bson, MB", 7, 7)


@pytest.mark.parametrize(
    ("level", "labels"),
    [
        (1, ["MÉNAGE", "ÉPICERIE"]),
        (2, ["MÉNAGE / CÂBLES", "ÉPICERIE / VIN, CHAMPAGNE"]),
        (3, ["10", "11", "12"]),
    ],
)
def test_labels_are_taken_at_any_level(
    catalogue: Path, names: Path, tmp_path: Path, level: int, labels: list[str]
) -> None:
    index([catalogue], tmp_path / "m.parquet", IndexChoices(categories=names, level=level))
    manifest = read_manifest(tmp_path / "m.parquet")
    assert list(manifest.labels) == labels
    assert manifest.taxonomy is not None
    assert manifest.taxonomy.find("vin rose") == ("11",)


def test_categories_that_the_table_lacks_keep_their_ids_and_are_told(
    tmp_path: Path, names: Path
) -> None:
    catalogue = write(tmp_path / "train.bson", (10, 77, 88))
    choices = IndexChoices(categories=names, level=1)
    for _ in range(2):  # a finished manifest tells it again
        said = said_by(catalogue, tmp_path / "m.parquet", choices)
        assert said == [
            "2 categories are not in the table of categories (77, 88); their ids stay their labels."
        ]
    assert read_manifest(tmp_path / "m.parquet").labels == ("77", "88", "ÉPICERIE")


def test_a_level_without_a_table_and_one_that_is_none_are_refused(
    catalogue: Path, names: Path, tmp_path: Path
) -> None:
    with pytest.raises(SettingError, match=r"give --categories category_names\.csv"):
        index([catalogue], tmp_path / "m.parquet", IndexChoices(level=2))
    with pytest.raises(SettingError, match="must be 1 to 3, not 4"):
        index([catalogue], tmp_path / "m.parquet", IndexChoices(categories=names, level=4))
    assert not (tmp_path / "m.parquet").exists()


def test_other_levels_under_the_same_name_are_refused(
    catalogue: Path, names: Path, tmp_path: Path
) -> None:
    index([catalogue], tmp_path / "m.parquet", IndexChoices(categories=names))
    with pytest.raises(ArtefactDiffers, match="level was 3, now 1"):
        index([catalogue], tmp_path / "m.parquet", IndexChoices(categories=names, level=1))


def test_a_catalogue_without_categories_can_be_classified(tmp_path: Path) -> None:
    said = said_by(write(tmp_path / "test.bson", (None,)), tmp_path / "m.parquet")
    assert "No picture has a category. They can be classified" in said[0]
    said = said_by(write(tmp_path / "some.bson", (None, 10)), tmp_path / "n.parquet")
    assert said[-1] == "15 pictures have no category and will not be trained on."


def test_a_product_without_pictures_is_a_row_with_a_problem(tmp_path: Path) -> None:
    products = [ProductImages(1, 10, []), ProductImages(2, 10, [b"a"])]
    write_bson(tmp_path / "train.bson", products)
    result = index([tmp_path / "train.bson"], tmp_path / "m.parquet")
    assert (result["rows"], result["groups"], result["problems"]) == (2, 2, 1)


def test_an_object_in_s3_is_indexed_by_ranges_and_its_pictures_are_read(
    catalogue: Path, tmp_path: Path, storage: Any, call: Call
) -> None:
    storage.put("bucket/train.bson", catalogue.read_bytes())
    output = tmp_path / "m.parquet"
    code, result, _ = call("index", "s3://bucket/train.bson", "-o", output)
    assert (code, result["rows"], result["groups"]) == (0, 30, 10)
    assert read_images(output) == PICTURES
    gets = [asked for asked in storage.asked if asked[0] == "GET"]
    assert all(span is not None and match is not None for _, _, span, match in gets)
    assert len(gets) == 2  # one for the walk, one for all pictures: they are neighbours
    assert call("index", "s3://bucket/train.bson", "-o", output)[0] == 0
    storage.put("bucket/train.bson", catalogue.read_bytes()[:-1])
    code, answer, _ = call("index", "s3://bucket/train.bson", "-o", output)
    assert (code, answer["error"]["kind"]) == (2, "ArtefactDiffers")


@pytest.mark.real_data
def test_the_real_catalogue_is_indexed_with_its_categories(tmp_path: Path) -> None:
    names = REAL / "category_names.csv"
    result = index([REAL / "train.bson"], tmp_path / "m.parquet", IndexChoices(categories=names))
    assert (result["rows"], result["groups"], result["problems"]) == (3554, 3333, 0)
    manifest = read_manifest(tmp_path / "m.parquet", ("label", "length"))
    assert manifest.taxonomy is not None
    assert set(manifest.rows["label"]) <= set(manifest.taxonomy.leaves)
    assert manifest.rows["length"].dtype == pl.Int64

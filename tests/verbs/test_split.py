"""A manifest's pictures are dealt to the splits, under a name that is never taken from others."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pixonomy.dataset.manifest import Manifest, conform, read_manifest, write_manifest
from pixonomy.errors import ArtefactDiffers, SettingError
from pixonomy.near_duplicates.group_manifest import HASHED_AT_MOST
from pixonomy.progress import Context
from pixonomy.splitting.assign import SplitShares
from pixonomy.verbs.index import index
from pixonomy.verbs.split import split

KEYS = {
    "manifest", "rows", "groups", "categories", "problems", "splits", "labels", "passed_over",
    "missing", "damage",
}  # fmt: skip


@pytest.fixture
def indexed(tmp_path: Path, write_images: Callable[..., Path]) -> Path:
    write_images(tmp_path / "pictures", 10, ("circle", "cross"))
    index([tmp_path / "pictures"], tmp_path / "indexed.parquet")
    return tmp_path / "indexed.parquet"


def test_the_result_has_the_promised_keys(indexed: Path, tmp_path: Path) -> None:
    result = split(indexed, tmp_path / "split.parquet")
    assert result.keys() == KEYS
    assert result["splits"].keys() == {"train", "validation", "test"}
    assert sum(result["splits"].values()) == result["rows"] == 20
    assert min(result["splits"].values()) > 0


def test_the_same_call_again_leaves_the_file_alone(indexed: Path, tmp_path: Path) -> None:
    output = tmp_path / "split.parquet"
    first = split(indexed, output)
    before = output.stat().st_mtime_ns
    assert split(indexed, output) == first
    assert output.stat().st_mtime_ns == before


def test_another_seed_is_refused_with_what_differs_and_overwrite_replaces(
    indexed: Path, tmp_path: Path
) -> None:
    output = tmp_path / "split.parquet"
    split(indexed, output)
    before = read_manifest(output).rows["split"]
    with pytest.raises(ArtefactDiffers, match="seed was 0, now 7") as caught:
        split(indexed, output, SplitShares(seed=7))
    assert "--overwrite" in str(caught.value)
    split(indexed, output, SplitShares(seed=7), overwrite=True)
    assert not read_manifest(output).rows["split"].equals(before)


def test_a_file_that_is_no_manifest_is_never_replaced(indexed: Path, tmp_path: Path) -> None:
    output = tmp_path / "notes.csv"
    output.write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(SettingError, match="exists and is no manifest"):
            split(indexed, output, overwrite=overwrite)
    assert output.read_text() == "mine"


def test_what_is_no_manifest_cannot_be_split(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="is no manifest"):
        split(tmp_path / "nowhere.parquet", tmp_path / "split.parquet")


def test_copies_of_a_picture_stay_on_one_side(
    tmp_path: Path, write_images: Callable[..., Path]
) -> None:
    images = write_images(tmp_path / "pictures", 12, ("circle", "cross"))
    for number in range(12):
        copy = images / "cross" / f"{number:03d} copy.jpg"
        copy.write_bytes((images / "cross" / f"{number:03d}.jpg").read_bytes())
    index([images], tmp_path / "indexed.parquet")
    split(tmp_path / "indexed.parquet", tmp_path / "split.parquet")
    rows = read_manifest(tmp_path / "split.parquet").rows.drop_nulls("duplicate_group")
    sides = rows.group_by("duplicate_group").agg(pl.col("split").n_unique(), pl.len().alias("n"))
    assert sides["n"].sum() >= 24
    assert sides["split"].to_list() == [1] * sides.height


def write_made_up(path: Path, count: int, **columns: pl.Expr) -> Path:
    """Write a manifest of pictures that do not exist, two a product, of two categories."""
    number = pl.int_range(count)
    rows = pl.select(
        image_id=pl.format("{}", number),
        group_id=pl.format("{}", number // 2),
        label=pl.format("{}", number // 2 % 2),
        uri=pl.lit("catalogue.bson"),
    ).with_columns(**columns)
    write_manifest(path, Manifest(conform(rows), path.parent))
    return path


def test_a_catalogue_is_not_read_for_copies_but_marked_ones_stay_together(tmp_path: Path) -> None:
    number = pl.col("image_id").cast(pl.Int64)
    mark = pl.when(number % 5 == 0).then(pl.format("copies of {}", number % 500))
    path = write_made_up(tmp_path / "m.parquet", HASHED_AT_MOST + 2, duplicate_group=mark)
    said: list[str] = []
    for _ in range(2):
        split(path, tmp_path / "split.parquet", context=Context(report=said.append))
    assert len(said) == 2
    assert "Copies were not looked for among 100002 pictures" in said[0]
    assert "`pixonomy audit` marks them" in said[1]
    rows = read_manifest(tmp_path / "split.parquet").rows
    assert rows["problem"].null_count() == rows.height
    for column in ("group_id", "duplicate_group"):
        sides = rows.drop_nulls(column).group_by(column).agg(pl.col("split").n_unique())
        assert (sides["split"] == 1).all()


def test_few_new_pictures_among_many_known_ones_are_looked_at(tmp_path: Path) -> None:
    is_known = pl.col("image_id").cast(pl.Int64) > 0
    known = pl.when(is_known).then(pl.col("image_id"))
    path = write_made_up(tmp_path / "m.parquet", HASHED_AT_MOST + 2, sha256=known)
    said: list[str] = []
    result = split(path, tmp_path / "split.parquet", context=Context(report=said.append))
    assert result["problems"] == 1
    assert said == ["Pictures left out: 1; the first is 0: the file is missing."]


def test_where_all_of_many_pictures_are_hashed_the_marks_are_taken(tmp_path: Path) -> None:
    path = write_made_up(tmp_path / "m.parquet", HASHED_AT_MOST + 2, sha256=pl.col("image_id"))
    said: list[str] = []
    result = split(path, tmp_path / "split.parquet", context=Context(report=said.append))
    assert (result["problems"], said) == (0, [])


def test_columns_of_a_sources_own_come_along(tmp_path: Path) -> None:
    path = write_made_up(
        tmp_path / "m.parquet", 40, sha256=pl.col("image_id"), colour=pl.lit("red")
    )
    split(path, tmp_path / "split.parquet")
    before, after = read_manifest(path).rows, read_manifest(tmp_path / "split.parquet").rows
    assert after.drop("split").equals(before.drop("split"))
    assert after.columns == before.columns


def test_problems_and_small_categories_are_told_each_time(
    indexed: Path, tmp_path: Path, write_images: Callable[..., Path]
) -> None:
    images = write_images(tmp_path / "pictures", 2, ("stripes",))
    (images / "cross" / "bad.jpg").write_text("text")
    index([images], indexed, overwrite=True)
    said: list[str] = []
    for _ in range(2):
        split(indexed, tmp_path / "split.parquet", context=Context(report=said.append))
    assert said[:2] == said[2:]
    assert "Pictures left out: 1" in said[0]
    assert "cross/bad.jpg: not a picture in a known format" in said[0]
    assert "fewer than three pictures: 1 (stripes)" in said[1]


def write_sources(folder: Path, write_images: Callable[..., Path]) -> Path:
    """Write pictures and a table of them: two sources of crosses, one of circles, one without."""
    images = write_images(folder / "pictures", 10, ("circle", "cross"))
    lines = ["path,label,source"]
    for label in ("circle", "cross"):
        for number in range(10):
            source = "web" if label == "circle" else ("camera", "phone", "")[min(number // 4, 2)]
            lines.append(f"{label}/{number:03d}.jpg,{label},{source}")
    (images / "table.csv").write_text("\n".join(lines))
    index([images / "table.csv"], folder / "indexed.parquet")
    return folder / "indexed.parquet"


def test_whole_sources_are_held_out_and_told_each_time(
    tmp_path: Path, write_images: Callable[..., Path]
) -> None:
    indexed, output = write_sources(tmp_path, write_images), tmp_path / "split.parquet"
    said: list[str] = []
    shares = SplitShares(hold_out="source")
    results = [split(indexed, output, shares, False, Context(report=said.append)) for _ in "ab"]
    assert results[0] == results[1]
    assert results[0].keys() == KEYS | {"held_out"}
    told = results[0]["held_out"]
    assert told["values"] == {"train": 2, "validation": 0, "test": 1}
    assert (told["untested"], told["without_value"], told["replaced"]) == (["circle"], 2, 0)
    assert said[:2] == said[2:]
    assert said[0] == "Pictures without a source: 2; they are not tested."
    assert said[1].startswith("Categories with only one source: 1 (circle).")
    rows = read_manifest(output).rows
    tested = set(rows.filter(split="test")["source"])
    assert tested == set(told["test"])
    assert not tested & set(rows.filter(pl.col("split") != "test")["source"])


def test_splits_of_before_give_way_to_holding_out_and_that_is_said(
    tmp_path: Path, write_images: Callable[..., Path]
) -> None:
    indexed, output = write_sources(tmp_path, write_images), tmp_path / "split.parquet"
    split(indexed, output)
    said: list[str] = []
    around = Context(report=said.append)
    held = split(output, tmp_path / "held.parquet", SplitShares(hold_out="source"), False, around)
    assert held["held_out"]["replaced"] == 20
    assert said[0].startswith("20 pictures had a split already")


def test_a_split_of_before_the_choice_is_still_the_same(indexed: Path, tmp_path: Path) -> None:
    split(indexed, tmp_path / "split.parquet")
    assert "hold_out" not in read_manifest(tmp_path / "split.parquet").fingerprint
    with pytest.raises(ArtefactDiffers, match="hold_out was not set, now image_id"):
        split(indexed, tmp_path / "split.parquet", SplitShares(hold_out="image_id"))


def test_an_unknown_column_to_hold_out_by_is_told_with_those_there_are(
    tmp_path: Path, write_images: Callable[..., Path]
) -> None:
    indexed = write_sources(tmp_path, write_images)
    with pytest.raises(SettingError, match=r"no column 'sauce' .* its own are: source"):
        split(indexed, tmp_path / "split.parquet", SplitShares(hold_out="sauce"))
    rows = read_manifest(indexed).rows.with_columns(tags=pl.concat_list("label", "source"))
    write_manifest(tmp_path / "tagged.parquet", Manifest(rows, tmp_path))
    with pytest.raises(SettingError, match="in 'tags', not text"):
        split(tmp_path / "tagged.parquet", tmp_path / "split.parquet", SplitShares(hold_out="tags"))


def test_a_catalogue_is_held_out_by_a_column_without_being_read(tmp_path: Path) -> None:
    number = pl.col("image_id").cast(pl.Int64)
    path = write_made_up(
        tmp_path / "m.parquet",
        HASHED_AT_MOST + 2,
        provider=pl.format("provider {}", number // 2 % 7),
        sha256=pl.col("image_id"),
    )
    split(path, tmp_path / "split.parquet", SplitShares(hold_out="provider"))
    rows = read_manifest(tmp_path / "split.parquet").rows
    sides = rows.group_by("provider").agg(pl.col("split").n_unique())
    assert (sides["split"] == 1).all()
    assert set(rows["split"]) == {"train", "validation", "test"}


def test_a_category_of_copies_is_told_with_the_group(
    tmp_path: Path, write_images: Callable[..., Path]
) -> None:
    images = write_images(tmp_path / "pictures", 9, ("cross", "circle"))
    for number in range(1, 5):
        copy = images / "cross" / f"{number:03d}.jpg"
        copy.write_bytes((images / "cross" / "000.jpg").read_bytes())
    index([images], tmp_path / "m.parquet")
    said: list[str] = []
    split(tmp_path / "m.parquet", tmp_path / "s.parquet", None, False, Context(report=said.append))
    assert any(
        "5 of 9 pictures of 'cross' are copies of one (cross/000.jpg)" in one for one in said
    )


def test_an_empty_split_is_told_with_the_reason(
    tmp_path: Path, write_images: Callable[..., Path]
) -> None:
    index([write_images(tmp_path / "pictures", 1)], tmp_path / "m.parquet")
    said: list[str] = []
    split(tmp_path / "m.parquet", tmp_path / "s.parquet", None, False, Context(report=said.append))
    assert any(one.startswith("No picture in validation and test: the smallest") for one in said)
    train = write_images(tmp_path / "given" / "train", 6)
    for image in sorted(train.glob("*/00[45].jpg")):
        moved = tmp_path / "given" / "val" / image.parent.name / image.name
        moved.parent.mkdir(parents=True, exist_ok=True)
        image.rename(moved)
    index([tmp_path / "given"], tmp_path / "n.parquet")
    split(tmp_path / "n.parquet", tmp_path / "t.parquet", None, False, Context(report=said.append))
    assert said[-1].startswith("No picture in test: the source's own splits have none")


def test_a_source_of_training_pictures_alone_is_dealt_anew_and_told(
    tmp_path: Path, write_images: Callable[..., Path]
) -> None:
    write_images(tmp_path / "given" / "train", 12)
    index([tmp_path / "given"], tmp_path / "m.parquet")
    said: list[str] = []
    result = split(
        tmp_path / "m.parquet", tmp_path / "s.parquet", None, False, Context(report=said.append)
    )
    assert min(result["splits"].values()) > 0
    assert "calls all its pictures with a category train (36)" in said[0]

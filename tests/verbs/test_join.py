"""Several manifests become one: nothing is lost, torn, mixed up or changed in silence."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pixonomy.dataset.location import locate
from pixonomy.dataset.manifest import Manifest, conform, read_manifest, write_manifest
from pixonomy.dataset.taxonomy import Category, Taxonomy
from pixonomy.errors import ArtefactDiffers, SettingError
from pixonomy.progress import Context
from pixonomy.verbs.index import index
from pixonomy.verbs.join import join
from pixonomy.verbs.split import split

Row = dict[str, Any]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def write(path: Path, rows: list[Row], base: Path | None = None, **about: Any) -> Path:
    """Write a manifest; of each row whatever is given."""
    table = pl.DataFrame(rows, infer_schema_length=None)
    if "uri" not in table.columns:
        table = table.with_columns(uri=pl.col("image_id"))
    write_manifest(path, Manifest(conform(table), base or path.parent, **about))
    return path


def rows_of(path: Path) -> dict[str, Row]:
    return {row["image_id"]: row for row in read_manifest(path).rows.iter_rows(named=True)}


def image(name: str, label: str | None = "home", **more: Any) -> Row:
    return {"image_id": name, "group_id": name, "label": label, **more}


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def context(told: list[str]) -> Context:
    return Context(report=told.append)


def test_folders_of_different_places_become_one_manifest_of_readable_pictures(
    tmp_path: Path, write_images: Callable[..., Path]
) -> None:
    for name, labels in (("old", ("circle", "cross")), ("new one", ("cross", "stripes"))):
        write_images(tmp_path / "data" / name, 3, labels)
        index([tmp_path / "data" / name], tmp_path / f"{name}.parquet")
    result = join(
        [tmp_path / "old.parquet", tmp_path / "new one.parquet"], tmp_path / "all.parquet"
    )
    assert result.rows == 12
    assert result.labels == {"circle": 3, "cross": 6, "stripes": 3}
    joined = read_manifest(tmp_path / "all.parquet")
    assert joined.base == tmp_path / "data"
    assert joined.rows["image_id"].n_unique() == 12
    assert joined.rows["joined_from"].to_list() == ["old"] * 6 + ["new one"] * 6
    files = [location.file.path for location in locate(joined.rows, joined.base)]
    assert len(set(files)) == 12
    assert all(file is not None and file.is_file() for file in files)
    # cross/000.jpg stands in both folders: two pictures, two ids.
    assert {"cross/000.jpg", "new one:cross/000.jpg"} <= set(joined.rows["image_id"])
    assert [one.repeated_images for one in result.joined] == [0, 3]


def test_a_picture_at_the_same_place_is_one_row_that_knows_what_either_knew(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    first = write(
        tmp_path / "a.parquet",
        [image("1", None, uri="x/1.jpg"), image("2", "car", uri="x/2.jpg", sha256=digest("2"))],
        photos,
    )
    second = write(
        tmp_path / "b.parquet",
        [image("one", "home", uri="1.jpg", offset=0, sha256=digest("1"), label_source="table")],
        photos / "x",
    )
    result = join([first, second], tmp_path / "c.parquet")
    rows = rows_of(tmp_path / "c.parquet")
    assert set(rows) == {"1", "2"}
    assert rows["1"]["label"] == "home"
    assert rows["1"]["label_source"] == "table"
    assert rows["1"]["sha256"] == digest("1")
    assert result.shared_images == 1
    assert [one.shared for one in result.joined] == [0, 1]
    assert result.conflicting_labels == 0


def test_two_ranges_of_one_file_are_two_pictures(tmp_path: Path) -> None:
    first = write(tmp_path / "a.parquet", [image("1", uri="c.bson", offset=10, length=5)])
    second = write(tmp_path / "b.parquet", [image("2", uri="c.bson", offset=20, length=5)])
    assert join([first, second], tmp_path / "c.parquet").rows == 2


def test_the_same_bytes_elsewhere_are_one_row_and_unread_ones_are_not(tmp_path: Path) -> None:
    first = write(
        tmp_path / "a.parquet",
        [image("1", sha256=digest("1")), image("2", sha256="unread:2")],
    )
    second = write(
        tmp_path / "b.parquet",
        [image("p", sha256=digest("1").upper()), image("q", sha256="unread:2")],
    )
    join([first, second], tmp_path / "c.parquet")
    assert set(rows_of(tmp_path / "c.parquet")) == {"1", "2", "q"}


def test_copies_within_one_manifest_stay_what_they_are(tmp_path: Path) -> None:
    first = write(
        tmp_path / "a.parquet",
        [image("1", "home", sha256=digest("x")), image("2", "car", sha256=digest("x"))],
    )
    second = write(tmp_path / "b.parquet", [image("3", "car", sha256=digest("x")), image("4")])
    result = join([first, second], tmp_path / "c.parquet")
    rows = rows_of(tmp_path / "c.parquet")
    assert {name: row["label"] for name, row in rows.items()} == {
        "1": "home", "2": "car", "4": "home",
    }  # fmt: skip
    assert result.shared_images == 1


def test_the_first_label_counts_but_a_reviewer_knows_better(
    tmp_path: Path, context: Context, told: list[str]
) -> None:
    first = write(
        tmp_path / "a.parquet",
        [image("1", "home"), image("2", "home"), image("3", "car", label_source="reviewer")],
    )
    second = write(
        tmp_path / "b.parquet",
        [
            image("1", "car", label_source="table"),
            image("2", "travel", label_source="reviewer", label_by="ada"),
            image("3", "home", label_source="reviewer"),
        ],
    )
    result = join([first, second], tmp_path / "c.parquet", context=context)
    rows = rows_of(tmp_path / "c.parquet")
    assert {name: row["label"] for name, row in rows.items()} == {
        "1": "home", "2": "travel", "3": "car",
    }  # fmt: skip
    assert rows["2"]["label_source"] == "reviewer"
    assert rows["2"]["label_by"] == "ada"
    assert (result.conflicting_labels, result.reviewed_labels) == (3, 1)
    assert any(
        one.startswith("Labels differ for 3 pictures, such as 1 (home, car)")
        and "but for 1 that a reviewer gave" in one
        for one in told
    )


def test_given_splits_survive_and_of_two_the_later_counts(tmp_path: Path) -> None:
    first = write(
        tmp_path / "a.parquet",
        [
            image("1", split="train"),
            image("2", split="test"),
            image("3", split=None),
            image("4", split="validation"),
        ],
    )
    second = write(
        tmp_path / "b.parquet",
        [
            image("1", split="test"),
            image("2", split="train"),
            image("3", split="test"),
            image("new", split="test", stream="random"),
            image("chosen", split=None, stream="chosen"),
        ],
    )
    result = join([first, second], tmp_path / "c.parquet")
    rows = rows_of(tmp_path / "c.parquet")
    assert {name: row["split"] for name, row in rows.items()} == {
        "1": "test", "2": "test", "3": "test", "4": "validation", "new": "test", "chosen": None,
    }  # fmt: skip
    assert result.conflicting_splits == 2
    assert rows["new"]["stream"] == "random"
    assert rows["4"]["stream"] is None


def test_the_random_stream_is_tested_after_a_split_of_all(tmp_path: Path) -> None:
    old = [image(f"{name}{n}", name) for name in ("car", "home") for n in range(20)]
    write(tmp_path / "old.parquet", [{**one, "sha256": digest(one["image_id"])} for one in old])
    split(tmp_path / "old.parquet", tmp_path / "split.parquet")
    new = [image(f"r{n}", "car", split="test", sha256=digest(f"r{n}")) for n in range(5)]
    new += [image(f"c{n}", "home", split=None, sha256=digest(f"c{n}")) for n in range(5)]
    uploads = write(tmp_path / "uploads.parquet", new)
    join([tmp_path / "split.parquet", uploads], tmp_path / "all.parquet")
    before = rows_of(tmp_path / "split.parquet")
    split(tmp_path / "all.parquet", tmp_path / "again.parquet")
    after = rows_of(tmp_path / "again.parquet")
    assert {name: after[name]["split"] for name in before} == {
        name: row["split"] for name, row in before.items()
    }
    assert {after[f"r{n}"]["split"] for n in range(5)} == {"test"}
    assert {after[f"c{n}"]["split"] for n in range(5)} == {"train"}


def test_a_manifest_without_splits_beside_one_with_some_is_told(
    tmp_path: Path, context: Context, told: list[str]
) -> None:
    first = write(tmp_path / "a.parquet", [image("1"), image("2")])
    second = write(tmp_path / "b.parquet", [image("3", split="test")])
    join([first, second], tmp_path / "c.parquet", context=context)
    assert any(one.startswith("a: no splits, while another manifest has some") for one in told)


def test_what_is_left_out_stays_left_out(tmp_path: Path) -> None:
    first = write(tmp_path / "a.parquet", [image("1"), image("2", problem="blank")])
    second = write(tmp_path / "b.parquet", [image("1", problem="undecodable"), image("2")])
    result = join([first, second], tmp_path / "c.parquet")
    rows = rows_of(tmp_path / "c.parquet")
    assert [rows[name]["problem"] for name in "12"] == ["undecodable", "blank"]
    assert (result.problems, result.left_out) == (2, 2)


def test_equal_groups_of_strangers_stay_apart(
    tmp_path: Path, context: Context, told: list[str]
) -> None:
    first = write(tmp_path / "a.parquet", [{**image("x1"), "group_id": "7"}])
    second = write(
        tmp_path / "b.parquet",
        [{**image("y1"), "group_id": "7"}, {**image("y2"), "group_id": "8"}],
    )
    result = join([first, second], tmp_path / "c.parquet", context=context)
    rows = rows_of(tmp_path / "c.parquet")
    assert [rows[name]["group_id"] for name in ("x1", "y1", "y2")] == ["7", "b:7", "b:8"]
    assert (result.groups, result.joined[1].repeated_groups) == (3, 1)
    assert any("its group ids begin with 'b:' now; 1 stood" in one for one in told)
    join([first, second], tmp_path / "same.parquet", same_groups=True)
    rows = rows_of(tmp_path / "same.parquet")
    assert [rows[name]["group_id"] for name in ("x1", "y1", "y2")] == ["7", "7", "8"]


def test_groups_mean_the_same_where_shared_pictures_show_it(tmp_path: Path) -> None:
    first = write(
        tmp_path / "a.parquet",
        [{**image("1"), "group_id": "saver 7"}, {**image("2"), "group_id": "saver 8"}],
    )
    second = write(
        tmp_path / "b.parquet",
        [{**image("1"), "group_id": "saver 7"}, {**image("3"), "group_id": "saver 8"}],
    )
    result = join([first, second], tmp_path / "c.parquet")
    rows = rows_of(tmp_path / "c.parquet")
    assert rows["3"]["group_id"] == rows["2"]["group_id"] == "saver 8"
    assert result.groups == 2


def test_groups_that_share_a_picture_become_one(tmp_path: Path) -> None:
    first = write(
        tmp_path / "a.parquet",
        [
            {**image("1"), "group_id": "p1"},
            {**image("2"), "group_id": "p2"},
            {**image("3"), "group_id": "p3"},
        ],
    )
    second = write(
        tmp_path / "b.parquet",
        [{**image(name), "group_id": "s1"} for name in ("1", "2", "new")],
    )
    result = join([first, second], tmp_path / "c.parquet")
    groups = {name: row["group_id"] for name, row in rows_of(tmp_path / "c.parquet").items()}
    assert groups == {"1": "p1", "2": "p1", "new": "p1", "3": "p3"}
    assert result.united_groups == 2


def test_marks_of_copies_stay_apart_too(tmp_path: Path) -> None:
    first = write(tmp_path / "a.parquet", [image(n, duplicate_group="d") for n in ("1", "2")])
    second = write(tmp_path / "b.parquet", [image(n, duplicate_group="d") for n in ("3", "4")])
    join([first, second], tmp_path / "c.parquet")
    marks = {name: row["duplicate_group"] for name, row in rows_of(tmp_path / "c.parquet").items()}
    assert marks == {"1": "d", "2": "d", "3": "b:d", "4": "b:d"}


def test_columns_of_all_stay_and_differing_types_become_text(
    tmp_path: Path, context: Context, told: list[str]
) -> None:
    first = write(tmp_path / "a.parquet", [image("1", width=10, code=7)])
    second = write(tmp_path / "b.parquet", [image("2", width=10.5, code="x", source="web")])
    join([first, second], tmp_path / "c.parquet", context=context)
    rows = rows_of(tmp_path / "c.parquet")
    assert [rows[n]["width"] for n in "12"] == [10.0, 10.5]
    assert [rows[n]["code"] for n in "12"] == ["7", "x"]
    assert [rows[n]["source"] for n in "12"] == [None, "web"]
    assert "Columns of several types, which became text: code." in told
    assert any("source (b)" in one for one in told)


def test_a_nested_column_of_another_type_is_refused_by_name(tmp_path: Path) -> None:
    first = write(tmp_path / "a.parquet", [image("1", tags=["a"])])
    second = write(tmp_path / "b.parquet", [image("2", tags="a")])
    with pytest.raises(SettingError, match="The column 'tags' is List"):
        join([first, second], tmp_path / "c.parquet")
    assert not (tmp_path / "c.parquet").exists()


def test_taxonomies_become_one_and_what_differs_is_told(
    tmp_path: Path, context: Context, told: list[str]
) -> None:
    def tree(*categories: Category) -> Taxonomy:
        return Taxonomy.of(categories)

    first = write(
        tmp_path / "a.parquet",
        [image("1", "home")],
        taxonomy=tree(Category("home", "Home"), Category("car", "Car")),
    )
    second = write(
        tmp_path / "b.parquet",
        [image("2", "garden"), image("3", "boat")],
        taxonomy=tree(Category("home", "House"), Category("garden", "Garden", "home")),
    )
    join([first, second], tmp_path / "c.parquet", context=context)
    joined = read_manifest(tmp_path / "c.parquet").taxonomy
    assert joined is not None
    assert {one.id: one.name for one in joined.categories.values()} == {
        "home": "Home", "car": "Car", "garden": "Garden",
    }  # fmt: skip
    assert any(
        "such as 'home' (name 'Home' and 'House'): what a says counts" in one for one in told
    )
    assert "Labels that no taxonomy names: boat." in told
    assert "Labels that only b has: boat 1, garden 1." in told
    assert any(one.startswith("Label 'garden' lies below 'home'") for one in told)


def test_three_manifests_of_one_name_and_an_earlier_join(tmp_path: Path) -> None:
    paths = []
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        paths.append(write(tmp_path / name / "x.parquet", [image("1")]))
    join(paths, tmp_path / "all.parquet")
    assert set(rows_of(tmp_path / "all.parquet")) == {"1", "x-2:1", "x-3:1"}
    late = write(tmp_path / "late.parquet", [image("x-2:1", uri="late.jpg"), image("2")])
    join([tmp_path / "all.parquet", late], tmp_path / "more.parquet")
    rows = rows_of(tmp_path / "more.parquet")
    assert set(rows) == {"1", "x-2:1", "x-3:1", "late:x-2:1", "late:2"}
    assert rows["x-3:1"]["joined_from"] == "x-3"


def test_the_same_call_again_leaves_the_file_alone_and_says_the_same(tmp_path: Path) -> None:
    first = write(tmp_path / "a.parquet", [image("1")])
    second = write(tmp_path / "b.parquet", [image("1", "car"), image("2")])
    output = tmp_path / "c.parquet"
    result = join([first, second], output)
    before = output.stat().st_mtime_ns
    again: list[str] = []
    assert join([first, second], output, context=Context(report=again.append)) == result
    assert output.stat().st_mtime_ns == before
    assert list(result.notes) == [one for one in again if one in result.notes]
    with pytest.raises(ArtefactDiffers, match="same_groups was False, now True"):
        join([first, second], output, same_groups=True)
    join([first, second], output, same_groups=True, overwrite=True)


def test_a_wrong_call_is_one_sentence(tmp_path: Path) -> None:
    first = write(tmp_path / "a.parquet", [image("1")])
    (tmp_path / "b.parquet").write_text("no manifest")
    (tmp_path / "notes.csv").write_text("mine")
    second = write(tmp_path / "c.parquet", [image("2")])
    with pytest.raises(SettingError, match="Name two manifests or more"):
        join([first, tmp_path / "." / "a.parquet"], tmp_path / "d.parquet")
    with pytest.raises(SettingError, match="is no manifest"):
        join([first, tmp_path / "b.parquet"], tmp_path / "d.parquet")
    with pytest.raises(SettingError, match="is one of the manifests that are joined"):
        join([first, second], second, overwrite=True)
    with pytest.raises(SettingError, match="choose another name"):
        join([first, second], tmp_path / "notes.csv", overwrite=True)
    assert (tmp_path / "notes.csv").read_text() == "mine"


def test_the_command_prints_the_promised_keys(tmp_path: Path, call: Callable[..., Any]) -> None:
    first = write(tmp_path / "a.parquet", [image("1")])
    second = write(tmp_path / "b.parquet", [image("2", "car")])
    code, answer, _ = call("join", first, second, "-o", tmp_path / "c.parquet")
    assert code == 0
    assert answer["rows"] == 2
    assert answer["joined"][1]["manifest"] == str(second)
    assert answer["shared_images"] == 0

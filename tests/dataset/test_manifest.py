import json
import os
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixonomy.dataset.manifest import (
    COLUMNS,
    Manifest,
    conform,
    hash_manifest,
    read_about,
    read_manifest,
    rewrite_manifest,
    write_manifest,
)
from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.errors import SettingError, StorageError
from pixonomy.storage.files import hash_file
from pixonomy.storage.tables import write_parquet


def make_rows(count: int = 3) -> pl.DataFrame:
    ids = [f"picture {number}" for number in range(count)]
    return conform(pl.DataFrame({"image_id": ids, "uri": ids, "group_id": ids}))


def test_a_manifest_comes_back_as_it_was_written(tmp_path: Path) -> None:
    rows = make_rows().with_columns(pl.lit("blue").alias("colour"))
    write_manifest(tmp_path / "m.parquet", Manifest(rows, tmp_path, {"stage": "index", "n": [1]}))
    back = read_manifest(tmp_path / "m.parquet")
    assert back.rows.equals(rows)
    assert (back.base, back.fingerprint) == (tmp_path, {"stage": "index", "n": [1]})


def test_the_tree_of_categories_travels_with_the_rows(tmp_path: Path) -> None:
    paths = {"7": ("BOISSONS", "VIN", "ROSÉ"), "8": ("BOISSONS", "VIN", "ROUGE")}
    tree = Taxonomy.from_paths(paths)
    write_manifest(tmp_path / "m.parquet", Manifest(make_rows(), tmp_path, taxonomy=tree))
    assert read_manifest(tmp_path / "m.parquet").taxonomy == tree
    write_manifest(tmp_path / "none.parquet", Manifest(make_rows(), tmp_path))
    assert read_manifest(tmp_path / "none.parquet").taxonomy is None


def test_some_columns_can_be_read_alone(tmp_path: Path) -> None:
    write_manifest(tmp_path / "m.parquet", Manifest(make_rows(), tmp_path, {"n": 1}))
    some = read_manifest(tmp_path / "m.parquet", ("uri", "image_id"))
    assert some.rows.columns == ["uri", "image_id"]
    assert some.fingerprint == {"n": 1}


def test_a_manifest_is_rewritten_with_other_columns_and_fewer_rows(tmp_path: Path) -> None:
    source, output = tmp_path / "m.parquet", tmp_path / "new.parquet"
    rows = make_rows().with_columns(pl.lit("blue").alias("colour"))
    write_manifest(source, Manifest(rows, tmp_path, {"stage": "index"}))
    changes = pl.DataFrame({"split": ["test", None, "train"], "size": [1, 2, 3]})
    news = Manifest(changes, tmp_path, {"stage": "split"}, notes={"told": [1]})
    rewrite_manifest(source, output, news, pl.Series([True, False, True]))
    back = read_manifest(output)
    assert back.rows.equals(rows.with_columns(changes)[[0, 2]])
    assert (back.fingerprint, back.notes) == ({"stage": "split"}, {"told": [1]})
    rewrite_manifest(source, output, Manifest(pl.DataFrame(), tmp_path), pl.Series([False] * 3))
    assert read_manifest(output).rows.equals(rows.clear())
    rewrite_manifest(source, source, Manifest(changes, tmp_path))
    assert read_manifest(source).rows.equals(rows.with_columns(changes))


def test_a_damaged_source_leaves_no_rewritten_manifest(tmp_path: Path) -> None:
    source = tmp_path / "m.parquet"
    write_manifest(source, Manifest(make_rows(1000), tmp_path))
    content = bytearray(source.read_bytes())
    content[4 : len(content) // 2] = b"\xee" * (len(content) // 2 - 4)
    source.write_bytes(content)
    with pytest.raises(StorageError, match=r"m\.parquet is damaged"):
        rewrite_manifest(source, tmp_path / "new.parquet", Manifest(pl.DataFrame(), tmp_path))
    assert list(tmp_path.iterdir()) == [source]


def test_the_hash_of_a_manifest_is_that_of_its_file(tmp_path: Path) -> None:
    write_manifest(tmp_path / "m.parquet", Manifest(make_rows(), tmp_path))
    assert hash_manifest(tmp_path / "m.parquet") == hash_file(tmp_path / "m.parquet")
    with pytest.raises(SettingError, match="is no manifest"):
        hash_manifest(tmp_path)


def test_a_base_that_is_not_utf_8_is_found_again(tmp_path: Path) -> None:
    base = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    base.mkdir()
    write_manifest(base / "m.parquet", Manifest(make_rows(), base))
    assert read_manifest(base / "m.parquet").base == base
    about = read_about(base / "m.parquet")
    assert about is not None
    assert Path(about["base"]) == base


@given(st.sets(st.sampled_from([*COLUMNS, "other"]), min_size=1))
def test_conforming_gives_every_known_column_in_order_and_keeps_the_others(
    names: set[str],
) -> None:
    rows = conform(pl.DataFrame({name: [None] for name in sorted(names)}))
    assert dict(list(rows.schema.items())[: len(COLUMNS)]) == dict(COLUMNS)
    assert rows.columns[len(COLUMNS) :] == [name for name in names if name not in COLUMNS]
    assert conform(rows).equals(rows)


def test_numbers_as_labels_become_text() -> None:
    assert conform(pl.DataFrame({"label": [7]}))["label"].to_list() == ["7"]


def test_a_manifest_counts_what_it_holds(tmp_path: Path) -> None:
    rows = conform(
        pl.DataFrame(
            {
                "image_id": ["a", "b", "c", "d"],
                "group_id": ["one", "one", "two", "three"],
                "label": ["y", "x", None, "broken only"],
                "split": ["train", "test", None, "train"],
                "problem": [None, None, None, "unreadable"],
            }
        )
    )
    manifest = Manifest(rows, tmp_path)
    assert manifest.usable["image_id"].to_list() == ["a", "b", "c"]
    assert manifest.labels == ("x", "y")
    summary = manifest.summary()
    assert (summary["rows"], summary["groups"], summary["problems"]) == (4, 3, 1)
    assert summary["splits"] == {"train": 1, "validation": 0, "test": 1}


@pytest.mark.parametrize("content", [b"", b"path,label\n"])
def test_another_file_is_no_manifest(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.parquet").write_bytes(content)
    assert read_about(tmp_path / "m.parquet") is None
    with pytest.raises(SettingError, match=r"m\.parquet is no manifest.*pixonomy index"):
        read_manifest(tmp_path / "m.parquet")


@pytest.mark.parametrize("content", [b"PAR1 garbage PAR1", b"PAR1 and the rest is missing"])
def test_a_parquet_file_without_a_footer_is_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.parquet").write_bytes(content)
    with pytest.raises(StorageError, match=r"m\.parquet is damaged: it cannot be read as Parquet"):
        read_about(tmp_path / "m.parquet")


@pytest.mark.parametrize("text", ["{", "[1]", '{"schema_version": 1, "base": 5}', "[" * 100_000])
def test_what_a_manifest_says_of_itself_is_not_believed(tmp_path: Path, text: str) -> None:
    write_parquet(tmp_path / "m.parquet", make_rows(), {"pixonomy": text})
    with pytest.raises(StorageError, match=r"m\.parquet is damaged: what it says about its rows"):
        read_manifest(tmp_path / "m.parquet")


def test_nothing_a_folder_and_a_foreign_table_are_no_manifests(tmp_path: Path) -> None:
    write_parquet(tmp_path / "foreign.parquet", make_rows())
    for path in (tmp_path, tmp_path / "nothing", tmp_path / "foreign.parquet"):
        assert read_about(path) is None


def test_a_manifest_of_another_version_is_refused(tmp_path: Path) -> None:
    about = {"pixonomy": '{"schema_version": 99}'}
    write_parquet(tmp_path / "m.parquet", make_rows(), about)
    with pytest.raises(SettingError, match=r"version 99.*--overwrite"):
        read_manifest(tmp_path / "m.parquet")


def test_a_damaged_manifest_is_a_storage_error(tmp_path: Path) -> None:
    write_manifest(tmp_path / "m.parquet", Manifest(make_rows(1000), tmp_path))
    content = bytearray((tmp_path / "m.parquet").read_bytes())
    content[4 : len(content) // 2] = b"\xee" * (len(content) // 2 - 4)
    (tmp_path / "m.parquet").write_bytes(content)
    with pytest.raises(StorageError, match=r"m\.parquet is damaged"):
        read_manifest(tmp_path / "m.parquet")


def test_a_damaged_tree_is_told_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    about = {"schema_version": 1, "base": "/", "fingerprint": {}, "taxonomy": [{"id": "a"}]}
    write_parquet(path, make_rows(), {"pixonomy": json.dumps(about)})
    with pytest.raises(StorageError, match=r"m\.parquet is damaged: .* name is missing\."):
        read_manifest(path)

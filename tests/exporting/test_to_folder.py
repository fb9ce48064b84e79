import os
import unicodedata
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pixonomy.exporting.export_shard import COLUMNS, plan_shards
from pixonomy.exporting.to_folder import (
    PLACE,
    alike,
    make_distinct,
    make_safe,
    move_files,
    plan_places,
    set_apart,
    write_files,
)

SCHEMA = {name: pl.Int64 if name in ("offset", "length") else pl.String for name in COLUMNS}


def table(*rows: dict[str, str | None]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA)


def places(*rows: dict[str, str | None]) -> list[str]:
    return list(plan_places(table(*rows))[PLACE])


def test_places_are_split_label_and_the_name_of_the_picture() -> None:
    assert places(
        {"image_id": "x/cat/1.jpg", "label": "cat", "split": "train"},
        {"image_id": "x/cat/2.old.JPG", "label": "a/b", "split": "test"},
        {"image_id": "3", "label": None, "split": "test"},
        {"image_id": "4.png", "label": "cat", "split": None},
    ) == ["train/cat/1", "test/a_b/2.old", "test/3", "unsplit/cat/4"]


def test_without_splits_the_labels_are_outermost() -> None:
    assert places({"image_id": "1.jpg", "label": "cat"}, {"image_id": "2.jpg", "label": None}) == [
        "cat/1",
        "2",
    ]


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"image_id": "x.tar#a/7.jpg@512", "member": "a/7.jpg"}, "7"),
        ({"image_id": "t.parquet#12", "member": "12", "encoding": "parquet:i"}, "t.parquet#12"),
        ({"image_id": "train.bson:99", "member": None}, "train.bson_99"),
        ({"image_id": "s3://bucket/a.jpg", "member": None}, "a"),
        ({"image_id": "cat/..", "member": None}, "__"),
    ],
)
def test_pictures_are_called_what_they_were_called(row: dict[str, str | None], name: str) -> None:
    assert places(row) == [name]


def test_pictures_of_one_name_are_told_apart() -> None:
    found = places(
        {"image_id": "a/1.jpg", "label": "cat"},
        {"image_id": "b/1.JPG", "label": "cat"},
        {"image_id": "b/1.jpg", "label": "dog"},
    )
    assert found[2] == "dog/1"
    assert found[0] != found[1]
    assert all(place.startswith("cat/1~") for place in found[:2])


def test_no_picture_takes_the_place_of_a_label_or_of_our_own_files() -> None:
    found = places(
        {"image_id": "cat.jpg", "label": None},
        {"image_id": "1", "label": "cat.jpg"},
        {"image_id": "2", "label": "manifest.csv"},
    )
    assert found[0].startswith("cat~")
    assert found[1] == "cat.jpg/1"
    assert found[2].startswith("manifest.csv~")


NAMES = st.sampled_from(["a", "A", "a.jpg", "x/a", "é", "e\u0301", "..", "", "con", "a~b", "\0"])


@given(
    st.lists(
        st.tuples(NAMES, NAMES | st.none(), st.sampled_from(["train", "test", None])), max_size=12
    )
)
@settings(deadline=None)
def test_no_two_pictures_share_a_place_and_none_climbs_out(
    rows: list[tuple[str, str | None, str | None]],
) -> None:
    found = places(
        *(
            {"image_id": f"{number}/{name}", "label": label, "split": split}
            for number, (name, label, split) in enumerate(rows)
        )
    )
    assert len(set(map(alike, found))) == len(rows)
    for place in found:
        assert ".." not in Path(place).parts
        assert not Path(place).is_absolute()


def test_files_hold_the_bytes_as_they_were_under_their_real_ending(
    tmp_path: Path, rows: pl.DataFrame, images: dict[str, bytes]
) -> None:
    (shard,) = plan_shards(plan_places(rows), tmp_path)
    problems, paths = write_files(shard, tmp_path / "out")
    assert problems == {2: "the file is missing"}
    assert paths == {0: "train/gâteau/a.jpg", 1: "train/b.png"}
    for path, name in (("train/gâteau/a.jpg", "a.jpg"), ("train/b.png", "b.jpg")):
        assert (tmp_path / "out" / path).read_bytes() == images[name]


def test_moving_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    for name in ("a/1", "a/2", "b/c/3"):
        (tmp_path / "from" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "from" / name).write_text(name)
    (tmp_path / "to" / "a").mkdir(parents=True)
    (tmp_path / "from" / "a" / "1").rename(tmp_path / "to" / "a" / "1")
    for _ in range(2):
        move_files(tmp_path / "from", tmp_path / "to")
        assert {path.read_text() for path in (tmp_path / "to").rglob("*") if path.is_file()} == {
            "a/1", "a/2", "b/c/3",
        }  # fmt: skip


TEXTS = st.text(max_size=200) | st.sampled_from(
    ["..", ".", "", "CON", "con.txt", "LPT1", "a/b", "a\\b", "Été", "e\u0301te\u0301", "CAT", "cat",
     "a ", "a.", ".a", "a\0b", "a\nb", "com¹", "nul .x", "a:b", "x" * 300, "é" * 200, "~", "\ud800"]
)  # fmt: skip


@given(TEXTS)
def test_a_safe_name_is_one_part_of_a_path_on_every_system(text: str) -> None:
    name = make_safe(text)
    assert 0 < len(name.encode()) <= 101
    assert not set('/\\:*?"<>|~') & set(name)
    assert name.isprintable()
    assert name[0] not in ". "
    assert name[-1] not in ". "
    stem = name.split(".")[0].strip().lower()
    assert stem not in {"con", "prn", "aux", "nul", "com1", "lpt1", "com¹", "conin$"}
    assert os.path.normpath(name) == name


@pytest.mark.parametrize(
    "text", ["cat", "rotes Sofa", "Möbel", "v1.0", "007", "a_b-c", "it's", "猫"]
)
def test_ordinary_names_stay_as_they_are(text: str) -> None:
    assert make_safe(text) == text


@given(st.lists(TEXTS, unique=True, max_size=12))
@example(["a/b", "a:b", "a_b", "A_B"])
def test_no_two_labels_share_a_folder(texts: list[str]) -> None:
    texts = [text for text in texts if text.encode("utf-8", "ignore").decode() == text]
    names = make_distinct(texts)
    assert list(names) == texts
    folded = [unicodedata.normalize("NFC", name).casefold() for name in names.values()]
    assert len(set(folded)) == len(texts)
    for name in names.values():
        plain, _, hashed = name.partition("~")
        assert make_safe(plain) == plain
        assert len(hashed) in (0, 16)


def test_only_those_that_would_be_mixed_up_are_marked() -> None:
    names = make_distinct(["cat", "dog/old", "dog:old"])
    assert names["cat"] == "cat"
    assert names["dog/old"] == set_apart("dog_old", "dog/old") != names["dog:old"]
    assert make_distinct(["Export.json"], ["export.json"])["Export.json"].startswith("Export.json~")


def test_names_that_differ_in_case_or_accents_are_alike(tmp_path: Path) -> None:
    assert alike("ÉTÉ") == alike("e\u0301te\u0301")
    assert alike("a") != alike("b")

"""`predict` and `evaluate --on` index what is no manifest yet, and say so."""

import html
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pixonomy.dataset.manifest import read_manifest
from pixonomy.errors import DataError, SettingError
from pixonomy.progress import Context
from pixonomy.verbs.evaluate import evaluate
from pixonomy.verbs.find_manifest import find_manifest
from pixonomy.verbs.index import index
from pixonomy.verbs.predict import PredictChoices, predict

Write = Callable[..., Path]


@pytest.fixture
def photos(tmp_path: Path, write_images: Write) -> Path:
    return write_images(tmp_path / "photos", 4)


def rows(manifest: Path) -> list[tuple[str, str | None]]:
    read = read_manifest(manifest).rows
    return list(read.select(pl.col("uri").str.split("/").list.last(), "label").iter_rows())


def test_a_manifest_is_taken_as_it_is(photos: Path, tmp_path: Path) -> None:
    index([photos], tmp_path / "m.parquet")
    assert (
        find_manifest(tmp_path / "m.parquet", tmp_path / "i", Context()) == tmp_path / "m.parquet"
    )
    assert not (tmp_path / "i").exists()


def test_a_folder_and_an_archive_are_indexed_as_index_does(photos: Path, tmp_path: Path) -> None:
    said: list[str] = []
    found = find_manifest(photos, tmp_path / "i", Context(report=said.append))
    assert found == tmp_path / "i" / "photos.parquet"
    assert said[-1] == f"{photos}: 12 images, indexed in {found}."
    index([photos], tmp_path / "m.parquet")
    assert rows(found) == rows(tmp_path / "m.parquet")
    packed = Path(shutil.make_archive(str(tmp_path / "all"), "zip", photos))
    assert len(rows(find_manifest(packed, tmp_path / "i", Context()))) == 12


def test_a_table_is_indexed(photos: Path, tmp_path: Path) -> None:
    table = tmp_path / "photos" / "new.csv"
    table.write_text("path,label\ncross/000.jpg,plus\n")
    assert rows(find_manifest(table, tmp_path / "i", Context())) == [("000.jpg", "plus")]
    pl.read_csv(table).write_parquet(table.with_suffix(".parquet"))
    found = find_manifest(table.with_suffix(".parquet"), tmp_path / "j", Context())
    assert rows(found) == [("000.jpg", "plus")]


def test_images_of_a_glob_have_the_folders_they_lie_in_as_categories(
    photos: Path, tmp_path: Path
) -> None:
    found = find_manifest(photos / "c*" / "*1.jpg", tmp_path / "i", Context())
    assert sorted(rows(found)) == [("001.jpg", "circle"), ("001.jpg", "cross")]
    assert found.name == "photos.parquet"
    alone = find_manifest(photos / "cross" / "*.jpg", tmp_path / "i", Context())
    assert [label for _, label in rows(alone)] == [None] * 4


def test_folders_called_as_splits_are_no_categories(tmp_path: Path, write_images: Write) -> None:
    folder = write_images(tmp_path / "photos", 2, ("circle", "cross"))
    (folder / "circle").rename(folder / "train")
    (folder / "cross").rename(folder / "test")
    found = find_manifest(folder / "*" / "*.jpg", tmp_path / "i", Context())
    assert {label for _, label in rows(found)} == {None}


def test_what_a_glob_matches_beside_images_is_passed_over_aloud(
    photos: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    (photos / "cross" / "notes.txt").touch()
    pattern = photos / "cross" / "*"
    assert len(rows(find_manifest(pattern, tmp_path / "i", Context(report=said.append)))) == 4
    assert f"{pattern}: passed over what is no image: 1." in said


def test_a_glob_of_tables_and_folders_is_indexed_together(photos: Path, tmp_path: Path) -> None:
    assert len(rows(find_manifest(photos / "c*", tmp_path / "i", Context()))) == 8


def test_an_empty_folder_and_a_glob_without_a_match_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="No pictures found in"):
        find_manifest(tmp_path / "empty", tmp_path / "i", Context())
    with pytest.raises(SettingError, match="Nothing matches"):
        find_manifest(tmp_path / "*.jpg", tmp_path / "i", Context())


@pytest.mark.parametrize("name", ["text.parquet", "ids.parquet", "image.jpg", "nowhere"])
def test_what_is_no_source_is_left_to_be_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    if name == "ids.parquet":
        pl.DataFrame({"image_id": ["1"], "predicted": ["a"]}).write_parquet(file)
    elif name != "nowhere":
        file.write_text("text")
    assert find_manifest(file, tmp_path / "i", Context()) == file


def test_predict_takes_a_folder_and_is_done_when_called_again(
    fitted_run: Path, photos: Path, tmp_path: Path
) -> None:
    output, said = tmp_path / "p.parquet", list[str]()
    choices = PredictChoices(submission=tmp_path / "s.csv")
    result = predict(fitted_run, photos, output, choices, context=Context(report=said.append))
    assert result["rows"] == 12
    assert any(".p.parquet.indexed" in one for one in said)
    written = output.stat().st_mtime_ns
    predict(fitted_run, photos, output, choices)
    assert output.stat().st_mtime_ns == written
    index([photos], tmp_path / "m.parquet")
    predict(fitted_run, tmp_path / "m.parquet", tmp_path / "q.parquet")
    assert pl.read_parquet(output).equals(pl.read_parquet(tmp_path / "q.parquet"))


def test_evaluate_on_takes_a_glob_and_tells_the_command_that_was_given(
    run_copy: Path, photos: Path
) -> None:
    pattern = photos / "c*" / "*.jpg"
    result = evaluate(run_copy, on=pattern)
    assert result["images"] == 8
    assert result["test"]["n"] == 4  # the run knows no "circle"
    page = Path(result["report"])
    assert page.parent.name.startswith("photos-")
    text = html.unescape(re.sub("</?span[^>]*>", "", page.read_text()))
    assert f"pixonomy evaluate {run_copy} --on '{pattern}'" in text  # no shell fills it in

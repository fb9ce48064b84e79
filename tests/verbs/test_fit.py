"""The whole road: one call, told in one result, and never over other people's files."""

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pixonomy.dataset.manifest import read_manifest
from pixonomy.errors import ArtefactDiffers, DataError, SettingError
from pixonomy.progress import Context
from pixonomy.sources.table import TableColumns
from pixonomy.verbs.fit import FitChoices, fit
from pixonomy.verbs.train import TrainChoices

KEYS = {"run", "bundle", "report", "images", "categories", "seconds", "test"}


@pytest.fixture
def choices(tiny_recipe: Path) -> FitChoices:
    return FitChoices(training=TrainChoices(recipe=str(tiny_recipe), weights="none"))


def times(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*")}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_call_again_is_skipped_and_says_the_same(
    fitted_images: Path, run_copy: Path, choices: FitChoices
) -> None:
    before = times(run_copy)
    result = fit([fitted_images], run_copy, choices)
    assert result.keys() == KEYS
    assert result["images"] == 73
    assert times(run_copy) == before


def test_other_settings_under_the_same_name_are_refused_with_what_differs(
    fitted_images: Path, run_copy: Path, choices: FitChoices
) -> None:
    before = times(run_copy)
    with pytest.raises(ArtefactDiffers, match="seed was 0, now 5"):
        fit([fitted_images], run_copy, FitChoices(training=choices.training, seed=5))
    other = TrainChoices(recipe=choices.training.recipe, weights="none", changes={"epochs": 1})
    with pytest.raises(ArtefactDiffers, match=r"recipe\.epochs was 6, now 1"):
        fit([fitted_images], run_copy, FitChoices(training=other))
    assert times(run_copy) == before


@pytest.mark.slow
def test_overwrite_replaces_the_run_and_keeps_what_others_put_there(
    fitted_images: Path, run_copy: Path, choices: FitChoices
) -> None:
    (run_copy / "notes.txt").write_text("mine")
    other = TrainChoices(recipe=choices.training.recipe, weights="none", changes={"epochs": 1})
    result = fit([fitted_images], run_copy, FitChoices(training=other), overwrite=True)
    assert result["test"]["n"] > 0
    assert pl.read_csv(run_copy / "history.csv").height == 1
    assert (run_copy / "notes.txt").read_text() == "mine"


def test_odd_names_and_a_text_named_jpg_become_rows(fitted_run: Path) -> None:
    rows = read_manifest(fitted_run / "data" / "split.parquet").rows
    assert rows.height == 74
    problems = rows.drop_nulls("problem")
    assert problems["image_id"].to_list() == ["cross/text.jpg"]
    assert problems["problem"].to_list() == ["not a picture in a known format"]
    odd = rows.filter(pl.col("uri").str.starts_with("percent:"))
    assert odd["split"].null_count() == 0
    assert odd.height == 1


@pytest.mark.slow
def test_categories_of_one_and_two_pictures_are_kept_and_warned_of(
    tmp_path: Path, write_images: Callable[..., Path], choices: FitChoices
) -> None:
    images = write_images(tmp_path / "pictures", 2, ("circle",))
    write_images(images, 1, ("cross",))
    said: list[str] = []
    around = Context(report=said.append)
    result = fit([images], tmp_path / "run", choices, context=around)
    assert result["categories"] == 2
    assert any("fewer than three pictures: 2 (circle, cross)" in one for one in said)
    assert (tmp_path / "run" / "report.html").is_file()


def test_one_picture_a_category_leaves_nothing_to_test_and_the_report_says_so(
    tmp_path: Path, write_images: Callable[..., Path], choices: FitChoices
) -> None:
    images = write_images(tmp_path / "pictures", 1, ("circle", "cross"))
    result = fit([images], tmp_path / "run", choices)
    assert result["test"] is None
    assert result["images"] == 2
    assert (tmp_path / "run" / "report.html").is_file()


@pytest.mark.parametrize("name", ["letter.txt", "run.json", "data/letter.txt", "data"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_of_other_peoples_files_is_refused_and_not_touched(
    fitted_images: Path, tmp_path: Path, choices: FitChoices, name: str, overwrite: bool
) -> None:
    theirs = tmp_path / "theirs"
    (theirs / name).parent.mkdir(parents=True)
    (theirs / name).write_text("{}")
    before = contents(theirs)
    with pytest.raises(SettingError, match=r"holds (other )?files"):
        fit([fitted_images], theirs, choices, overwrite)
    assert contents(theirs) == before


def test_the_pictures_own_folder_is_refused_as_output(
    fitted_images: Path, choices: FitChoices
) -> None:
    before = contents(fitted_images)
    with pytest.raises(SettingError, match="holds other files"):
        fit([fitted_images], fitted_images, choices, overwrite=True)
    assert contents(fitted_images) == before


def test_links_in_a_circle_end(fitted_images: Path, tmp_path: Path) -> None:
    from pixonomy.verbs.index import index

    images = shutil.copytree(fitted_images, tmp_path / "pictures")
    (images / "cross" / "up").symlink_to(images)
    (images / "stripes" / "self.jpg").symlink_to(images / "stripes" / "self.jpg")
    (images / "stripes" / "dangling.jpg").symlink_to(images / "nowhere.jpg")
    result = index([images], tmp_path / "m.parquet")
    assert result["categories"] == 3
    assert result["rows"] < 74 * 4


def write_table(folder: Path, images: Path) -> Path:
    """Write a table of the drawn pictures with a wrong, a right and a source column."""
    files = sorted(images.glob("*/*.jpg"))
    table = pl.DataFrame(
        {
            "where": [str(file) for file in files],
            "one": ["same"] * len(files),
            "shape": [file.parent.name for file in files],
            "shop": ["web" if number % 4 else "shop" for number in range(len(files))],
        }
    )
    table.write_csv(folder / "table.csv")
    return folder / "table.csv"


def test_a_failed_call_does_not_stand_in_the_way_of_the_corrected_one(
    tmp_path: Path, write_images: Callable[..., Path], choices: FitChoices
) -> None:
    images = write_images(tmp_path / "pictures", 8, ("circle", "cross"))
    table, run = write_table(tmp_path, images), tmp_path / "run"
    wrong = TableColumns(path="where", label="one")
    with pytest.raises(DataError, match="Only one category"):
        fit([table], run, FitChoices(columns=wrong, training=choices.training))
    assert (run / "data" / "manifest.parquet").exists()
    right = TableColumns(path="where", label="shape")
    corrected = FitChoices(columns=right, training=choices.training, hold_out="shop")
    result = fit([table], run, corrected)
    assert result["categories"] == 2
    tested = read_manifest(run / "data" / "split.parquet").rows.filter(pl.col("split") == "test")
    assert set(tested["shop"]) == {"shop"}
    with pytest.raises(ArtefactDiffers, match=r"columns\.label was shape, now one"):
        fit([table], run, FitChoices(columns=wrong, training=choices.training))


def test_a_manifest_is_trained_on_with_its_own_splits(
    fitted_run: Path, tmp_path: Path, choices: FitChoices
) -> None:
    manifest = fitted_run / "data" / "split.parquet"
    result = fit([manifest], tmp_path / "run", choices)
    given, used = (
        read_manifest(one, ("image_id", "split")).rows
        for one in (manifest, tmp_path / "run" / "data" / "split.parquet")
    )
    assert given.equals(used)
    assert result["images"] == 73

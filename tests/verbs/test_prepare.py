"""Pictures become arrays in a folder of their own; other people's files stay."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pixonomy.arrays.image_shards import read_arrays
from pixonomy.arrays.write import ArraySettings
from pixonomy.errors import ArtefactDiffers, SettingError
from pixonomy.progress import Context
from pixonomy.verbs.index import index
from pixonomy.verbs.prepare import prepare
from pixonomy.verbs.split import split

SETTINGS = ArraySettings((16,), "stretch")


@pytest.fixture
def manifest(tmp_path: Path, write_images: Callable[..., Path]) -> Path:
    write_images(tmp_path / "pictures", 10, ("circle", "cross"))
    index([tmp_path / "pictures"], tmp_path / "indexed.parquet")
    split(tmp_path / "indexed.parquet", tmp_path / "split.parquet")
    return tmp_path / "split.parquet"


def times(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_the_result_has_the_promised_keys(manifest: Path, tmp_path: Path) -> None:
    result = prepare(manifest, tmp_path / "arrays", ArraySettings((16, 24), "pad"))
    assert result.keys() == {
        "arrays",
        "rows",
        "problems",
        "sizes",
        "seconds",
        "images_per_second",
    }
    assert (result["rows"], result["problems"], result["sizes"]) == (20, 0, [16, 24])


def test_the_same_call_again_leaves_all_files_alone(manifest: Path, tmp_path: Path) -> None:
    prepare(manifest, tmp_path / "arrays", SETTINGS)
    before = times(tmp_path / "arrays")
    assert prepare(manifest, tmp_path / "arrays", SETTINGS)["rows"] == 20
    assert times(tmp_path / "arrays") == before


def test_other_settings_are_refused_with_what_differs_and_overwrite_replaces(
    manifest: Path, tmp_path: Path
) -> None:
    output = tmp_path / "arrays"
    prepare(manifest, output, SETTINGS)
    other = ArraySettings((24,), "crop")
    with pytest.raises(ArtefactDiffers) as caught:
        prepare(manifest, output, other)
    assert "fit was stretch, now crop" in str(caught.value)
    assert "sizes was [16], now [24]" in str(caught.value)
    prepare(manifest, output, other, overwrite=True)
    arrays = read_arrays(output)
    assert (arrays.sizes, arrays.about["fit"]) == ((24,), "crop")
    assert not list(output.glob("16/*.npy"))


def test_an_unfinished_folder_is_finished_by_the_same_call(manifest: Path, tmp_path: Path) -> None:
    output = tmp_path / "arrays"
    prepare(manifest, output, SETTINGS)
    finished_shard = next(output.glob("16/*.npy"))
    before = finished_shard.stat().st_mtime_ns
    (output / "arrays.json").unlink()
    with pytest.raises(SettingError, match="no finished arrays"):
        read_arrays(output)
    assert prepare(manifest, output, SETTINGS)["rows"] == 20
    assert finished_shard.stat().st_mtime_ns == before


@pytest.mark.parametrize("name", ["plan.json", "letter.txt"])
def test_a_folder_of_other_files_is_refused_and_kept(
    manifest: Path, tmp_path: Path, name: str
) -> None:
    output = tmp_path / "theirs"
    output.mkdir()
    for file in (name, "precious.txt"):
        (output / file).write_text('{"stage": "production"}')
    for overwrite in (False, True):
        with pytest.raises(SettingError, match="holds other files"):
            prepare(manifest, output, SETTINGS, overwrite)
    assert {path.name for path in output.iterdir()} == {name, "precious.txt"}


def test_overwrite_leaves_what_others_put_beside_the_arrays(manifest: Path, tmp_path: Path) -> None:
    output = tmp_path / "arrays"
    prepare(manifest, output, SETTINGS)
    (output / "notes.txt").write_text("mine")
    (output / "16" / "notes.txt").write_text("mine")
    prepare(manifest, output, ArraySettings((24,), "stretch"), overwrite=True)
    assert (output / "notes.txt").read_text() == "mine"
    assert (output / "16" / "notes.txt").read_text() == "mine"


def test_a_file_of_that_name_is_refused(manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "arrays").write_text("mine")
    with pytest.raises(SettingError, match="is no folder"):
        prepare(manifest, tmp_path / "arrays", SETTINGS, overwrite=True)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (ArraySettings((4,), "stretch"), "8 to 1024 pixels, not 4"),
        (ArraySettings((16, 9999), "stretch"), "not 9999"),
        (ArraySettings((16,), "melt"), "stretch, pad, crop, not 'melt'"),  # type: ignore[arg-type]
        (ArraySettings((), "stretch"), "at least one size"),
    ],
)
def test_impossible_settings_leave_nothing_behind(
    manifest: Path, tmp_path: Path, settings: ArraySettings, message: str
) -> None:
    with pytest.raises(SettingError, match=message):
        prepare(manifest, tmp_path / "arrays", settings)
    assert not (tmp_path / "arrays").exists()


def test_a_manifest_without_splits_is_refused(manifest: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="run `pixonomy split` first"):
        prepare(tmp_path / "indexed.parquet", tmp_path / "arrays", SETTINGS)


def test_pictures_that_vanished_are_problems_and_told(manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "pictures" / "cross" / "003.jpg").unlink()
    said: list[str] = []
    around = Context(report=said.append)
    result = prepare(manifest, tmp_path / "arrays", SETTINGS, context=around)
    assert (result["rows"], result["problems"]) == (19, 1)
    assert said == ["1 pictures could not be decoded and are left out."]
    problems = read_arrays(tmp_path / "arrays").problems
    assert problems["problem"].to_list() == ["the file is missing"]


def test_the_plan_names_its_stage(manifest: Path, tmp_path: Path) -> None:
    prepare(manifest, tmp_path / "arrays", SETTINGS)
    assert json.loads((tmp_path / "arrays" / "plan.json").read_text())["stage"] == "prepare"

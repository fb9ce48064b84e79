"""Whatever people hand in: one sentence that helps, the right exit code, never a traceback."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest

from pixonomy.bundle.load import seal
from pixonomy.storage.files import hash_file

Call = Callable[..., tuple[int, Any, str]]
WRONG_CALL, FAILED = 2, 1


@pytest.fixture
def refuse(call: Call) -> Callable[..., str]:
    """Return a function that expects a call to fail with this code, and gives its sentence."""

    def expect(code: int, *arguments: object) -> str:
        given, answer, said = call(*arguments)
        message: str = answer["error"]["message"]
        assert given == code, message
        assert "Unexpected failure" not in message
        assert "Traceback" not in said
        assert "\n" not in message
        assert message.endswith((".", "?"))
        assert len(message) < 600
        return message

    return expect


@pytest.fixture
def pictures(tmp_path: Path, write_images: Callable[..., Path]) -> Path:
    return write_images(tmp_path / "pictures", 4)


@pytest.fixture
def from_scratch(tmp_path: Path, tiny_recipe: Path) -> tuple[object, ...]:
    return ("-o", tmp_path / "run", "--weights", "none", "--recipe", tiny_recipe)


Refuse = Callable[..., str]
Choices = tuple[object, ...]


def test_no_pictures(refuse: Refuse, tmp_path: Path, from_scratch: Choices) -> None:
    (tmp_path / "empty" / "cats").mkdir(parents=True)
    (tmp_path / "empty" / "cats" / "notes.txt").write_text("no picture")
    message = refuse(FAILED, "fit", tmp_path / "empty", *from_scratch)
    assert "expected one folder per category" in message


def test_a_manifest_in_place_of_arrays(
    refuse: Refuse, pictures: Path, call: Call, tmp_path: Path, from_scratch: Choices
) -> None:
    manifest = tmp_path / "m.parquet"
    assert call("index", pictures, "-o", manifest)[0] == 0
    message = refuse(WRONG_CALL, "train", manifest, *from_scratch)
    assert f"`pixonomy prepare {manifest} --size 64 -o ARRAYS` first" in message


def test_no_such_source(refuse: Refuse, tmp_path: Path, from_scratch: Choices) -> None:
    assert "no source at" in refuse(WRONG_CALL, "fit", tmp_path / "nowhere", *from_scratch)


def test_an_unknown_kind_of_source(refuse: Refuse, tmp_path: Path, from_scratch: Choices) -> None:
    (tmp_path / "data.docx").write_text("")
    message = refuse(WRONG_CALL, "fit", tmp_path / "data.docx", *from_scratch)
    assert ".csv, .jsonl, .ndjson, .parquet, .tsv" in message


def test_one_category(refuse: Refuse, pictures: Path, from_scratch: Choices) -> None:
    for label in ("cross", "stripes"):
        shutil.rmtree(pictures / label)
    message = refuse(FAILED, "fit", pictures, *from_scratch)
    assert "Only one category was found ('circle')" in message


def test_pictures_without_any_category(
    refuse: Refuse, pictures: Path, from_scratch: Choices
) -> None:
    message = refuse(FAILED, "fit", pictures / "cross", *from_scratch)
    assert "No usable picture with a category" in message


def test_only_damaged_pictures(refuse: Refuse, pictures: Path, from_scratch: Choices) -> None:
    for path in pictures.rglob("*.jpg"):
        path.write_text("text")
    assert "No usable picture" in refuse(FAILED, "fit", pictures, *from_scratch)


def test_a_category_only_in_test(refuse: Refuse, pictures: Path, from_scratch: Choices) -> None:
    data = pictures.parent / "data"
    for split, label in (("train", "circle"), ("train", "cross"), ("test", "stripes")):
        shutil.copytree(pictures / label, data / split / label)
    message = refuse(FAILED, "fit", data, *from_scratch)
    assert "'stripes'" in message
    assert "training picture" in message


def test_an_unknown_split(refuse: Refuse, pictures: Path, from_scratch: Choices) -> None:
    (pictures / "table.csv").write_text("path,label,split\ncross/000.jpg,cross,exam\n")
    message = refuse(WRONG_CALL, "fit", pictures / "table.csv", *from_scratch)
    assert "unknown split 'exam'" in message
    assert "train" in message


def test_missing_columns(refuse: Refuse, pictures: Path, from_scratch: Choices) -> None:
    table = pictures / "table.csv"
    table.write_text("where,kind\ncross/000.jpg,cross\n")
    assert "--path-column" in refuse(WRONG_CALL, "fit", table, *from_scratch)
    table.write_text("path,kind\ncross/000.jpg,cross\n")
    message = refuse(WRONG_CALL, "fit", table, *from_scratch, "--label-column", "colour")
    assert "no column 'colour'; it has path, kind" in message


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe\x00", b'path,label\n"unclosed,1\n'])
def test_tables_that_are_none(
    call: Call, tmp_path: Path, from_scratch: Choices, content: bytes
) -> None:
    for name in ("table.csv", "table.parquet"):
        (tmp_path / name).write_bytes(content)
        code, answer, _ = call("fit", tmp_path / name, *from_scratch)
        assert code in (FAILED, WRONG_CALL)
        assert "Unexpected failure" not in answer["error"]["message"]


def test_an_unknown_model_names_the_known(refuse: Refuse, pictures: Path, tmp_path: Path) -> None:
    message = refuse(WRONG_CALL, "fit", pictures, "-o", tmp_path / "run", "--model", "resnet")
    assert "known are airbench, compact" in message


def test_an_unknown_recipe_names_the_known(refuse: Refuse, pictures: Path, tmp_path: Path) -> None:
    message = refuse(WRONG_CALL, "fit", pictures, "-o", tmp_path / "run", "--recipe", "best")
    assert "cifar10, cifar10-long, cifar10-transfer, compact, probe, transfer" in message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("epoch = 3", "Unknown key 'epoch'"),
        ("epoch = 3", "learning_rate"),
        ('epochs = "three"', "must be of type int, not 'three'"),
        ("dropout = 2.0", "dropout must be 0 to 0.95, not 2.0"),
        ("learning_rate = nan", "learning_rate must be 0 to 100, not nan"),
        ("epochs = ", "no valid TOML"),
    ],
)
def test_recipes_with_mistakes(
    refuse: Refuse, pictures: Path, tmp_path: Path, content: str, message: str
) -> None:
    (tmp_path / "mine.toml").write_text(content)
    choices = ("--weights", "none", "--recipe", tmp_path / "mine.toml")
    assert message in refuse(WRONG_CALL, "fit", pictures, "-o", tmp_path / "run", *choices)
    assert not (tmp_path / "run").exists()


def test_a_missing_weights_file(refuse: Refuse, pictures: Path, tmp_path: Path) -> None:
    choices = ("-o", tmp_path / "run", "--weights", tmp_path / "w.weights.h5")
    assert "no weights file at" in refuse(WRONG_CALL, "fit", pictures, *choices)


def test_a_weights_file_that_is_none(refuse: Refuse, pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "w.weights.h5").write_text("no weights")
    choices = ("-o", tmp_path / "run", "--size", 32, "--weights", tmp_path / "w.weights.h5")
    message = refuse(WRONG_CALL, "fit", pictures, *choices)
    assert "does not hold the weights of a headless MobileNetV2" in message


@pytest.mark.parametrize("size", [0, 7, 5000])
def test_impossible_sizes(refuse: Refuse, pictures: Path, tmp_path: Path, size: int) -> None:
    choices = ("-o", tmp_path / "run", "--weights", "none", "--size", size)
    assert "8 to 1024" in refuse(WRONG_CALL, "fit", pictures, *choices)


def test_shares_that_do_not_add_up(refuse: Refuse, pictures: Path, tmp_path: Path) -> None:
    refuse_shares = ("-o", tmp_path / "s.parquet", "--train", 0.9)
    message = refuse(WRONG_CALL, "split", tmp_path / "m.parquet", *refuse_shares)
    assert "add up to 1, not 0.9 + 0.15 + 0.15" in message


def test_verbs_on_what_is_not_theirs(refuse: Refuse, pictures: Path, tmp_path: Path) -> None:
    table, new = pictures / "table.csv", tmp_path / "new"
    table.write_text("path,label\n")
    assert "is no manifest" in refuse(WRONG_CALL, "split", table, "-o", new)
    assert "is no manifest" in refuse(WRONG_CALL, "prepare", table, "--size", 32, "-o", new)
    assert "no finished arrays" in refuse(WRONG_CALL, "train", pictures, "-o", new)
    assert "is no run" in refuse(WRONG_CALL, "evaluate", pictures)
    assert "There is no bundle" in refuse(WRONG_CALL, "classify", pictures, "a.jpg")
    assert not new.exists()


def test_a_folder_of_other_files(refuse: Refuse, pictures: Path, from_scratch: Choices) -> None:
    theirs = pictures.parent / "run"
    theirs.mkdir()
    (theirs / "letter.txt").write_text("mine")
    message = refuse(WRONG_CALL, "fit", pictures, *from_scratch, "--overwrite")
    assert "choose an empty or new folder" in message
    assert [path.name for path in theirs.iterdir()] == ["letter.txt"]


def test_the_same_name_with_other_settings(
    refuse: Refuse, fitted_images: Path, run_copy: Path, tiny_recipe: Path
) -> None:
    choices = ("-o", run_copy, "--weights", "none", "--recipe", tiny_recipe, "--size", 24)
    message = refuse(WRONG_CALL, "fit", fitted_images, *choices)
    assert "sizes was [32], now [24]" in message
    assert "--overwrite" in message


def remove_model(bundle: Path) -> None:
    (bundle / "model.onnx").unlink()


def change_model(bundle: Path) -> None:
    with (bundle / "model.onnx").open("ab") as file:
        file.write(b"x")


def change_description(bundle: Path) -> None:
    path = bundle / "bundle.json"
    path.write_text(path.read_text().replace("stripes", "checks"))


def reseal(bundle: Path, **changes: object) -> None:
    about = json.loads((bundle / "bundle.json").read_text())
    del about["digest"]
    about["hashes"]["model.onnx"] = hash_file(bundle / "model.onnx")
    (bundle / "bundle.json").write_text(json.dumps(seal(about | changes)))


def raise_version(bundle: Path) -> None:
    reseal(bundle, schema_version=2)


def lean_on_other_files(bundle: Path) -> None:
    path = bundle / "model.onnx"
    onnx.save_model(
        onnx.load(path), path, save_as_external_data=True, location="w.bin", size_threshold=0
    )
    reseal(bundle)


def replace_model_with_garbage(bundle: Path) -> None:
    (bundle / "model.onnx").write_bytes(b"garbage")
    reseal(bundle)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (remove_model, "model.onnx is missing"),
        (change_model, "its hash differs"),
        (change_description, "was changed"),
        (raise_version, "has version 2"),
        (lean_on_other_files, "files outside itself"),
        (replace_model_with_garbage, "no ONNX model"),
    ],
)
def test_bundles_that_cannot_be_trusted(
    call: Call, refuse: Refuse, bundle_copy: Path, spoil: Callable[[Path], None], message: str
) -> None:
    spoil(bundle_copy)
    assert message in refuse(FAILED, "classify", bundle_copy, "a.jpg")
    _, answer, _ = call("classify", bundle_copy, "a.jpg")
    assert answer["error"]["kind"] == "BundleError"


def test_classify_answers_folders_missing_files_and_texts(
    call: Call, fitted_run: Path, tmp_path: Path
) -> None:
    (tmp_path / "text.jpg").write_text("text")
    paths = (tmp_path, tmp_path / "nowhere.jpg", tmp_path / "text.jpg")
    code, answer, _ = call("classify", fitted_run, *paths)
    assert code == 1
    assert all(one["problem"] for one in answer["images"])


def test_names_that_are_not_utf8_are_told_in_utf8(
    call: Call, refuse: Refuse, fitted_run: Path, tmp_path: Path, from_scratch: Choices
) -> None:
    odd = tmp_path / os.fsdecode(b"caf\xe9")
    assert "caf�" in refuse(WRONG_CALL, "fit", odd, *from_scratch)
    code, answer, _ = call("classify", fitted_run, odd)
    assert (code, answer["images"][0]["path"]) == (1, f"{tmp_path}/caf�")
    assert "caf�" in refuse(WRONG_CALL, "classify", odd, odd)


def test_links_in_a_circle(call: Call, pictures: Path, tmp_path: Path) -> None:
    (pictures / "cross" / "up").symlink_to(pictures)
    (pictures / "cross" / "self.jpg").symlink_to(pictures / "cross" / "self.jpg")
    code, _, _ = call("index", pictures, "-o", tmp_path / "m.parquet")
    assert code == 0
    code, answer, said = call("split", tmp_path / "m.parquet", "-o", tmp_path / "s.parquet")
    assert code == 0
    assert answer["problems"] >= 1
    assert "self.jpg" in said


def test_a_folder_that_cannot_be_read(
    refuse: Refuse, ordinary_folder: Path, write_images: Callable[..., Path]
) -> None:
    pictures = write_images(ordinary_folder / "pictures", 2)
    (pictures / "cross").chmod(0)
    message = refuse(FAILED, "index", pictures, "-o", ordinary_folder / "m.parquet")
    assert f"No permission for {pictures / 'cross'}" in message


def test_a_folder_that_cannot_be_written(
    refuse: Refuse, ordinary_folder: Path, write_images: Callable[..., Path]
) -> None:
    pictures = write_images(ordinary_folder / "pictures", 2)
    (ordinary_folder / "locked").mkdir(mode=0o500)
    message = refuse(FAILED, "index", pictures, "-o", ordinary_folder / "locked" / "m.parquet")
    assert "No permission" in message


@pytest.mark.parametrize("kilobytes", [64, 1024])
def test_a_full_disk(
    refuse: Refuse, pictures: Path, tmp_path: Path, tiny_recipe: Path, kilobytes: int
) -> None:
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("a small disk can only be mounted by root")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine allows no mounting")
    try:
        choices = ("-o", disk / "run", "--weights", "none", "--recipe", tiny_recipe)
        message = refuse(FAILED, "fit", pictures, *choices)
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    assert "could not be" in message
    assert str(disk) in message

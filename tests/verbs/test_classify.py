"""Picture files are answered one by one, whatever lies under their names."""

import os
import shutil
from pathlib import Path

import pytest

from pixonomy.errors import DataError, SettingError
from pixonomy.progress import Context
from pixonomy.verbs.classify import classify
from pixonomy.verbs.index import index

KEYS = ["path", "verdict", "label", "name", "confidence", "top", "problem"]


@pytest.fixture
def image(fitted_images: Path) -> Path:
    return fitted_images / "cross" / "000 à.jpg"


def test_each_answer_has_the_promised_keys(fitted_run: Path, image: Path) -> None:
    result = classify(fitted_run, [image])
    assert result.keys() == {"images"}
    (answer,) = result["images"]
    assert list(answer) == KEYS
    assert answer["path"] == str(image)
    assert answer["verdict"] in {"sure", "unsure", "none"}
    assert all(one.keys() == {"label", "name", "confidence"} for one in answer["top"])


def test_a_missing_file_and_a_text_are_answered_with_a_problem(
    fitted_run: Path, image: Path, tmp_path: Path
) -> None:
    (tmp_path / "text.jpg").write_text("text")
    (tmp_path / "empty.png").touch()
    paths = [tmp_path / "nowhere.jpg", tmp_path / "text.jpg", tmp_path / "empty.png"]
    answers = classify(fitted_run, [*paths, image])["images"]
    assert [one["problem"] for one in answers] == [
        "the file is missing",
        "not a picture in a known format",
        "the file is empty",
        None,
    ]
    assert [one["path"] for one in answers[:3]] == [str(path) for path in paths]
    assert {one["verdict"] for one in answers[:3]} == {"unreadable"}


def test_a_pipe_is_not_waited_for(fitted_run: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (answer,) = classify(fitted_run, [tmp_path / "pipe.jpg"])["images"]
    assert answer["problem"] == "not a regular file"


def test_names_that_are_not_utf8_are_answered_like_others(
    fitted_run: Path, image: Path, tmp_path: Path
) -> None:
    odd = tmp_path / os.fsdecode(b"d\xe9j\xe0 vu.jpg")
    shutil.copy(image, odd)
    plain, answer = classify(fitted_run, [image, odd])["images"]
    assert answer["problem"] is None
    assert answer["top"] == plain["top"]
    assert answer["path"].endswith("d�j� vu.jpg")


def test_a_link_that_points_to_itself_is_answered_with_a_problem(
    fitted_run: Path, tmp_path: Path
) -> None:
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    (answer,) = classify(fitted_run, [tmp_path / "loop.jpg"])["images"]
    assert answer["problem"] is not None


def test_no_picture_gives_no_answer(fitted_run: Path) -> None:
    assert classify(fitted_run, []).as_json() == {"images": []}


def test_without_a_bundle_nothing_is_answered(tmp_path: Path, image: Path) -> None:
    with pytest.raises(SettingError, match="There is no bundle"):
        classify(tmp_path, [image])


def test_a_folder_a_glob_and_a_manifest_get_the_answers_of_their_files(
    fitted_run: Path, fitted_images: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    folder, manifest = fitted_images / "stripes", tmp_path / "m.parquet"
    files = sorted(folder.iterdir())
    index([folder], manifest)
    expected = classify(fitted_run, files).images
    assert classify(fitted_run, [folder], Context(report=said.append)).images == expected
    assert said == [f"{folder}: 24 images."]
    assert classify(fitted_run, [folder / "*.jpg"]).images == expected
    assert classify(fitted_run, [manifest]).images == expected
    both = classify(fitted_run, [files[3], folder]).images
    assert both == (expected[3], *expected)


def test_a_folder_without_an_image_is_refused(fitted_run: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"No image found in .* It holds no files\."):
        classify(fitted_run, [tmp_path])

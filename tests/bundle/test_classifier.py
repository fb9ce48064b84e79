"""A loaded classifier answers files, bytes, Pillow images and arrays as `classify` does."""

import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import pixonomy
from pixonomy.bundle.answer import Answer, classify_images
from pixonomy.bundle.classifier import Classifier, load
from pixonomy.bundle.load import load_bundle
from pixonomy.errors import SettingError


@pytest.fixture(scope="module")
def classifier(fitted_run: Path) -> Classifier:
    return load(fitted_run)


@pytest.fixture(scope="module")
def files(fitted_images: Path) -> list[Path]:
    return sorted((fitted_images / "cross").iterdir())[:6]


@pytest.fixture(scope="module")
def png(files: list[Path]) -> bytes:
    """A PNG: unlike a JPEG it has the same pixels at whatever size it is decoded."""
    stream = io.BytesIO()
    Image.open(files[0]).resize((90, 70)).save(stream, "PNG")
    return stream.getvalue()


def test_a_path_a_text_and_bytes_get_what_classify_says_to_the_bit(
    classifier: Classifier, fitted_run: Path, files: list[Path]
) -> None:
    bundle = load_bundle(fitted_run)
    expected = [next(classify_images(bundle, [file.read_bytes()])) for file in files]
    assert [classifier(file) for file in files] == expected
    assert [classifier(str(file)) for file in files] == expected
    assert [classifier(file.read_bytes()) for file in files] == expected
    assert classifier(bytearray(files[0].read_bytes())) == expected[0]


def test_a_list_gets_a_list_in_its_order(classifier: Classifier, files: list[Path]) -> None:
    mixed: list[Any] = [files[2], files[0].read_bytes(), str(files[1])]
    answers = classifier(mixed)
    assert isinstance(answers, list)
    assert answers == [classifier(files[place]) for place in (2, 0, 1)]
    assert classifier([]) == []
    assert classifier(tuple(mixed)) == answers


def test_a_pillow_image_and_an_array_get_the_answer_of_their_file(
    classifier: Classifier, png: bytes
) -> None:
    opened = Image.open(io.BytesIO(png))
    expected = classifier(png)
    assert classifier(opened) == expected
    assert classifier(np.asarray(opened)) == expected
    assert classifier(np.asarray(opened)[::-1][::-1]) == expected  # not contiguous
    assert isinstance(expected, Answer)


def test_grey_alpha_and_turned_images_are_read_as_their_files_are(
    classifier: Classifier, png: bytes
) -> None:
    grey = Image.open(io.BytesIO(png)).convert("L")
    pale = Image.open(io.BytesIO(png)).convert("RGBA")
    pale.putalpha(grey)
    for image, options in ((grey, {}), (pale, {}), (pale.convert("RGB"), {"exif": turned()})):
        stream = io.BytesIO()
        image.save(stream, "PNG", **options)
        assert classifier(Image.open(stream)) == classifier(stream.getvalue())
    stream = io.BytesIO()
    grey.save(stream, "PNG")
    assert classifier(np.asarray(grey)) == classifier(stream.getvalue())


def turned() -> Image.Exif:
    exif = Image.Exif()
    exif[274] = 6
    return exif


def test_what_cannot_be_read_is_an_answer(
    classifier: Classifier, files: list[Path], tmp_path: Path, png: bytes
) -> None:
    cut = Image.open(io.BytesIO(png[: len(png) // 2]))
    nothing = np.zeros((0, 5, 3), np.uint8)
    bad: list[Any] = [tmp_path / "nowhere.jpg", tmp_path, b"", b"text", cut, nothing, "a\0b.jpg"]
    answers = classifier([*bad, files[0]])
    assert [one.verdict for one in answers[:-1]] == ["unreadable"] * len(bad)
    assert [one.problem for one in answers[:4]] == [
        "the file is missing",
        "a folder, not a file",
        "the file is empty",
        "not a picture in a known format",
    ]
    assert "cannot be decoded" in str(answers[4].problem)
    assert answers[5].problem == "a picture without pixels"
    assert (answers[0].label, answers[0].confidence, answers[0].top) == (None, 0.0, [])
    assert answers[-1] == classifier(files[0])


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (None, "the image is of type NoneType"),
        (3, "An image is a path, bytes, a Pillow image or a NumPy array"),
        ({"a": 1}, "of type dict"),
        (np.zeros((4, 4, 3), np.float32), r"the image is float32 of shape \(4, 4, 3\)"),
        (np.zeros((4, 4, 4), np.uint8), r"uint8 of shape \(4, 4, 4\)"),
        (np.zeros((2, 4, 4, 3), np.uint8), r"has to be uint8, of shape \(height, width, 3\)"),
        ([b"", 7], "image 1 of the list is of type int"),
    ],
)
def test_a_wrong_type_is_refused_in_a_sentence(
    classifier: Classifier, image: Any, message: str
) -> None:
    with pytest.raises(SettingError, match=message):
        classifier(image)


def test_threads_share_it(classifier: Classifier, files: list[Path]) -> None:
    alone = [classifier(file) for file in files]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(classifier, files * 8)) == alone * 8


def test_it_says_what_it_is(classifier: Classifier, fitted_run: Path) -> None:
    assert classifier.labels == ("cross", "gâteaux d'été", "stripes")
    expected = f"<Classifier {fitted_run}: 3 categories (cross, gâteaux d'été, stripes), 32 px>"
    assert repr(classifier) == expected


def test_a_bundle_and_the_run_it_lies_in_are_loaded_alike(
    classifier: Classifier, fitted_run: Path, files: list[Path]
) -> None:
    assert load(str(fitted_run / "bundle"), threads=1)(files[0]) == classifier(files[0])
    with pytest.raises(SettingError, match="There is no bundle"):
        load("nowhere")
    with pytest.raises(SettingError, match="at least one thread, not 0"):
        load(fitted_run, threads=0)


def test_it_needs_no_torch(fitted_run: Path, files: list[Path]) -> None:
    code = f"""
import os, sys
sys.modules["torch"] = sys.modules["keras"] = None
import pixonomy
answer = pixonomy.load({os.fspath(fitted_run)!r})({os.fspath(files[0])!r})
print(ascii(answer.label), answer.confidence, sep="\\n")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    expected = pixonomy.load(fitted_run)(files[0])
    assert done.stdout.splitlines() == [ascii(expected.label), str(expected.confidence)]
    assert list(asdict(expected)) == [
        "verdict", "label", "name", "confidence", "top", "problem", "category_path",
        "goals", "rests_on"
    ]  # fmt: skip

"""`evaluate --on`: a words-only run answers labelled pictures."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pixonomy.errors import SettingError
from pixonomy.verbs.evaluate import evaluate

Call = Callable[..., tuple[int, Any, str]]


def test_without_pictures_it_asks_for_some(words_run: Path) -> None:
    with pytest.raises(SettingError, match="name labelled ones with --on"):
        evaluate(words_run)


def test_labelled_pictures_tell_how_right_words_alone_are(
    words_run: Path, write_images: Callable[..., Path], tmp_path: Path, call: Call
) -> None:
    images = write_images(tmp_path / "images", 6)
    (images / "cross" / "000.jpg").write_bytes(b"no picture")
    code, result, _ = call("evaluate", words_run, "--on", images, "--json")
    assert code == 0
    assert result["test"]["n"] == 11
    assert (result["gap"], result["mix"], result["shares"]) == (None, None, [])
    place = Path(result["report"]).parent
    assert place.parent == words_run / "on"
    found = json.loads((place / "evaluation.json").read_text())
    assert found["test"]["accuracy"] == result["test"]["accuracy"]
    assert [one["label"] for one in found["elsewhere"]["foreign"]] == ["stripes"]
    page = (place / "report.html").read_text()
    assert "It has no test pictures of its own that these could be compared with." in page
    assert "the words of the categories alone" in (place / "model_card.md").read_text()
    before = (place / "report.html").stat().st_mtime_ns
    evaluate(words_run, on=images)
    assert (place / "report.html").stat().st_mtime_ns == before


def test_pictures_of_no_known_category_are_no_test(
    words_run: Path, write_images: Callable[..., Path], tmp_path: Path
) -> None:
    images = write_images(tmp_path / "images", 3, ("stripes",))
    assert evaluate(words_run, on=images).test is None

"""A words-only run gives its place to one on images, and stays as its baseline."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pixonomy.bundle.load import load_bundle
from pixonomy.errors import SettingError
from pixonomy.verbs.fit import FitChoices, fit
from pixonomy.verbs.train import TrainChoices
from pixonomy.verbs.words_run import is_words_run, move_aside, require_same_categories

Call = Callable[..., tuple[int, Any, str]]


def test_it_is_known_by_its_record(words_run: Path, fitted_run: Path, tmp_path: Path) -> None:
    assert is_words_run(words_run)
    assert not is_words_run(fitted_run)
    assert not is_words_run(tmp_path / "nothing")
    (words_run / "words.json").write_text("[]")
    assert not is_words_run(words_run)


def test_moved_aside_it_is_whole_also_after_a_kill_in_between(words_run: Path) -> None:
    (words_run / "words").mkdir()
    (words_run / "bundle").rename(words_run / "words" / "bundle")  # and then it was killed
    assert is_words_run(words_run)
    move_aside(words_run)
    assert not is_words_run(words_run)
    assert [one.name for one in words_run.iterdir() if not one.name.startswith(".")] == ["words"]
    assert load_bundle(words_run / "words").labels == ("circle", "cross")
    assert (words_run / "words" / "model_card.md").exists()


def test_a_run_of_other_categories_does_not_take_its_place(words_run: Path) -> None:
    require_same_categories(words_run, ["cross", "circle"])
    with pytest.raises(SettingError, match="other categories: circle, stripes stand on one side"):
        require_same_categories(words_run, ["cross", "stripes"])


@pytest.mark.slow
def test_a_fit_with_images_takes_its_place_and_its_answers_are_the_baseline(
    words_run: Path, write_images: Callable[..., Path], tmp_path: Path
) -> None:
    images = write_images(tmp_path / "images", 24, ("circle", "cross"))
    (tmp_path / "tiny.toml").write_text('model = "compact"\nsize = 16\nepochs = 1\n')
    training = TrainChoices(recipe=str(tmp_path / "tiny.toml"), weights="none")
    other = tmp_path / "other.toml"
    text = (tmp_path / "shapes.toml").read_text()
    other.write_text(text.replace("circle", "ring"))
    with pytest.raises(SettingError, match="words-only run of other categories"):
        fit([images], words_run, FitChoices(training=training, categories=other))
    assert is_words_run(words_run)
    choices = FitChoices(training=training, categories=tmp_path / "shapes.toml")
    fit([images], words_run, choices)
    found = json.loads((words_run / "evaluation.json").read_text())
    assert 0 <= found["baselines"]["answer by words alone"] <= 1
    assert "answer by words alone" in (words_run / "model_card.md").read_text()
    assert load_bundle(words_run).about["provenance"].get("answers_by") is None
    fit([images], words_run, choices)  # again: nothing to be done, and nothing refused

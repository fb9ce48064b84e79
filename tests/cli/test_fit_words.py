from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from encoder_pair import make_pair
from pixonomy.cli.main import run

Call = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def taxonomy(tmp_path: Path, call: Call) -> Path:
    path = tmp_path / "goals.toml"
    assert call("taxonomy", "init", "-o", path)[0] == 0
    return path


def test_a_taxonomy_alone_becomes_a_bundle_by_its_words(
    taxonomy: Path, tmp_path: Path, call: Call
) -> None:
    folder = make_pair(tmp_path / "encoder").folder
    code, answer, _ = call("fit", taxonomy, "--encoder", folder, "-o", tmp_path / "run")
    assert code == 0
    assert answer.keys() == {
        "taxonomy", "run", "bundle", "card", "answers_by", "categories", "words", "seconds"
    }  # fmt: skip
    assert (answer["answers_by"], answer["categories"], answer["words"]) == ("encoder", 5, None)


def test_people_are_told_that_nothing_was_learnt(
    taxonomy: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = make_pair(tmp_path / "encoder").folder
    capfd.readouterr()
    output = tmp_path / "run"
    assert run(["fit", str(taxonomy), "--encoder", str(folder), "-o", str(output)]) == 0
    assert capfd.readouterr().out.splitlines() == [
        "5 categories are answered by their words alone: nothing was learnt, and nothing tested.",
        f"Bundle: {output / 'bundle'}",
        f"Card: {output / 'model_card.md'}",
        f"Test: pixonomy evaluate {output} --on LABELLED_PICTURES",
        f"Next: pixonomy collect {taxonomy} -o pictures, then pixonomy fit {taxonomy} pictures "
        f"-o {output}",
    ]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--size", "96"], "--size goes with pictures"),
        (["--recipe", "probe"], "--recipe goes with pictures"),
        (["--hold-out", "source"], "--hold-out goes with pictures"),
    ],
)
def test_what_only_pictures_have_a_use_for_is_refused(
    taxonomy: Path, tmp_path: Path, call: Call, more: list[str], message: str
) -> None:
    code, answer, _ = call("fit", taxonomy, "-o", tmp_path / "run", *more)
    assert code == 2
    assert message in answer["error"]["message"]


def test_an_encoder_beside_pictures_is_refused(
    taxonomy: Path, tmp_path: Path, call: Call, write_images: Callable[..., Path]
) -> None:
    pictures = write_images(tmp_path / "pictures", 2)
    code, answer, _ = call("fit", taxonomy, pictures, "--encoder", tmp_path, "-o", tmp_path / "run")
    assert code == 2
    assert "--encoder goes with a taxonomy alone" in answer["error"]["message"]

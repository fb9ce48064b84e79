import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from pixonomy.arrays.image_shards import read_arrays
from pixonomy.progress import Context
from pixonomy.training.run import read_run
from pixonomy.verbs.command_lines import command_line, remark, training_options, training_origin
from pixonomy.verbs.fit import FitChoices, fit
from pixonomy.verbs.train import TrainChoices

Write = Callable[..., Path]


def test_a_shell_reads_the_words_that_were_meant() -> None:
    line = command_line(
        "fit", [Path("my photos"), "it's.csv"], {"-o": Path("a run"), "--root": None}
    )
    assert shlex.split(line) == ["pixonomy", "fit", "my photos", "it's.csv", "-o", "a run"]


def test_a_training_has_the_options_it_was_given_and_no_others() -> None:
    options = training_options("probe", None, "w.h5", {"size": 64, "epochs": None, "seed": 0})
    assert command_line("train", ["arrays"], options) == (
        "pixonomy train arrays --model probe --weights w.h5 --size 64"
    )
    assert training_options(None, None, None, {"seed": 3})["--seed"] == 3


def test_what_no_option_says_stands_in_a_comment() -> None:
    assert remark({"size": 64, "optimizer": "muon", "dropout": None}) == (
        "  # and, set from Python: optimizer = muon"
    )
    assert remark({"size": 64}) == ""


@pytest.mark.parametrize("is_known", [True, False])
def test_a_run_of_arrays_is_repeated_from_their_manifest_where_it_is_known(
    fitted_run: Path, is_known: bool
) -> None:
    arrays = read_arrays(fitted_run / "data" / "arrays")
    if not is_known:
        arrays.about.pop("manifest")
    origin = training_origin(arrays, Path("run"), {"--model": "compact"}, {})
    commands = [shlex.split(one) for one in origin.command.split(" && ")]
    verbs = [words[1] for words in commands]
    assert verbs == (["prepare"] if is_known else []) + ["train", "evaluate"]
    assert commands[-2] == [
        "pixonomy", "train", str(arrays.folder), "-o", "run", "--model", "compact",
    ]  # fmt: skip
    split = fitted_run / "data" / "split.parquet"
    assert origin.source == str(split if is_known else arrays.folder)
    if is_known:
        assert commands[0] == [
            "pixonomy", "prepare", str(split), "--size", "32", "-o", str(arrays.folder),
            "--framing", "stretch",
        ]  # fmt: skip


def test_the_command_of_a_fit_has_all_that_was_chosen(
    tmp_path: Path, write_images: Write, tiny_recipe: Path
) -> None:
    images = write_images(tmp_path / "my pictures", 4)
    training = TrainChoices(recipe=str(tiny_recipe), weights="none", changes={"epochs": 1})
    choices = FitChoices(training=training, seed=5, fit="pad")
    fit([images], tmp_path / "run", choices, context=Context(device="cpu"))
    origin = read_run(tmp_path / "run")[1].origin
    assert origin is not None
    assert shlex.split(origin.command, comments=True) == [
        "pixonomy", "fit", str(images), "-o", str(tmp_path / "run"), "--recipe", str(tiny_recipe),
        "--weights", "none", "--epochs", "1", "--seed", "5", "--device", "cpu",
    ]  # fmt: skip
    assert origin.command.endswith(
        "  # and, set from Python: framing = pad, seed of the training = 0"
    )
    assert origin.source == str(images)

import shlex
from pathlib import Path

import pytest

from pixonomy.arrays.image_shards import read_arrays
from pixonomy.verbs.command_lines import command_line, remark, training_options, training_origin


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
        "  # and, of the recipe: optimizer = muon"
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

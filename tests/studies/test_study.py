"""A whole study on drawn shapes: trained, compared, gone on with."""

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image, ImageDraw

from in_browser import cut_off, fits
from killing import finish, kill, kill_at_random, start
from pixonomy.errors import ArtefactInUse, SettingError
from pixonomy.progress import Context
from pixonomy.storage.locks import lock_folder
from pixonomy.studies.study import StudyChoices, study

Call = Callable[..., tuple[int, Any, str]]

STUDY = """
title = "Shapes"
question = "Is a <stripe> easier to tell from a circle than a cross is?"
seeds = {seeds}

[data.two]
source = "pictures"
categories = ["circle", "stripes"]

[data.three]
source = "pictures"
categories = ["circle", "cross"]

[sample]
each = {each}
{more}
[grid]
learning_rate = {rates}

[training]
model = "compact"
size = 16
epochs = 1
batch = 8
"""


def write_study(
    folder: Path, seeds: str = "[0, 1]", each: int = 14, more: str = "", rates: str = "[1e-3]"
) -> Path:
    path = folder / "study.toml"
    path.write_text(STUDY.format(seeds=seeds, each=each, more=more, rates=rates), "utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("study")
    for number, label in enumerate(("circle", "cross", "stripes")):
        (place / "pictures" / label).mkdir(parents=True)
        for seed in range(24):
            file = place / "pictures" / label / f"{seed}.png"
            draw_image(number, np.random.default_rng([number, seed])).save(file)
    return place


def draw_image(number: int, generator: np.random.Generator) -> Image.Image:
    """Draw one of three shapes on a ground like no other: plain ones would count as copies."""
    ground = Image.fromarray(generator.integers(0, 256, (5, 5, 3), np.uint8)).resize((40, 40))
    pen = ImageDraw.Draw(ground)
    if number == 0:
        pen.ellipse((8, 8, 32, 32), fill="white")
    elif number == 1:
        pen.line((4, 20, 36, 20), fill="white", width=7)
        pen.line((20, 4, 20, 36), fill="white", width=7)
    else:
        for left in range(0, 40, 10):
            pen.line((left, 0, left, 40), fill="white", width=4)
    return ground


@pytest.fixture(scope="module")
def finished(folder: Path) -> dict[str, Any]:
    result = study(write_study(folder), folder / "out", context=Context(1))
    return {"result": result, "folder": folder}


def test_every_cell_is_trained_and_compared(finished: dict[str, Any]) -> None:
    result = finished["result"]
    assert list(result) == ["table", "page", "cells", "effects", "seconds"]
    assert result["cells"] == {"done": 4, "failed": 0, "skipped": 0}
    table = pl.read_csv(result["table"])
    assert table.height == 4
    assert set(table["train"]) == {table["train"][0]}  # equally many
    assert set(table["steps"]) == {table["steps"][0]}
    (effect,) = result["effects"]
    assert (effect["axis"], effect["is_paired"]) == ("data", False)
    assert effect["low"] <= effect["difference"] <= effect["high"]
    assert len(effect["of_seeds"]) == 2


def test_the_page_tells_the_answer_and_its_limits(finished: dict[str, Any]) -> None:
    page = Path(finished["result"]["page"]).read_text("utf-8")
    assert "Is a &lt;stripe&gt; easier" in page
    assert "What cannot be concluded" in page
    assert page.count('<table class="matrix tilted">') == 2
    assert "Separability" in page
    assert "Not finished" not in page
    is_tied = "All settings are equally often right: " in page
    assert is_tied or "is right most often: " in page
    assert page.count('<tr class="this">') == (0 if is_tied else 1)  # the best of two settings
    assert "4 trainings, " in page
    command = f"pixonomy study {finished['folder']}/study.toml -o {finished['folder']}/out"
    assert f"<code>{command}</code>" in re.sub("</?span[^>]*>", "", page)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_keeps_nobody_out(
    finished: dict[str, Any], open_page: Any, barriers: Any, width: int
) -> None:
    page = open_page(Path(finished["result"]["page"]), width)
    assert fits(page)
    assert cut_off(page) == []
    assert barriers(page) == []


def test_finished_cells_are_skipped_and_a_new_seed_is_added(finished: dict[str, Any]) -> None:
    folder, before = finished["folder"], Path(finished["result"]["table"]).read_text()
    again = study(write_study(folder), folder / "out", context=Context(1))
    assert again["cells"] == {"done": 0, "failed": 0, "skipped": 4}
    assert Path(again["table"]).read_text() == before
    more = study(write_study(folder, "[0, 1, 2]"), folder / "out", context=Context(1))
    assert more["cells"] == {"done": 2, "failed": 0, "skipped": 4}


@pytest.mark.slow
def test_parts_share_a_folder_and_the_last_one_tells_all(folder: Path) -> None:
    file, output = write_study(folder, "[0]"), folder / "parts"
    first = study(file, output, StudyChoices(part=(1, 2)), Context(1))
    assert first["cells"]["done"] == 1
    assert "Not finished" in Path(first["page"]).read_text()
    second = study(file, output, StudyChoices(part=(2, 2)), Context(1))
    assert second["cells"]["done"] == 1
    assert pl.read_csv(second["table"]).height == 2


@pytest.mark.slow
def test_with_folds_every_picture_is_tested_once(folder: Path) -> None:
    file = write_study(folder, "[0]", more="folds = 2")
    result = study(file, folder / "folds", context=Context(1))
    table = pl.read_csv(result["table"])
    assert table.height == 4
    assert table.group_by("data").agg(pl.col("n").sum())["n"].to_list() == [28, 28]


@pytest.mark.slow
def test_a_cell_that_fails_is_told_and_the_others_are_compared(folder: Path, call: Call) -> None:
    file = write_study(folder, "[0]", rates="[1e-3, 100.0]")
    # Decay by ten thousand times the weights turns them round, ever larger, until they overflow.
    decayed = "epochs = 12\naverage = 0.0\nweight_decay = 100.0\nwarmup = 0.0"
    file.write_text(file.read_text().replace("epochs = 1", decayed))
    code, answer, said = call("study", file, "-o", folder / "failing")
    assert code == 0
    assert answer["cells"]["failed"] == 2
    assert answer["cells"]["done"] == 2
    assert "diverged" in said


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"cross"', '"crosses"', "no category 'crosses'"),
        ("each = 14", "each = 1000", "the smallest category has"),
        ('model = "compact"', 'model = "resnet9000"', "resnet9000"),
        ('source = "pictures"', 'source = "nowhere"', "nowhere"),
    ],
)
def test_a_wrong_setting_is_told_before_any_training(
    folder: Path, tmp_path: Path, old: str, new: str, told: str
) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(write_study(folder).read_text().replace(old, new))
    with pytest.raises(SettingError, match=told):
        study(file, tmp_path / "out", StudyChoices(root=folder), Context(1))


def test_other_peoples_files_are_left_alone(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(SettingError, match="other files"):
        study(write_study(folder), tmp_path, context=Context(1))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_second_run_of_a_part_is_told_and_another_part_goes_on(
    folder: Path, finished: dict[str, Any]
) -> None:
    file, output = write_study(folder), folder / "out"
    held = lock_folder(output, part="-1-of-2")
    with ThreadPoolExecutor(1) as thread:
        thread.submit(held.__enter__).result()
        with pytest.raises(ArtefactInUse, match="out is being made by another run"):
            study(file, output, StudyChoices(part=(1, 2)), Context(1))
        assert study(file, output, StudyChoices(part=(2, 2)), Context(1))["cells"]["done"] == 0
        thread.submit(held.__exit__, None, None, None).result()


def test_what_a_killed_run_left_of_a_finished_cell_is_removed(
    folder: Path, finished: dict[str, Any]
) -> None:
    cell = next((folder / "out" / "cells").iterdir())
    (cell / "checkpoints").mkdir()
    (cell / "checkpoints" / "latest.npz").write_bytes(bytes(1000))
    study(write_study(folder), folder / "out", context=Context(1))
    assert (cell / "cell.json").exists()
    assert not (cell / "checkpoints").exists()


@pytest.mark.slow
def test_two_parts_at_once_prepare_once_and_the_table_has_the_cells_of_both(
    folder: Path,
) -> None:
    file, output = write_study(folder, "[0]"), folder / "at once"
    both = [start("study", file, "-o", output, "--part", f"{which}/2") for which in (1, 2)]
    assert [one.wait() for one in both] == [0, 0]
    assert pl.read_csv(output / "table.csv").height == 2
    assert {path.suffix for path in output.rglob(".*")} <= {".lock", ""}


@pytest.mark.slow
def test_a_study_that_is_killed_twice_ends_with_the_same_table(folder: Path) -> None:
    file, whole, killed = write_study(folder), folder / "whole", folder / "killed"
    finish(start("study", file, "-o", whole))
    for done in (1, 3):
        process = start("study", file, "-o", killed)
        while len(list(killed.glob("cells/*/cell.json"))) < done:
            assert process.poll() is None
            time.sleep(0.01)
        kill(process, is_alone=False)
    finish(start("study", file, "-o", killed))
    assert_same_study(killed, whole / "table.csv", 4)


@pytest.mark.soak
def test_a_study_of_24_cells_killed_five_times_ends_with_the_same_table(folder: Path) -> None:
    file = write_study(folder, "[0, 1, 2]", rates="[1e-3, 2e-3, 3e-3, 4e-3]")
    whole, killed = folder / "whole 24", folder / "killed 24"
    seconds = finish(start("study", file, "-o", whole))
    kill_at_random(lambda: start("study", file, "-o", killed), 5, 0.3 * seconds)
    finish(start("study", file, "-o", killed))
    assert_same_study(killed, whole / "table.csv", 24)


def assert_same_study(killed: Path, table: Path, cells: int) -> None:
    assert (killed / "table.csv").read_bytes() == table.read_bytes()
    assert pl.read_csv(table).height == cells
    left = ("*partial*", "*.holder", "*.parts", "checkpoints", "work")
    assert not [path for pattern in left for path in killed.rglob(pattern)]

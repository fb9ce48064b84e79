from pathlib import Path
from typing import cast

import polars as pl
import pytest

from pixonomy.pages.provenance import Provenance
from pixonomy.studies.effects import find_effects
from pixonomy.studies.plan import Study, load_study
from pixonomy.studies.study_cells import CellRecord, Done
from pixonomy.studies.study_page import Findings, render_study
from pixonomy.training.run import RunFolder

STUDY = """
seeds = [0]

[data.pets]
source = "pictures"

[grid]
learning_rate = [0.1, 0.01, 0.001]

[training]
model = "compact"
"""
N = 200


@pytest.fixture
def planned(tmp_path: Path) -> Study:
    (tmp_path / "study.toml").write_text(STUDY)
    return load_study(tmp_path / "study.toml")


def finish(planned: Study, folder: Path, rights: list[int]) -> list[Done]:
    """Return the cells as if so many of 200 answers had been right."""
    cells = []
    for cell, right in zip(planned.cells, rights, strict=False):
        place = RunFolder(folder / cell.name())
        place.path.mkdir()
        ids = [str(number) for number in range(N)]
        answers = ["cat" if number < right else "dog" for number in range(N)]
        table = {"image_id": ids, "group_id": ids, "label": ["cat"] * N, "predicted": answers}
        pl.DataFrame(table).write_parquet(place.predictions)
        record = {
            "setting": dict(cell.setting), "seed": 0, "n": N, "train": 9, "steps": 3,
            "accuracy": right / N, "macro_f1": 0.5, "log_loss": None,
        }  # fmt: skip
        cells.append(Done(cell, cast(CellRecord, record), place))
    return cells


def render(planned: Study, cells: list[Done], closest: tuple[str, str] = ("cat", "dog")) -> str:
    found = Findings(
        study=planned,
        cells=cells,
        effects=find_effects(dict(planned.axes), cells),
        separability={"pets": {"score": 0.9, "closest": closest, "n": 40}},
        names={"pets": {"cat": "Cat", "dog": "Dog"}},
        failures=(),
        missing=len(planned.cells) - len(cells),
        provenance=Provenance("2 May 2026", "study.toml", 4.0, "pixonomy study study.toml -o out"),
    )
    return render_study(found)


def test_the_best_setting_is_named_first_and_bold(planned: Study, tmp_path: Path) -> None:
    page = render(planned, finish(planned, tmp_path, [100, 190, 120]))
    assert "“data pets, learning_rate 0.01” is right most often: 95.0%" in page
    assert page.count('<tr class="this">') == 1
    row = page[page.index('<tr class="this">') :]
    assert row[: row.index("</tr>")].count(">0.01<") == 1
    assert "of 3 differences" in page.lower()


def test_equal_settings_are_called_equal_and_none_is_bold(planned: Study, tmp_path: Path) -> None:
    page = render(planned, finish(planned, tmp_path, [100, 100, 100]))
    assert "All settings are equally often right: 50.0%. But no difference is" in page
    assert '<tr class="this">' not in page


def test_the_answer_stands_before_what_is_missing_and_tells_of_it(
    planned: Study, tmp_path: Path
) -> None:
    page = render(planned, finish(planned, tmp_path, [100, 190]))
    assert page.index('id="answer"') < page.index("Not finished") < page.index('id="settings"')
    assert "1 training is still missing" in page


def test_categories_that_are_never_confused_are_no_closest_pair(
    planned: Study, tmp_path: Path
) -> None:
    cells = finish(planned, tmp_path, [100, 190])
    assert "Cat and Dog" in render(planned, cells)
    assert "Cat and Cat" not in render(planned, cells, ("cat", "cat"))

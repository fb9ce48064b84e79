"""`compare`: runs side by side."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pixonomy.errors import SettingError
from pixonomy.storage.files import read_json, write_json
from pixonomy.verbs.compare import compare

Call = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def twin(tmp_path: Path, run_copy: Path) -> Path:
    """Another run on the same pictures, whose recipe has another seed."""
    other = shutil.copytree(run_copy, tmp_path / "other")
    about = read_json(other / "run.json")
    assert about is not None
    about["recipe"]["seed"] = 7
    write_json(other / "run.json", about)
    return other


def test_a_run_beside_itself_differs_by_nothing(run_copy: Path, twin: Path, tmp_path: Path) -> None:
    result = compare([run_copy, twin], tmp_path / "page.html")
    assert list(result) == ["page", "runs", "comparisons", "seconds"]
    (found,) = result["comparisons"]
    assert found["is_paired"]
    assert (found["difference"], found["chance"], found["only_first"]) == (0.0, 1.0, 0)
    assert [one["seed"] for one in result["runs"]] == [0, 7]
    page = (tmp_path / "page.html").read_text()
    assert '<th scope="row">seed</th>' in page
    assert "That can be chance" in page


def test_the_verb_answers_with_its_keys(
    call: Call, run_copy: Path, twin: Path, tmp_path: Path
) -> None:
    code, answer, _ = call("compare", run_copy, twin, twin, "-o", tmp_path / "page.html")
    assert code == 0
    assert len(answer["comparisons"]) == 2
    assert answer["runs"][0]["test"].keys() >= {"n", "accuracy", "macro_f1"}


def test_one_run_is_too_few(run_copy: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="two runs"):
        compare([run_copy], tmp_path / "page.html")


def test_nothing_but_a_page_is_written_over(run_copy: Path, twin: Path, tmp_path: Path) -> None:
    precious = tmp_path / "notes.txt"
    precious.write_text("mine")
    with pytest.raises(SettingError, match=r"\.html"):
        compare([run_copy, twin], precious)
    assert precious.read_text() == "mine"

import json
from pathlib import Path

import pytest

from pixonomy.errors import SettingError
from pixonomy.training.run import RunFolder
from pixonomy.verbs.training_folder import clear_training, found_training


def test_a_training_is_known_by_its_fingerprint_once_it_has_begun(run_copy: Path) -> None:
    folder = RunFolder(run_copy)
    known = json.loads(folder.about.read_text())["fingerprint"]
    assert found_training(folder) == known
    for path in (folder.result, folder.latest):
        path.unlink()
    assert found_training(folder) is None


def test_data_and_the_words_only_run_before_it_are_its_own(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "words").mkdir()
    assert found_training(RunFolder(tmp_path)) is None
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(SettingError, match="holds other files"):
        found_training(RunFolder(tmp_path))


def test_clearing_leaves_what_others_put_there_and_the_data(run_copy: Path) -> None:
    (run_copy / "letter.txt").write_text("dear")
    clear_training(RunFolder(run_copy))
    assert {one.name for one in run_copy.iterdir()} >= {"letter.txt", "data"}
    assert not (run_copy / "run.json").exists()
    assert not (run_copy / "bundle").exists()

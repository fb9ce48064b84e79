from pathlib import Path

import pytest

from pixonomy.errors import SettingError
from pixonomy.studies.plan import DATA, load_study

SHIPPED = sorted((Path(__file__).parents[2] / "studies").glob("*.toml"))
DATA_LINES = '[data.a]\nsource = "a"\n[data.b]\nsource = "b"\ncategories = ["x", "y"]\n'


def write(folder: Path, text: str) -> Path:
    path = folder / "study.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_grid_has_a_cell_for_each_data_set_value_seed_and_fold(tmp_path: Path) -> None:
    text = "seeds = [3, 4]\n" + DATA_LINES + "[grid]\nsize = [50, 100]\n[sample]\nfolds = 5\n"
    study = load_study(write(tmp_path, text))
    assert len(study.cells) == 2 * 2 * 2 * 5
    assert list(study.axes) == [DATA, "size"]
    assert study.sizes == (50, 100)
    assert len({cell.name() for cell in study.cells}) == len(study.cells)
    assert {cell.data for cell in study.cells} == {"a", "b"}
    assert study.path("a") == tmp_path / "a"


def test_a_cell_keeps_its_name_when_the_study_grows(tmp_path: Path) -> None:
    small = load_study(write(tmp_path, "seeds = [0]\n" + DATA_LINES + "[grid]\nsize = [50]\n"))
    large = load_study(write(tmp_path, DATA_LINES + "[grid]\nsize = [50, 100]\n"))
    assert {cell.name() for cell in small.cells} < {cell.name() for cell in large.cells}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_studies_can_be_read(path: Path) -> None:
    study = load_study(path)
    assert study.question
    assert len(study.seeds) >= 3


def test_there_are_shipped_studies() -> None:
    assert len(SHIPPED) >= 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "names its data sets"),
        ("[data.a]\n", "needs source"),
        ("what = 1\n" + DATA_LINES, "Unknown key 'what'"),
        (DATA_LINES + "[grid]\nsizes = [50]\n", "known are"),
        (DATA_LINES + "[grid]\nsize = 50\n", "list of different values"),
        (DATA_LINES + "[grid]\nsize = [50, 50]\n", "list of different values"),
        (DATA_LINES + "[sample]\nfolds = 1\n", "folds must be"),
        (DATA_LINES + '[sample]\nfolds = "5"\n', "no number"),
        (DATA_LINES + "[sample]\nrepeats = 2\n", "needs folds"),
        (DATA_LINES + "[training]\nseed = 1\n", "Unknown key 'seed'"),
        ("seeds = []\n" + DATA_LINES, "list of different values"),
        ('seeds = ["one"]\n' + DATA_LINES, "seeds must be whole numbers, not 'one'"),
        ("title = [", "not valid TOML"),
    ],
)
def test_a_wrong_file_is_told_in_a_sentence(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingError, match=told):
        load_study(write(tmp_path, text))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="no study"):
        load_study(tmp_path / "none.toml")

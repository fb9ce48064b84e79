from pathlib import Path

import pytest

from pixonomy.dataset.read_taxonomy import read_taxonomy
from pixonomy.errors import SettingError

TOML = 'title = "Pets"\n[[category]]\nid = "cat"\nname = "Cat"\n'
CSV = "category_id,category_level1\ncat,Cat\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.toml", TOML), ("a.csv", CSV), ("a.txt", TOML), ("a.txt", CSV), ("a", TOML), ("a", CSV)],
)
def test_the_ending_tells_what_a_file_is_or_else_its_content(
    tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text)
    assert read_taxonomy(tmp_path / name).name("cat") == "Cat"


def test_what_is_neither_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("cat\ndog\n")
    with pytest.raises(SettingError, match="has no column 'category_id'; expected a CSV table"):
        read_taxonomy(tmp_path / "a.txt")
    with pytest.raises(SettingError, match="no table of categories"):
        read_taxonomy(tmp_path / "none.toml")
    (tmp_path / "folder").mkdir()
    with pytest.raises(SettingError, match="is no file"):
        read_taxonomy(tmp_path / "folder")

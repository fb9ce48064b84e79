from pathlib import Path

import pytest

from pixonomy.cli.collect import read_keys
from pixonomy.errors import SettingError


def test_keys_come_from_a_file_and_from_the_environment_which_goes_first(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text('{"flickr": "from file", "openverse": "a:b"}')
    environment = {"PIXONOMY_FLICKR_KEY": "from environment", "PIXONOMY_OTHER": "x", "HOME": "/"}
    assert read_keys(file, environment) == {"flickr": "from environment", "openverse": "a:b"}
    assert read_keys(None, {}) == {}


@pytest.mark.parametrize("text", ['{"flickr": SECRET}', '{"flickr": 3}', "[]"])
def test_a_key_file_that_cannot_be_read_is_told_without_what_is_in_it(
    tmp_path: Path, text: str
) -> None:
    file = tmp_path / "keys.json"
    file.write_text(text)
    with pytest.raises(SettingError, match="--keys") as error:
        read_keys(file, {})
    assert "SECRET" not in str(error.value)
    with pytest.raises(SettingError, match="readable"):
        read_keys(tmp_path / "none.json", {})

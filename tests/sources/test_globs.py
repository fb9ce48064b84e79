"""Patterns are expanded as a shell does, and what is there under the very name is no pattern."""

from pathlib import Path

import pytest

from pixonomy.errors import SettingError
from pixonomy.sources.globs import expand_glob, fixed_part, is_glob


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b/2.jpg", "b/1.jpg", "a/3.jpg", "a/.4.jpg", "a/note.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_matches_are_sorted_and_hidden_files_are_none(folder: Path) -> None:
    found = expand_glob(folder / "*" / "*.jpg")
    assert [str(path.relative_to(folder)) for path in found] == ["a/3.jpg", "b/1.jpg", "b/2.jpg"]
    assert expand_glob(folder / "?") == [folder / "a", folder / "b"]


def test_two_stars_stand_for_any_depth_and_match_files_alone(folder: Path) -> None:
    names = [path.name for path in expand_glob(folder / "**" / "*")]
    assert names == ["3.jpg", "note.txt", "1.jpg", "2.jpg"]


def test_no_match_is_refused(folder: Path) -> None:
    with pytest.raises(SettingError, match=r"Nothing matches .*\*\.png\."):
        expand_glob(folder / "*.png")


def test_a_file_of_that_very_name_is_no_pattern(folder: Path) -> None:
    assert is_glob(folder / "a[1].jpg")
    assert not is_glob(folder / "a1.jpg")
    (folder / "a[1].jpg").touch()
    assert not is_glob(folder / "a[1].jpg")


def test_the_fixed_part_ends_before_the_pattern() -> None:
    assert fixed_part(Path("photos/*/0*.jpg")) == Path("photos")
    assert fixed_part(Path("*.jpg")) == Path()

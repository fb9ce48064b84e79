import os

import pytest

from pixonomy.images.endings import IMAGE_ENDINGS
from pixonomy.sources.names import is_hidden, is_image, is_junk, label_of, split_member


@pytest.mark.parametrize("ending", sorted(IMAGE_ENDINGS))
def test_pictures_are_known_by_their_endings_in_any_case(ending: str) -> None:
    assert is_image(f"a/b.c{ending}")
    assert is_image(f"A{ending.upper()}")


@pytest.mark.parametrize("name", ["a.txt", "jpg", ".jpg", "a.jpg/", "a.", ""])
def test_other_names_are_no_pictures(name: str) -> None:
    assert not is_image(name)


@pytest.mark.parametrize(
    "name",
    [
        "._1.jpg", ".cache", ".ipynb_checkpoints", "__MACOSX", "@eaDir", "#recycle",
        "$RECYCLE.BIN", "~$1.jpg", "System Volume Information", "Thumbs.db", "desktop.ini",
    ],
)  # fmt: skip
def test_what_systems_leave_beside_files_is_junk(name: str) -> None:
    assert is_junk(name)
    assert is_hidden([name, "1.jpg"])
    assert is_hidden(["cat", name])


@pytest.mark.parametrize("name", ["a.b", "cat", "@home", "#1", "$5", "~cat", "recycle"])
def test_other_names_are_meant(name: str) -> None:
    assert not is_junk(name)


def test_steps_up_and_in_place_are_no_folders() -> None:
    assert split_member("/../a/./b//../c.jpg") == ["a", "b", "c.jpg"]
    assert split_member("..") == []


def test_a_category_has_one_form_of_its_letters_and_no_blanks_around() -> None:
    assert label_of("cafe\N{COMBINING ACUTE ACCENT} ") == "café"
    assert label_of(" ") == " "


def test_names_that_are_not_utf_8_stay_different_and_readable() -> None:
    names = [os.fsdecode(text.encode("cp1252")) for text in ("pâté", "pêtè")]
    assert [label_of(name) for name in names] == ["pâté", "pêtè"]
    assert label_of(os.fsdecode(b"\x81\xff")) == "\\x81ÿ"

"""Any text becomes a name that every file system takes, and no two become one."""

import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pixonomy.exporting.safe import alike, make_safe, mark, tell_apart

TEXTS = st.text(max_size=200) | st.sampled_from(
    ["..", ".", "", "CON", "con.txt", "LPT1", "a/b", "a\\b", "Été", "e\u0301te\u0301", "CAT", "cat",
     "a ", "a.", ".a", "a\0b", "a\nb", "com¹", "nul .x", "a:b", "x" * 300, "é" * 200, "~", "\ud800"]
)  # fmt: skip


@given(TEXTS)
def test_a_safe_name_is_one_part_of_a_path_on_every_system(text: str) -> None:
    name = make_safe(text)
    assert 0 < len(name.encode()) <= 101
    assert not set('/\\:*?"<>|~') & set(name)
    assert name.isprintable()
    assert name[0] not in ". "
    assert name[-1] not in ". "
    stem = name.split(".")[0].strip().lower()
    assert stem not in {"con", "prn", "aux", "nul", "com1", "lpt1", "com¹", "conin$"}
    assert os.path.normpath(name) == name


@pytest.mark.parametrize(
    "text", ["cat", "rotes Sofa", "Möbel", "v1.0", "007", "a_b-c", "it's", "猫"]
)
def test_ordinary_names_stay_as_they_are(text: str) -> None:
    assert make_safe(text) == text


@given(st.lists(TEXTS, unique=True, max_size=12))
@example(["a/b", "a:b", "a_b", "A_B"])
def test_no_two_labels_share_a_folder(texts: list[str]) -> None:
    texts = [text for text in texts if text.encode("utf-8", "ignore").decode() == text]
    names = tell_apart(texts)
    assert list(names) == texts
    folded = [unicodedata.normalize("NFC", name).casefold() for name in names.values()]
    assert len(set(folded)) == len(texts)
    for name in names.values():
        plain, _, hashed = name.partition("~")
        assert make_safe(plain) == plain
        assert len(hashed) in (0, 16)


def test_only_those_that_would_be_mixed_up_are_marked() -> None:
    names = tell_apart(["cat", "dog/old", "dog:old"])
    assert names["cat"] == "cat"
    assert names["dog/old"] == mark("dog_old", "dog/old") != names["dog:old"]
    assert tell_apart(["Export.json"], ["export.json"])["Export.json"].startswith("Export.json~")


def test_names_that_differ_in_case_or_accents_are_alike(tmp_path: Path) -> None:
    assert alike("ÉTÉ") == alike("e\u0301te\u0301")
    assert alike("a") != alike("b")

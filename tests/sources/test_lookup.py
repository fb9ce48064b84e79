import os
from pathlib import Path

from pixonomy.sources.lookup import NOTHING, Lookup, Match


def test_names_are_found_in_any_case_form_and_without_ending(tmp_path: Path) -> None:
    (tmp_path / "Straße").mkdir()
    (tmp_path / "Straße" / "\u00e9.JPG").touch()
    lookup = Lookup()
    file = "Straße/\u00e9.JPG"
    assert lookup.find(str(tmp_path), file) == Match(file)
    assert lookup.find(str(tmp_path), "STRASSE/e\u0301.jpg") == Match(file, frozenset(["case"]))
    assert lookup.find(str(tmp_path), "Straße/e\u0301.JPG") == Match(file, frozenset(["form"]))
    assert lookup.find(str(tmp_path), "Straße/\u00e9") == Match(file, frozenset(["ending"]))
    assert lookup.find(str(tmp_path), "./Straße//../Straße/\u00e9.JPG").path is not None
    assert lookup.find(str(tmp_path), "Straße/b.jpg") is NOTHING
    assert lookup.find(str(tmp_path), "none/b.jpg") is NOTHING


def test_rivals_are_named(tmp_path: Path) -> None:
    for name in ("a.jpg", "A.jpg", "b.png", "b.gif", "b.txt"):
        (tmp_path / name).touch()
    lookup = Lookup()
    assert lookup.find(str(tmp_path), "a.JPG") == Match(None, rivals=("A.jpg", "a.jpg"))
    assert lookup.find(str(tmp_path), "b") == Match(None, rivals=("b.gif", "b.png"))
    assert lookup.find(str(tmp_path), "A.JPG/x.jpg").path is None


def test_names_that_are_not_utf_8_are_passed_over(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe9.jpg")).touch()
    assert Lookup().find(str(tmp_path), "\u00e9.jpg") is NOTHING

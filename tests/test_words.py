"""Names are the field's words: invented words that are gone from the code do not come back."""

import ast
import importlib.util
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "pixonomy"
GONE = """
    board census contender cut dealt dice doubts elsewhere extents finds foreign held hold hop
    judge ledger likeness look manners mark nobody partners patience pauses permute said say
    sift sketches stock stretches surroundings survey suspects taught tally tell telling throw
    tones untaught variants winners
""".split()
"""Those of `INVENTED` in benchmarks/house.py that no name uses any more."""
OLD_FORM = re.compile(r"\bgo(es)? in\b.*\bcomes? out\b|\benters?\b.*\bleaves?\b", re.DOTALL)
"""How module docstrings once said what passes through, in place of what the module is for."""


def open_house() -> Any:
    """Import the script that counts the words; it lies in no package."""
    spec = importlib.util.spec_from_file_location("house", ROOT / "benchmarks" / "house.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


HOUSE = open_house()


@cache
def read(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def words_gone(path: Path, source: Path) -> set[str]:
    """Return the words that are gone and yet in a name of a module, or in the module's own name."""
    used = set(HOUSE.words_of(read(path)))
    for part in path.relative_to(source).with_suffix("").parts:
        used |= set(HOUSE.split_name(part))
    return used & set(GONE)


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def test_no_name_uses_a_word_that_is_gone() -> None:
    found = {str(path.relative_to(SOURCE)): words_gone(path, SOURCE) for path in modules()}
    assert {name: words for name, words in found.items() if words} == {}


def test_no_module_says_what_goes_in_and_comes_out() -> None:
    docstrings = {path: ast.get_docstring(read(path)) for path in modules()}
    old = [
        str(path.relative_to(SOURCE))
        for path, text in docstrings.items()
        if text is not None and OLD_FORM.search(text.partition("\n\n")[0])
    ]
    assert old == []


def test_every_word_that_is_gone_is_one_that_is_counted() -> None:
    assert set(GONE) - set(HOUSE.INVENTED) == set()


@pytest.mark.parametrize(
    "code",
    [
        "class StockKeeper: pass",
        "def find_stock(): pass",
        "def count(stock): pass",
        "stock = 1",
        "class Shop:\n    def open(self):\n        self.stock = 1",
    ],
)
def test_a_word_that_is_gone_would_be_found_in_a_name(code: str, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(code)
    assert words_gone(tmp_path / "shop.py", tmp_path) == {"stock"}


def test_a_word_that_is_gone_would_be_found_in_the_name_of_a_module(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "read_survey.py").write_text('"""A stock of words is not a name."""')
    path = tmp_path / "ledger" / "read_survey.py"
    assert words_gone(path, tmp_path) == {"ledger", "survey"}


def test_the_old_form_of_a_docstring_would_be_found() -> None:
    assert OLD_FORM.search("A table goes in; rows come out.")
    assert OLD_FORM.search("A pen and a generator enter; a picture leaves.")
    assert not OLD_FORM.search("Reads the rows of a table.")

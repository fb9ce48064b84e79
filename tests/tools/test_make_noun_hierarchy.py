import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pixonomy.semantic_prior.noun_hierarchy import NounHierarchy

SCRIPT = Path(__file__).parents[2] / "tools" / "make_noun_hierarchy.py"
HEAD = "".join(f"  {line} Line {line} of the licence.  \n" for line in range(1, 30))
DATA = """\
00000100 03 n 01 entity 0 001 ~ 00000200 n 0000 | all there is
00000200 05 n 01 bird 0 002 @ 00000100 n 0000 ~ 00000300 n 0000 | it flies
00000300 05 n 02 goose 0 grey_goose 1 002 @ 00000200 n 0000 %p 00000400 n 0000 | it honks
00000400 18 n 01 Goose 0 001 @i 00000100 n 0000 | of that name; "a goose | a man"
"""
INDEX = """\
bird n 1 2 @ ~ 1 0 00000200
entity n 1 1 ~ 1 0 00000100
goose n 2 1 @ 2 1 00000400 00000300
grey-goose n 1 1 @ 1 0 00000300
grey_goose n 1 1 @ 1 0 00000200
"""
COUNTS = "goose%1:05:00:: 1 7\ngrey_goose%1:05:00:: 1 2\ngoose%2:30:00:: 1 99\n"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    for name, text in (
        ("data.noun", HEAD + DATA), ("index.noun", HEAD + INDEX), ("cntlist.rev", COUNTS),
        ("noun.exc", "geese goose\n"),
    ):  # fmt: skip
        (tmp_path / name).write_text(text)
    command = [sys.executable, str(SCRIPT), "--wordnet", str(tmp_path), "--output", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.endswith(" bytes\n")
    return tmp_path


def test_senses_hypernyms_and_plurals_are_those_of_the_files(made: Path) -> None:
    with np.load(made / "nouns.npz") as table:
        hierarchy = NounHierarchy({name: table[name] for name in table.files})
    entity, bird, goose, person = range(4)
    assert [tuple(one) for one in hierarchy.senses("goose")] == [(person, 7), (goose, 0)]
    # Two spellings of one word, the more frequent sense first.
    assert [tuple(one) for one in hierarchy.senses("grey goose")] == [(bird, 2), (goose, 0)]
    assert hierarchy.ancestors(goose) == {goose: 0, bird: 1, entity: 2}
    assert hierarchy.ancestors(person) == {person: 0, entity: 1}
    assert (hierarchy.depth(entity), hierarchy.depth(goose)) == (1, 3)
    assert hierarchy.synset("n00000300") == goose
    assert hierarchy.irregular("geese") == "goose"
    assert hierarchy.name(bird) == "grey goose"


def test_the_licence_is_written_without_the_numbers_of_its_lines(made: Path) -> None:
    lines = (made / "WORDNET-LICENCE.txt").read_text().splitlines()
    assert (lines[0], lines[28], len(lines)) == (
        "Line 1 of the licence.", "Line 29 of the licence.", 29
    )  # fmt: skip


def test_the_same_files_give_the_same_bytes(made: Path) -> None:
    before = (made / "nouns.npz").read_bytes()
    command = [sys.executable, str(SCRIPT), "--wordnet", str(made), "--output", str(made)]
    subprocess.run(command, capture_output=True, check=True)
    assert (made / "nouns.npz").read_bytes() == before

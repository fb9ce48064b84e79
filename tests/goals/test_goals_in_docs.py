"""The page on goals says what the shipped taxonomy says, and its examples work."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path

from pixonomy.dataset.taxonomy_toml import parse_taxonomy, shipped_text
from pixonomy.goals.suggestion import suggest, write_usual
from pixonomy.results.answer_results import Goal

PAGE = (Path(__file__).parents[2] / "docs" / "goals.md").read_text("utf-8")


def shipped() -> Iterator[Goal]:
    file = parse_taxonomy(tomllib.loads(shipped_text("savings-goals")), "savings-goals")
    for category in file.categories:
        for goal in category.goals:
            yield Goal(**asdict(goal))


def suggested() -> dict[str, str]:
    """Return the second column of the table of shipped sums, by the first."""
    table = PAGE.partition("| goal | suggested |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| ([^|-][^|]*) \| ([^|]*) \|", table, re.MULTILINE)
    return dict(rows)


def test_every_shipped_sum_stands_in_the_table() -> None:
    rows = suggested()
    assert set(rows) == {goal.name for goal in shipped()}
    for goal in shipped():
        usual = write_usual(goal).rpartition(", ")[0].replace(" dollars", "")
        assert usual in rows[goal.name]
        assert rows[goal.name].endswith("a guess") == (goal.source is None)


def test_the_examples_in_toml_are_read() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    whole = f'[[category]]\nid = "a"\n{example}'
    (category,) = parse_taxonomy(tomllib.loads(whole), "goals.md").categories
    told = [suggest(Goal(**asdict(one)), date(2026, 11, 30)).sentence for one in category.goals]
    assert told[0] == "Usually 2,000 to 6,000 dollars (Edmunds, 2024)."
    assert f'"{told[0]}"' in PAGE
    assert told[1] == "Our guess, no source: 500 to 3,000."

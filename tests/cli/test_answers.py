"""`classify -o CSV`: a row for each picture, in which no cell is a formula."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pixonomy.cli.answers import answer_lines, write_answers
from pixonomy.results.answer_results import ImageAnswer

Call = Callable[..., tuple[int, Any, str]]

TOP = [
    {"label": "1", "name": "=cmd()", "confidence": 0.75},
    {"label": "2", "name": "red, blue", "confidence": 0.25},
]
UNSURE = {"verdict": "unsure", "label": "1", "name": "=cmd()", "confidence": 0.75, "top": TOP}
BROKEN: dict[str, Any] = {
    "verdict": "unreadable",
    "label": None,
    "name": None,
    "confidence": 0.0,
    "top": [],
}
STORED: list[dict[str, Any]] = [
    {"path": "a.jpg", **UNSURE, "problem": None},
    {"path": "b.txt", **BROKEN, "problem": "not a picture"},
    {"path": "c.jpg", **UNSURE, "top": TOP[:1], "problem": None, "verdict": "sure"},
    {"path": "d.jpg", **UNSURE, "problem": None, "verdict": "none", "label": None, "name": None},
]
ANSWERS = [ImageAnswer.from_json(one) for one in STORED]


def test_several_answers_are_a_table_with_their_count() -> None:
    assert answer_lines(ANSWERS) == [
        "picture  verdict        category",
        "a.jpg    not sure       =cmd() (75.0 %) or red, blue (25.0 %)",
        "b.txt    unreadable     not a picture",
        "c.jpg    sure           =cmd() (75.0 %)",
        "d.jpg    none of these  nearest: =cmd() (75.0 %)",
        "4 pictures: 1 sure, 1 not sure, 1 none of these, 1 unreadable.",
    ]


def test_of_two_categories_of_one_name_the_ids_are_told() -> None:
    alike = [{**one, "name": "ROSÉ"} for one in TOP]
    line = answer_lines(
        [ImageAnswer.from_json({"path": "a.jpg", **UNSURE, "top": alike, "problem": None})]
    )
    assert line == ["a.jpg: not sure: ROSÉ [1] (75.0 %) or ROSÉ [2] (25.0 %)"]


def test_one_answer_is_one_line() -> None:
    assert answer_lines(ANSWERS[1:2]) == ["b.txt: cannot be read (not a picture)"]


def test_one_answer_says_where_its_category_belongs_and_what_people_save_for_there() -> None:
    goals = [
        {"name": "Tyres", "amount": [400, 1000], "months": 1},
        {"name": "A boat", "amount": None, "months": None},
        {"name": "A car", "amount": [2000, 6000], "months": 18, "currency": "USD",
         "source": "Edmunds", "year": 2024},
        {"name": "A fund", "amount": None, "months": None, "formula": "months of spending",
         "per_unit": [3, 6]},
    ]  # fmt: skip
    beside = {"category_path": ["Things", "=cmd()"], "goals": goals}
    assert answer_lines([ImageAnswer.from_json(STORED[2] | beside)]) == [
        "c.jpg: =cmd() (75.0 %)",
        "  Things / =cmd()",
        "  Goals in =cmd():",
        "    Tyres (400 to 1,000, a guess, 1 month)",
        "    A boat",
        "    A car (2,000 to 6,000 dollars, Edmunds 2024, 18 months)",
        "    A fund (3 to 6 months of spending, a guess)",
    ]


def test_one_answer_says_that_words_answered_where_no_training_picture_is_like_it() -> None:
    by_words = ImageAnswer.from_json(STORED[2] | {"rests_on": "words"})
    assert answer_lines([by_words])[1] == (
        "  Answered by its words: no training picture is like it."
    )
    like_training = ImageAnswer.from_json(STORED[2] | {"rests_on": "training"})
    assert len(answer_lines([like_training])) == 1


def test_the_csv_has_a_column_of_paths_where_categories_have_parents(tmp_path: Path) -> None:
    answers = [*ANSWERS, ImageAnswer.from_json(STORED[2] | {"category_path": ["Things", "Car"]})]
    write_answers(tmp_path / "a.csv", answers)
    with (tmp_path / "a.csv").open(newline="") as file:
        paths = [row["category_path"] for row in csv.DictReader(file)]
    assert paths == ["", "", "", "", "Things / Car"]


def test_cells_of_the_csv_are_no_formulas_and_what_is_unknown_is_empty(tmp_path: Path) -> None:
    write_answers(tmp_path / "a.csv", ANSWERS)
    with (tmp_path / "a.csv").open(newline="") as file:
        first, second, third, _ = csv.DictReader(file)
    assert (first["name"], first["second_name"]) == ("'=cmd()", "red, blue")
    assert (first["confidence"], first["second_confidence"]) == ("0.75", "0.25")
    assert (second["confidence"], second["problem"]) == ("", "not a picture")
    assert third["second_label"] == ""


def test_the_csv_is_named_and_not_written_over(
    call: Call, fitted_run: Path, fitted_images: Path, tmp_path: Path
) -> None:
    picture, table = next(fitted_images.glob("cross/0*.jpg")), tmp_path / "answers.csv"
    code, answer, _ = call("classify", fitted_run, picture, "-o", table)
    assert (code, list(answer), answer["table"]) == (0, ["images", "table"], str(table))
    assert len(table.read_text().splitlines()) == 2
    code, answer, _ = call("classify", fitted_run, picture, "-o", table)
    assert code == 2
    assert "exists; choose another name" in answer["error"]["message"]
    code, _, _ = call("classify", fitted_run, picture, "-o", table, "--overwrite")
    assert code == 0

"""A submission is right to the last byte, or refused with the line that is not."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pixonomy.dataset.manifest import Manifest, conform, write_manifest
from pixonomy.errors import DataError, SettingError, StorageError
from pixonomy.prediction.submission import (
    check_submission,
    holds,
    submission_lines,
    write_submission,
)

LABELS = ("1000", "2000")
RIGHT = "_id,category_id\n7,1000\n3,2000\n12,1000\n"

Refuse = Callable[[str], str]


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Three products in the order 7, 3, 12; the first is torn apart."""
    groups = ["7", "3", "7", "12", "12"]
    rows = pl.DataFrame({"image_id": list("abcde"), "group_id": groups})
    write_manifest(tmp_path / "manifest.parquet", Manifest(conform(rows), tmp_path))
    return tmp_path / "manifest.parquet"


@pytest.fixture
def refuse(tmp_path: Path, manifest: Path) -> Refuse:
    """Return a function that expects a text to be refused, and gives the reason."""

    def check(text: str) -> str:
        path = tmp_path / "submission.csv"
        path.write_bytes(text.encode())
        with pytest.raises(DataError) as refusal:
            check_submission(path, manifest, LABELS)
        reason = str(refusal.value)
        assert reason.startswith(f"{path}, line ")
        assert "\n" not in reason
        return reason.removeprefix(f"{path}, ")

    return check


def write_predictions(path: Path, groups: list[str], answers: list[str | None]) -> Path:
    columns = {"group_id": groups, "group_predicted": answers}
    pl.DataFrame(
        columns, schema={"group_id": pl.String, "group_predicted": pl.String}
    ).write_parquet(path)
    return path


def test_a_right_submission_passes(tmp_path: Path, manifest: Path) -> None:
    (tmp_path / "submission.csv").write_text(RIGHT)
    check_submission(tmp_path / "submission.csv", manifest, LABELS)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("_id,category_id\n", "", "line 1: expected _id,category_id, found '7,1000\\n'."),
        ("_id,category_id", "id,category_id", "line 1: expected _id,category_id, found 'id,"),
        ("_id,category_id", "\ufeff_id,category_id", "line 1: expected _id,category_id, found"),
        ("_id,category_id", "_id, category_id", "line 1: expected _id,category_id, found"),
        ("7,1000\n", "", "line 2: expected product 7, found '3,2000\\n'."),
        ("7,1000\n3,2000\n", "3,2000\n7,1000\n", "line 2: expected product 7, found"),
        ("3,2000\n", "3,2000\n3,2000\n", "line 4: expected product 12, found '3,2000\\n'."),
        ("3,2000\n", "4,2000\n", "line 3: expected product 3, found '4,2000\\n'."),
        ("3,2000\n", "3,3000\n", "line 3: '3000' is no known category."),
        ("3,2000\n", "3,\n", "line 3: '' is no known category."),
        ("3,2000\n", "3\n", "line 3: expected product 3, found '3\\n'."),
        ("3,2000\n", "3,2000,\n", "line 3: '2000,' is no known category."),
        ("3,2000\n", "3, 2000\n", "line 3: ' 2000' is no known category."),
        ("3,2000\n", "3,2000 \n", "line 3: '2000 ' is no known category."),
        ("3,2000\n", " 3,2000\n", "line 3: expected product 3, found ' 3,2000\\n'."),
        ("3,2000\n", '3,"2000"\n', "line 3: '\"2000\"' is no known category."),
        ("3,2000\n", '"3",2000\n', "line 3: expected product 3, found"),
        ("3,2000\n", "3,2000\r\n", "line 3: '2000\\r' is no known category."),
        ("3,2000\n", "3,2000\n\n", "line 4: expected product 12, found '\\n'."),
        ("12,1000\n", "12,1000", "line 4: the line does not end with a line feed."),
        ("12,1000\n", "", "line 4: the file ends before product 12."),
        ("12,1000\n", "12,1000\n\n", "line 5: there is a line behind the last product's."),
        ("12,1000\n", "12,1000\n9,1000\n", "line 5: there is a line behind the last product's."),
        (RIGHT, "", "line 1: expected _id,category_id, found ''."),
    ],
)
def test_a_wrong_line_is_named(refuse: Refuse, before: str, after: str, reason: str) -> None:
    assert before in RIGHT
    assert refuse(RIGHT.replace(before, after, 1)).startswith(reason)


def test_bytes_that_are_no_text_are_a_wrong_line(tmp_path: Path, manifest: Path) -> None:
    path = tmp_path / "submission.csv"
    path.write_bytes(RIGHT.encode().replace(b"2000", b"20\xff0"))
    with pytest.raises(DataError, match="line 3: "):
        check_submission(path, manifest, LABELS)


def test_a_line_of_megabytes_is_told_in_short(refuse: Refuse) -> None:
    assert len(refuse(RIGHT.replace("3,", "x" * 3_000_000))) < 150


def test_a_submission_that_is_not_there_is_told(tmp_path: Path, manifest: Path) -> None:
    with pytest.raises(StorageError, match="No such file"):
        check_submission(tmp_path / "nothing.csv", manifest, LABELS)


def test_without_a_manifest_nothing_is_checked(tmp_path: Path) -> None:
    (tmp_path / "submission.csv").write_text(RIGHT)
    with pytest.raises(SettingError, match="no manifest"):
        check_submission(tmp_path / "submission.csv", tmp_path / "submission.csv", LABELS)


def test_each_group_has_one_line_and_one_without_an_answer_the_fallback(
    tmp_path: Path, manifest: Path
) -> None:
    groups = ["7", "7", "3", "12", "12"]
    predictions = write_predictions(
        tmp_path / "p.parquet", groups, ["1000", "1000", None, "1000", "1000"]
    )
    path = tmp_path / "submission.csv"
    write_submission(path, submission_lines(predictions, "2000"), manifest, LABELS)
    assert path.read_text() == RIGHT
    assert holds(path, submission_lines(predictions, "2000"))
    assert not holds(path, submission_lines(predictions, "1000"))
    assert not holds(path, list(submission_lines(predictions, "2000"))[:-1])
    assert not holds(path, [*submission_lines(predictions, "2000"), "1,1000\n"])


def test_a_wrong_submission_never_gets_its_name(tmp_path: Path, manifest: Path) -> None:
    before = sorted(tmp_path.iterdir())
    path = tmp_path / "submission.csv"
    lines = RIGHT.replace("12", "13").splitlines(keepends=True)
    with pytest.raises(DataError, match=r"submission\.csv, line 4: expected product 12"):
        write_submission(path, lines, manifest, LABELS)
    assert sorted(tmp_path.iterdir()) == before


def test_ids_with_commas_and_quotes_are_quoted_as_csv_wants(tmp_path: Path) -> None:
    groups, labels = ["a,b", 'the "best"', " c "], ["x,y", "z"]
    rows = pl.DataFrame({"image_id": groups, "group_id": groups})
    manifest = tmp_path / "manifest.parquet"
    write_manifest(manifest, Manifest(conform(rows), tmp_path))
    predictions = write_predictions(tmp_path / "p.parquet", groups, ["x,y", "z", "z"])
    path = tmp_path / "submission.csv"
    write_submission(path, submission_lines(predictions, "z"), manifest, labels)
    read = pl.read_csv(path)
    assert read.rows() == [("a,b", "x,y"), ('the "best"', "z"), (" c ", "z")]


def test_an_id_of_two_lines_is_refused(tmp_path: Path) -> None:
    predictions = write_predictions(tmp_path / "p.parquet", ["a\nb"], ["x"])
    with pytest.raises(DataError, match="longer than a line"):
        list(submission_lines(predictions, "x"))

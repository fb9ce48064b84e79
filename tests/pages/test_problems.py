import polars as pl
import pytest

from pixonomy.pages.problems import group_problems, reason


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        ("undecodable: truncated at byte 12", "undecodable"),
        ("duplicate of a/b c.jpg", "duplicate of another picture"),
        ("duplicate of a test picture", "duplicate of a test picture"),
        ("near duplicate of a.jpg", "near duplicate of another picture"),
        ("file C:\\x.jpg is blank", "file C:\\x.jpg is blank"),
        ("blank", "blank"),
        ("no end:", "no end"),
        (" two lines:\nthe second: line", "two lines"),
    ],
)
def test_a_reason_leaves_out_what_is_particular_to_one_picture(problem: str, kind: str) -> None:
    assert pl.select(reason(pl.lit(problem))).item() == kind


def test_many_reasons_share_the_twenty_pictures_shown() -> None:
    problems = pl.DataFrame(
        {
            "image_id": [str(row) for row in range(300)],
            "problem": [f"reason {row % 30}" for row in range(299)] + [None],
        }
    )
    groups = group_problems(problems.lazy())
    assert len(groups) == 31
    assert sum(group.n for group in groups) == 300
    assert sum(len(group.shown) for group in groups) == 20


def test_the_first_pictures_of_each_reason_are_shown_most_frequent_reason_first() -> None:
    problems = ["blank", "no file: a.jpg", "blank", "no file: b.jpg", "blank"]
    rows = pl.DataFrame({"image_id": list("abcde"), "problem": problems})
    first, second = group_problems(rows.lazy())
    assert (first.reason, first.n, first.shown) == (
        "blank",
        3,
        (("a", "blank"), ("c", "blank"), ("e", "blank")),
    )
    assert (second.reason, second.n) == ("no file", 2)
    assert second.shown == (("b", "no file: a.jpg"), ("d", "no file: b.jpg"))


def test_without_problems_there_are_no_groups() -> None:
    rows = pl.LazyFrame(schema={"image_id": pl.String, "problem": pl.String})
    assert group_problems(rows) == []

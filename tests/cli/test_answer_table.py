from pixonomy.cli.answer_table import table_lines


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    rows = [{"name": "a", "count": 1, "note": None}, {"name": "long", "count": 100, "note": "x"}]
    assert table_lines(rows, numbers=("count",)) == [
        "name  count  note",
        "a         1",
        "long    100  x",
    ]


def test_no_rows_are_no_table() -> None:
    assert table_lines([]) == []

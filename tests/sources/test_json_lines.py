import pytest

from pixonomy.errors import DataError
from pixonomy.sources.json_lines import read_json_lines


def test_objects_become_rows_of_text() -> None:
    table = read_json_lines(
        b'\xef\xbb\xbf{"path": "1.jpg", " label ": 1}\n'
        b'\n{"label": 2.0, "path": "2.jpg", "more": [1]}\r\n{"path": "3.jpg", "label": NaN}',
        "t.jsonl",
    )
    assert table.rows.columns == ["path", "label", "more"]
    assert table.rows.rows() == [
        ("1.jpg", "1", None), ("2.jpg", "2", "[1]"), ("3.jpg", None, None),
    ]  # fmt: skip
    assert table.lines.to_list() == [1, 3, 4]


@pytest.mark.parametrize(
    ("value", "text"),
    [("true", "true"), ("0.5", "0.5"), ('""', None), ("null", None), ("1e16", "1" + "0" * 16),
     ('"\\ud800"', "\\ud800"), ("Infinity", None), ('{"a": 1}', '{"a": 1}')],
)  # fmt: skip
def test_values_become_text(value: str, text: str | None) -> None:
    line = f'{{"a": "x", "b": {value}}}'.encode()
    assert read_json_lines(line, "t.jsonl").rows.rows() == [("x", text)]


@pytest.mark.parametrize("line", ["{", "[1]", "7", "[" * 100_000, '{"a": 1} x'])
def test_a_line_that_is_no_object_is_named(line: str) -> None:
    with pytest.raises(DataError, match=r"t\.jsonl cannot be read: line 2 is no JSON"):
        read_json_lines(b'{"a": 1}\n' + line.encode(), "t.jsonl")


def test_an_empty_file_has_no_rows() -> None:
    assert read_json_lines(b"\n", "t.jsonl").rows.is_empty()

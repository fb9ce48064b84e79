"""Tables as people's programs write them come out as they went in, or name the line."""

import csv
import io
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.errors import DataError
from pixonomy.sources.dialect import TextTable, read_text_table

PLAIN = "path,label\n1.jpg,cat\n2.jpg,dog\n"
ROWS = [("1.jpg", "cat"), ("2.jpg", "dog")]


def is_known(header: str) -> bool:
    return header.strip().lower() in ("path", "label")


def read(data: str | bytes, ending: str = ".csv") -> TextTable:
    data = data.encode() if isinstance(data, str) else data
    return read_text_table(data, "t.csv", ending, is_known)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", [".csv", ".tsv"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_ends_of_lines_are_found(delimiter: str, ending: str, end: str) -> None:
    text = PLAIN.replace(",", delimiter).replace("\n", end)
    for one in (text, text.removesuffix(end), f"{text}{end}{end}", f"{end}{text}"):
        assert read(one, ending).rows.rows() == ROWS


def test_ends_of_lines_may_be_mixed() -> None:
    table = read("path,label\r1.jpg,cat\n2.jpg,dog\r\n")
    assert table.rows.rows() == ROWS
    assert table.lines.to_list() == [2, 3]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (
            'path,label\n1.jpg,5" pipe\n2.jpg,6" pipe\n',
            [("1.jpg", '5" pipe'), ("2.jpg", '6" pipe')],
        ),
        ('path,label\n1.jpg,"5"" pipe"\n', [("1.jpg", '5" pipe')]),
        ('path,label\n1.jpg,"5\\" pipe"\n', [("1.jpg", '5" pipe')]),
        ('path,label\n1.jpg,5\\" pipe\n', [("1.jpg", '5" pipe')]),
        ('path,label\n"p\\1.jpg","a \\"b\\" c"\n', [("p\\1.jpg", 'a "b" c')]),
        ('path,label\n"p\\\\1.jpg","a \\"b\\" c"\n', [("p\\1.jpg", 'a "b" c')]),
        ('path,label\n"C:\\pics\\",cat\n', [("C:\\pics\\", "cat")]),
        ('path, label\n1.jpg, "Wine, red"\n', [("1.jpg", "Wine, red")]),
        ("'path','label'\n'1.jpg','Wine, red'\n", [("1.jpg", "Wine, red")]),
        ("path;label\n1.jpg;Wine, red\n2.jpg;1,5\n", [("1.jpg", "Wine, red"), ("2.jpg", "1,5")]),
        ("path,label\n1.jpg,a;b\n2.jpg,c;d\n", [("1.jpg", "a;b"), ("2.jpg", "c;d")]),
        ("sep=;\npath;label\n1.jpg;cat\n", [("1.jpg", "cat")]),
        ("# made by hand\npath,label\n1.jpg,cat\n", [("1.jpg", "cat")]),
        ("#path,label\n1.jpg,cat\n", [("1.jpg", "cat")]),
        ("path,label,,\n1.jpg,cat,,\n,,,\n", [("1.jpg", "cat")]),
        ("path,label\n1.jpg,cat,\n2.jpg,dog,,\n", ROWS),
        ("path,label\n\n1.jpg,cat\n   \n2.jpg,dog\n", ROWS),
        ("path\n1.jpg\n", [("1.jpg",)]),
        ("\ufeffpath,label\n1.jpg,cat\n", [("1.jpg", "cat")]),
        (
            'label , "path"\ncat , "1.jpg" \n"a, b" ,"2.jpg"\n',
            [("cat ", "1.jpg"), ("a, b", "2.jpg")],
        ),
        ('path,label\n"1.jpg","say ""hi"" , twice"\n', [("1.jpg", 'say "hi" , twice')]),
    ],
)
def test_dialects_of_many_programs_are_read(text: str, rows: list[Any]) -> None:
    assert [row for row in read(text).rows.rows() if any(row)] == rows


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('path,label\n1.jpg,"big\n2.jpg,b\n', "line 2: a quotation mark is never closed"),
        ('path,label\n1.jpg,"big\n2.jpg,small"\n', "lines 2 to 3 are one row"),
        ('path,label\n1.jpg,"big" dog\n', "line 2: "),
        ("path,label\n1.jpg,cat\n2.jpg\n", "line 3 has 1 fields .* the header has 2"),
        ("path,label\n1.jpg,cat\n2.jpg,a,b\n", "line 3 has 3 fields .* the header has 2"),
        ("path,label\n\n\n1.jpg,cat\n2.jpg,a,b\n", "line 5 has 3 fields"),
        ('path,label\n"1.jpg","a\nb"\n2.jpg,a,b\n', "line 4 has 3 fields"),
        ("sep=,\n# x\npath,label\n1.jpg,cat\n2.jpg\n", "line 5 has 1 fields"),
        ("path,label,label\n1.jpg,cat,dog\n", "two columns 'label'"),
        (
            "1.jpg,cat,7\n2.jpg,dog,8\n",
            "has no header: its first row names a picture \\('1.jpg'\\)",
        ),
        ("path,label\n1.jpg," + '"' + "x" * 200_000 + '"\n', "line 2: field larger than"),
    ],
)
def test_what_cannot_be_read_names_the_line(text: str, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence) as caught:
        read(text)
    assert "\n" not in str(caught.value)


def test_a_table_without_a_header_is_read_where_it_is_plain() -> None:
    table = read("pics/1.jpg,cat\npics/2.jpg,dog\n")
    assert table.rows.columns == ["path", "label"]
    assert table.rows.rows() == [("pics/1.jpg", "cat"), ("pics/2.jpg", "dog")]
    assert table.lines.to_list() == [1, 2]
    assert "t.csv has no header" in table.remarks[0]
    assert read("cat;1.jpg\ndog;2.jpg\n").rows.columns == ["label", "path"]
    assert read("1.jpg\n2.jpg\n").rows.rows() == [("1.jpg",), ("2.jpg",)]


def test_columns_without_a_name_are_kept_if_they_hold_something() -> None:
    table = read(",path,label,\n0,1.jpg,cat,\n1,2.jpg,dog,\n")
    assert table.rows.columns == ["column 1", "path", "label"]


def test_lines_are_counted_behind_fields_of_several_lines() -> None:
    table = read('path,label,about\n1.jpg,cat,"a\nb"\n2.jpg,dog,c\n')
    assert table.lines.to_list() == [2, 4]
    assert table.rows["about"].to_list() == ["a\nb", "c"]


CELLS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\\"), min_size=1, max_size=8
).filter(lambda text: text == text.strip() == unicodedata.normalize("NFC", text))
LATIN = st.text("aé÷ ,;|\"'#.ß", min_size=1, max_size=8).filter(lambda text: text == text.strip())


def write(rows: list[tuple[str, str]], **dialect: Any) -> str:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, **dialect)
    writer.writerows([("path", "label"), *rows])
    return stream.getvalue()


@given(
    st.lists(st.tuples(CELLS | LATIN, CELLS | LATIN), min_size=1, max_size=6),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    st.booleans(),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
@settings(max_examples=150, deadline=None)
def test_what_a_writer_wrote_comes_back(
    rows: list[tuple[str, str]],
    delimiter: str,
    quoting: Any,
    is_doubled: bool,
    end: str,
    encoding: str,
) -> None:
    escape = {} if is_doubled else {"doublequote": False, "escapechar": "\\"}
    text = write(rows, delimiter=delimiter, quoting=quoting, lineterminator=end, **escape)
    table = read(text.encode(encoding))
    assert table.rows.rows() == rows
    assert table.lines.to_list() == list(range(2, len(rows) + 2))


@given(st.lists(st.tuples(LATIN, LATIN), min_size=1, max_size=6))
@settings(max_examples=200, deadline=None)
def test_what_a_writer_wrote_in_windows_1252_comes_back(rows: list[tuple[str, str]]) -> None:
    assert read(write(rows).encode("cp1252")).rows.rows() == rows


@given(st.binary(max_size=80))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_or_refused_in_one_line(data: bytes) -> None:
    refusal = ""
    try:
        read(b"path,label\n" + data)
    except DataError as error:
        refusal = str(error)
    assert "\n" not in refusal

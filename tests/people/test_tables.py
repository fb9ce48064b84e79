"""Tables as programs write them: delimiters, quotes, encodings, headers and lines."""

import csv
import unicodedata
from pathlib import Path

from people.conftest import (
    Case,
    Cases,
    Named,
    check,
    fill,
    fill_rows,
    image,
    put,
    put_lines,
    put_text,
)

CASES = Cases()
PATES, PETS = {"pâté": 3, "pêtè": 3}, {"cat": 3, "dog": 3}


# asafdav/ng-csv#28: European spreadsheets write semicolons.
@CASES.add("semicolons, quotes around all, Windows-1252 and CRLF", PATES)
def _(here: Path) -> Named:
    return put_text(here, tuple(PATES), "cp1252", "\r\n", delimiter=";", quoting=csv.QUOTE_ALL)


@CASES.add("tabs in UTF-16, a spreadsheet's Unicode text", PATES)
def _(here: Path) -> Named:
    return put_text(here, tuple(PATES), "utf-16", "\r\n", delimiter="\t").rename(here / "t.txt.csv")


@CASES.add("tabs in UTF-16 called .tsv", PATES)
def _(here: Path) -> Named:
    return put_text(here, tuple(PATES), "utf-16", "\r\n", delimiter="\t").rename(here / "t.tsv")


@CASES.add("UTF-8 with a mark", PATES)
def _(here: Path) -> Named:
    return put_text(here, tuple(PATES), "utf-8-sig", delimiter=";")


@CASES.add("bars", PETS)
def _(here: Path) -> Named:
    return put_text(here, tuple(PETS), delimiter="|")


@CASES.add("carriage returns alone", PETS)
def _(here: Path) -> Named:
    return put_text(here, tuple(PETS), newline="\r")


# shancarter/mr-data-converter#52
@CASES.add("sep=; on the first line", PETS)
def _(here: Path) -> Named:
    path = put_text(here, tuple(PETS), delimiter=";")
    return put(path, b"sep=;\r\n" + path.read_bytes())


@CASES.add("blanks behind the commas and around the quotes, label first", PETS)
def _(here: Path) -> Named:
    return put_lines(here, tuple(PETS), 'label , "path"', '{label} , "{path}" ')


@CASES.add("doubled quotes and commas in labels", {'say "hi", twice': 3, "a, b": 3})
def _(here: Path) -> Named:
    return put_text(here, ('say "hi", twice', "a, b"))


@CASES.add("quotes behind a backslash", {'say "hi", twice': 3, "dog": 3})
def _(here: Path) -> Named:
    labels = ('say "hi", twice', "dog")
    return put_text(here, labels, doublequote=False, escapechar="\\", quoting=csv.QUOTE_ALL)


@CASES.add("inches: a quote inside a value that has none around it", {'5" screen': 3, "dog": 3})
def _(here: Path) -> Named:
    return put_lines(here, ('5" screen', "dog"), "path,label", "{path},{label}")


@CASES.add("line breaks inside quotes, CRLF elsewhere", PETS)
def _(here: Path) -> Named:
    path = put_lines(here, tuple(PETS), "path,caption,label", '{path},"one\ntwo, {n}",{label}')
    return put(path, path.read_bytes().replace(b"\n", b"\r\n"))


@CASES.add("a data frame's numbers of rows in front", PETS)
def _(here: Path) -> Named:
    return put_lines(here, tuple(PETS), ",path,label", "{n},{path},{label}", "\n")


@CASES.add("a delimiter and blank lines at the end", PETS)
def _(here: Path) -> Named:
    return put_lines(here, tuple(PETS), "path,label,", "{path},{label},", "\n\n,,\n\n")


@CASES.add("one line with a comma too many", refused=("line 8", r"t\.csv"))
def _(here: Path) -> Named:
    return put_lines(here, tuple(PETS), "path,label", "{path},{label}", "\np0/000.jpg,cat, small\n")


@CASES.add("a quote that is never closed", refused=("line 8|quote", r"t\.csv"))
def _(here: Path) -> Named:
    return put_lines(here, tuple(PETS), "path,label", "{path},{label}", '\n"p0/000.jpg,cat\n')


# fizyr/keras-retinanet#347: such tables have no header.
@CASES.add("no header", PETS, told=("header",))
def _(here: Path) -> Named:
    rows = fill_rows(here, tuple(PETS))
    return put(here / "t.csv", "\n".join(f"{path},{label}" for path, label in rows))


@CASES.add("headers with capitals, blanks and a no-break space", PETS)
def _(here: Path) -> Named:
    return put_text(here, tuple(PETS), header=("File Name\u00a0", " LABEL "))


@CASES.add("invisible letters around labels", PETS)
def _(here: Path) -> Named:
    line = "{path},\u00a0{label}\u200b "
    return put_lines(here, tuple(PETS), "path,label", line)


@CASES.add("labels in the form of Unicode that Macs write", PATES)
def _(here: Path) -> Named:
    path = put_text(here, tuple(PATES))
    lines = path.read_text().splitlines()
    lines[1:3] = [unicodedata.normalize("NFD", line) for line in lines[1:3]]
    return put(path, "\n".join(lines))


@CASES.add("numbers with leading zeros stay different", {"007": 3, "7": 3})
def _(here: Path) -> Named:
    return put_text(here, ("007", "7"))


@CASES.add("thousands separators stay what they are", {"1,234": 3, "1.234": 3})
def _(here: Path) -> Named:
    return put_text(here, ("1,234", "1.234"), quoting=csv.QUOTE_ALL)


@CASES.add("classes as floats, some of them missing", {"0": 3, "1000003437": 3}, unlabelled=2)
def _(here: Path) -> Named:
    fill(here, "0", 2, start=10)
    header, tail = "path,label", "\n010.jpg,\n011.jpg,nan\n"
    return put_lines(here, ("0", "1000003437"), header, "{path},{label}.0", tail)


@CASES.add("empty labels, with blanks or quotes", PETS, unlabelled=3)
def _(here: Path) -> Named:
    fill(here, "cat")
    tail = '\n000.jpg,""\n001.jpg,  \n002.jpg,\n'
    return put_lines(here, tuple(PETS), "path,label", "{path},{label}", tail)


@CASES.add("another code page than any that is guessed is told", told=("1252|encod|UTF-8",))
def _(here: Path) -> Named:
    return put_text(here, ("кошка", "собака"), "cp1251", delimiter=";")


@CASES.add("a currency sign of Windows", {"5 € note": 3, "10 € note": 3})
def _(here: Path) -> Named:
    return put_text(here, ("5 € note", "10 € note"), "cp1252", "\r\n", delimiter=";")


@CASES.add("commas in labels of a table with semicolons", {"a, b, c": 3, "d, e, f": 3})
def _(here: Path) -> Named:
    return put_text(here, ("a, b, c", "d, e, f"), delimiter=";", quoting=csv.QUOTE_NONE)


@CASES.add("UTF-16 without a tab: commas and a mark", PATES)
def _(here: Path) -> Named:
    return put_text(here, tuple(PATES), "utf-16-be", newline="\n", header=("\ufeffpath", "label"))


@CASES.add("a tab-separated table called .csv with quotes in its labels", {"say 'hi'": 3, '"': 3})
def _(here: Path) -> Named:
    return put_text(here, ("say 'hi'", '"'), delimiter="\t")


@CASES.add("the last line has no end, and the first none but a header in quotes", PETS)
def _(here: Path) -> Named:
    return put_lines(here, tuple(PETS), '"path","label"', "{path},{label}")


@CASES.add("one row alone", {"cat": 1})
def _(here: Path) -> Named:
    put(here / "a.jpg", image("cat"))
    return put(here / "t.csv", "path;label\r\na.jpg;cat\r\n")


@CASES.each()
def test_tables_as_programs_write_them(case: Case, tmp_path: Path) -> None:
    check(case, tmp_path)

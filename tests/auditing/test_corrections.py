"""Labels that people gave are read, checked against the manifest and laid into it."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from pixonomy.auditing.corrections import correct, read_corrections
from pixonomy.dataset.manifest import Manifest, conform, read_manifest, write_manifest
from pixonomy.errors import DataError, SettingError

IDS = ["a.jpg", "b.jpg", "=c.jpg", "'=c.jpg", "d,e.jpg"]


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    rows = pl.DataFrame(
        {
            "image_id": IDS,
            "group_id": IDS,
            "label": ["cat", "dog", "cat", "dog", "-x"],
            "uri": IDS,
            "label_source": ["folder"] * 5,
            "problem": ["suspected wrong label: a reason", None, "the file is empty", None, None],
        }
    )
    write_manifest(tmp_path / "m.parquet", Manifest(conform(rows), tmp_path))
    return tmp_path / "m.parquet"


def write(manifest: Path, text: str, encoding: str = "utf-8") -> Path:
    file = manifest.parent / "corrections.csv"
    file.write_bytes(text.encode(encoding))
    return file


def corrected(
    manifest: Path, text: str, encoding: str = "utf-8"
) -> dict[str, tuple[str | None, ...]]:
    """Return label, label_source, label_by and problem of the rows that a person has spoken of."""
    output = manifest.parent / "corrected.parquet"
    correct(manifest, read_corrections(write(manifest, text, encoding), manifest), output, {})
    rows = read_manifest(output).rows.filter(label_source="reviewer")
    told = rows.select("image_id", "label", "label_by", "problem")
    return {image_id: tuple(row) for image_id, *row in told.iter_rows()}


def test_a_label_is_corrected_or_confirmed_and_the_others_stay(manifest: Path) -> None:
    found = corrected(manifest, 'image_id,label,by\na.jpg,cat,Ann\n"d,e.jpg",dog,\n')
    assert found == {"a.jpg": ("cat", "Ann", None), "d,e.jpg": ("dog", None, None)}
    rows = read_manifest(manifest.parent / "corrected.parquet").rows
    assert rows["label"].to_list() == ["cat", "dog", "cat", "dog", "dog"]
    assert rows["label_source"].to_list().count("folder") == 3
    assert rows["problem"].to_list() == [None, None, "the file is empty", None, None]


def test_who_gave_a_label_before_stays(manifest: Path) -> None:
    corrected(manifest, "image_id,label,by\nb.jpg,cat,Ann\n")
    again = corrected(manifest.parent / "corrected.parquet", "image_id,label,by\na.jpg,dog,Bo\n")
    assert {image_id: row[1] for image_id, row in again.items()} == {"a.jpg": "Bo", "b.jpg": "Ann"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_spreadsheets_make_of_the_file_is_read(
    manifest: Path, encoding: str, delimiter: str
) -> None:
    text = "Image_ID,Label,By\r\nb.jpg,cat,René\r\n,,\r\n".replace(",", delimiter)
    assert corrected(manifest, text, encoding) == {"b.jpg": ("cat", "René", None)}


def test_guarded_cells_are_read_back_as_they_were(manifest: Path) -> None:
    text = "image_id,label,by\n'=c.jpg,'-x,'@Ann\n''=c.jpg,cat,\n"
    found = corrected(manifest, text)
    assert found == {"=c.jpg": ("-x", "@Ann", "the file is empty"), "'=c.jpg": ("cat", None, None)}


def test_what_is_passed_over_is_told(manifest: Path) -> None:
    text = "image_id,label,by\nb.jpg,cat,\nlost.jpg,cat,\n,,\na.jpg, ,\n"
    given = read_corrections(write(manifest, text), manifest)
    assert given.rows["row"].to_list() == [1]
    blank, lost = given.remarks
    assert blank.startswith("1 row of ")
    assert blank.endswith("without a label decided nothing.")
    assert lost.startswith("1 correction of ")
    assert "'lost.jpg' in line 3" in lost


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("image_id,label\nb.jpg,cst\n", "Line 2 of .*no category 'cst'. Did you mean 'cat'"),
        (
            "image_id,label\na.jpg,dog\nb.jpg,cat\nb.jpg,dog\n",
            "'b.jpg' two labels: 'cat' in line 3",
        ),
        ("image_id,label\n,cat\n", "Line 2 of .* gives the label 'cat' to no picture"),
        ("image_id,label\nlost.jpg,cat\n", "None of the pictures in .*'lost.jpg' in line 2"),
        ("picture,label\nb.jpg,cat\n", "image_id, label and by; it holds 'picture', 'label'"),
        ("", "image_id, label and by; it holds nothing"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(
    manifest: Path, text: str, said: str
) -> None:
    with pytest.raises(DataError, match=said):
        read_corrections(write(manifest, text), manifest)


def test_the_same_said_twice_is_said_once(manifest: Path) -> None:
    text = "image_id,label,by\nb.jpg,cat,Ann\nb.jpg,cat,Bo\n"
    assert corrected(manifest, text) == {"b.jpg": ("cat", "Ann", None)}


def test_a_folder_or_nothing_is_no_table(manifest: Path) -> None:
    with pytest.raises(DataError, match="no table of corrections"):
        read_corrections(manifest.parent, manifest)
    with pytest.raises(SettingError, match="There is no table of corrections"):
        read_corrections(manifest.parent / "none.csv", manifest)


def test_a_file_of_headers_alone_corrects_nothing(manifest: Path) -> None:
    given = read_corrections(write(manifest, "image_id,label,by\n"), manifest)
    assert given.rows.is_empty()
    assert replace(given, identity="").remarks == ()

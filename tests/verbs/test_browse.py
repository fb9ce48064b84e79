"""A manifest becomes one page, whatever its pictures lie in and however many there are."""

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from bs4 import BeautifulSoup

from pixonomy.bench.memory import watch
from pixonomy.browsing.overview_page import BrowseChoices, read_fingerprint
from pixonomy.dataset.manifest import Manifest, conform, write_manifest
from pixonomy.errors import ArtefactDiffers, SettingError
from pixonomy.sources.bson.write_bson import ProductImages, write_bson
from pixonomy.sources.table import TableColumns
from pixonomy.splitting.assign import SplitShares
from pixonomy.verbs.browse import browse
from pixonomy.verbs.index import IndexChoices, index
from pixonomy.verbs.split import split

Call = Callable[..., tuple[int, Any, str]]
KEYS = {"page", "rows", "groups", "categories", "problems"}
THUMBNAIL = 'src="data:image/jpeg;base64,'


@pytest.fixture
def folder(tmp_path: Path, write_images: Callable[..., Path]) -> Path:
    return write_images(tmp_path / "pictures", 6)


@pytest.fixture
def manifest(tmp_path: Path, folder: Path) -> Path:
    index([folder], tmp_path / "m.parquet")
    return tmp_path / "m.parquet"


def make_catalogue(path: Path, folder: Path) -> Path:
    """Write the pictures of a folder as products of two pictures, in three categories."""
    files = sorted(folder.rglob("*.jpg"))
    images = [file.read_bytes() for file in files]
    write_bson(
        path,
        [
            ProductImages(number, 10 + number // 3, images[2 * number :][:2])
            for number in range(len(images) // 2)
        ],
    )
    return path


def write_large(path: Path, rows: int, categories: int, folder: Path) -> Path:
    """Write a made-up catalogue whose pictures are a few real ones, again and again."""
    images = [file.read_bytes() for file in sorted(folder.rglob("*.jpg"))]
    (path.parent / "train.bson").write_bytes(b"".join(images))
    lengths = np.array([len(one) for one in images])
    chance = np.random.default_rng(0)
    which = chance.integers(0, len(images), rows)
    # A few categories hold most of the pictures; each has one at least.
    label = (categories * chance.random(rows) ** 3).astype(np.int64)
    label[:categories] = np.arange(categories)
    table = pl.DataFrame(
        {
            "image_id": pl.Series(np.arange(rows)).cast(pl.String),
            "group_id": pl.Series(np.arange(rows) // 2).cast(pl.String),
            "label": pl.Series(1_000_000_000 + label).cast(pl.String),
            "offset": (lengths.cumsum() - lengths)[which],
            "length": lengths[which],
        }
    )
    table = table.with_columns(uri=pl.lit("train.bson"))
    write_manifest(path, Manifest(conform(table), path.parent))
    return path


def test_a_folder_becomes_a_page_with_a_sheet_a_category(manifest: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    result = browse(manifest, page)
    counts = {"rows": 18, "groups": 18, "categories": 3, "problems": 0}
    assert result.as_json() == {"page": str(page), **counts}
    text = page.read_text("utf-8")
    assert text.count(THUMBNAIL) == 18
    assert "48 × 48" in text
    for label in ("circle", "cross", "stripes"):
        assert f"<h3>{label}</h3>" in text


def test_what_to_do_next_follows_from_what_was_done(manifest: Path, tmp_path: Path) -> None:
    split(manifest, tmp_path / "split.parquet", SplitShares())
    for source, command in ((manifest, "audit"), (tmp_path / "split.parquet", "fit")):
        page = tmp_path / f"{command}.html"
        browse(source, page, BrowseChoices(each=3))
        codes = BeautifulSoup(page.read_text("utf-8"), "lxml").select("header code")
        texts = [one.get_text() for one in codes]
        assert texts[0].startswith(f"pixonomy {command} {source} -o ")
        assert texts[-1] == f"pixonomy browse {source} -o {page} --each 3"


def test_choices_say_how_much_is_shown(manifest: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    browse(manifest, page, BrowseChoices(categories=2, each=4))
    text = page.read_text("utf-8")
    assert text.count(THUMBNAIL) == 8
    assert "The other categories" in text


def test_the_same_seed_makes_the_same_page_and_another_one_another(
    manifest: Path, tmp_path: Path
) -> None:
    pages = [tmp_path / f"{number}.html" for number in range(3)]
    for page, seed in zip(pages, (1, 1, 2), strict=True):
        browse(manifest, page, BrowseChoices(each=2, seed=seed))
    made = re.compile(r"Made on .*?</div>", re.DOTALL)  # when, in how long, with which command
    first, again, other = (made.sub("", page.read_text("utf-8")) for page in pages)
    assert first == again
    assert first != other


def test_a_finished_page_is_kept_and_another_one_only_replaced_on_request(
    manifest: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    result = browse(manifest, page)
    written = page.stat().st_mtime_ns
    assert browse(manifest, page) == result
    assert browse(manifest, page, overwrite=True) == result
    assert page.stat().st_mtime_ns == written
    with pytest.raises(ArtefactDiffers, match="seed was 0, now 5"):
        browse(manifest, page, BrowseChoices(seed=5))
    browse(manifest, page, BrowseChoices(seed=5), overwrite=True)
    mark = read_fingerprint(page)
    assert mark is not None
    fingerprint = mark["fingerprint"]
    assert isinstance(fingerprint, dict)
    assert fingerprint["seed"] == 5


@pytest.mark.parametrize("content", [b"", b"<html>mine</html>", b"\xff\xfe\x00"])
def test_a_file_of_somebody_else_is_never_replaced(
    manifest: Path, tmp_path: Path, content: bytes
) -> None:
    page = tmp_path / "page.html"
    page.write_bytes(content)
    with pytest.raises(SettingError, match="is no page of `browse`"):
        browse(manifest, page, overwrite=True)
    assert page.read_bytes() == content


def test_a_folder_or_the_manifest_itself_is_no_place_for_a_page(
    manifest: Path, tmp_path: Path
) -> None:
    for place in (tmp_path, manifest):
        with pytest.raises(SettingError, match="is no page of `browse`"):
            browse(manifest, place, overwrite=True)


def test_something_that_is_no_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="is no manifest"):
        browse(tmp_path / "none.parquet", tmp_path / "page.html")


def test_a_catalogue_is_shown_with_products_and_names(tmp_path: Path, folder: Path) -> None:
    catalogue = make_catalogue(tmp_path / "train.bson", folder)
    names = tmp_path / "names.csv"
    head = "category_id,category_level1,category_level2,category_level3\n"
    names.write_text(head + "10,SHAPES,ROUND,CIRCLE\n11,SHAPES,LINES,CROSS\n12,SHAPES,LINES,BARS\n")
    index([catalogue], tmp_path / "m.parquet", IndexChoices(categories=names))
    result = browse(tmp_path / "m.parquet", tmp_path / "page.html")
    assert (result["rows"], result["groups"], result["categories"]) == (18, 9, 3)
    text = (tmp_path / "page.html").read_text("utf-8")
    assert text.count(THUMBNAIL) == 18
    for told in ("<h3>BARS</h3>", "SHAPES / LINES / 12", "6 pictures in 3 groups"):
        assert told in text


def test_unlabelled_products_are_shown_too(tmp_path: Path, folder: Path) -> None:
    images = [file.read_bytes() for file in folder.rglob("*.jpg")]
    products = [ProductImages(number, None, [one]) for number, one in enumerate(images)]
    write_bson(tmp_path / "test.bson", products)
    index([tmp_path / "test.bson"], tmp_path / "m.parquet")
    result = browse(tmp_path / "m.parquet", tmp_path / "page.html")
    assert result["categories"] == 0
    text = (tmp_path / "page.html").read_text("utf-8")
    assert "No picture has a category" in text
    assert text.count(THUMBNAIL) == 12


def test_a_catalogue_on_s3_makes_the_same_sheets(
    tmp_path: Path, folder: Path, storage: Any
) -> None:
    catalogue = make_catalogue(tmp_path / "train.bson", folder)
    storage.put("bucket/train.bson", catalogue.read_bytes())
    sources: list[Path | str] = [catalogue, "s3://bucket/train.bson"]
    sheets = []
    for number, source in enumerate(sources):
        index([source], tmp_path / f"{number}.parquet")
        browse(tmp_path / f"{number}.parquet", tmp_path / f"{number}.html")
        text = (tmp_path / f"{number}.html").read_text("utf-8")
        sheets.append([part.partition('"')[0] for part in text.split(THUMBNAIL)[1:]])
    assert len(sheets[0]) == 18
    assert sheets[0] == sheets[1]


def test_broken_and_left_out_pictures_are_told(
    manifest: Path, tmp_path: Path, folder: Path
) -> None:
    (folder / "cross" / "000.jpg").write_bytes(b"no picture" * 500)
    (folder / "cross" / "001.jpg").unlink()
    (folder / "cross" / "002.jpg").write_bytes(b"another picture")
    known = pl.read_parquet(manifest)
    problem = pl.when(pl.int_range(pl.len()) == 0).then(pl.lit("blank"))
    size, time = 5_000, (folder / "cross" / "000.jpg").stat().st_mtime_ns
    is_new = pl.col("uri") == "cross/000.jpg"  # was so when it was indexed
    left_out = known.with_columns(
        problem=problem,
        length=pl.when(is_new).then(size).otherwise("length"),
        modified_ns=pl.when(is_new).then(time).otherwise("modified_ns"),
    )
    write_manifest(tmp_path / "marked.parquet", Manifest(left_out, folder))
    result = browse(tmp_path / "marked.parquet", tmp_path / "page.html")
    assert result["problems"] == 1
    text = (tmp_path / "page.html").read_text("utf-8")
    for told in (
        "left out: blank",
        "not a picture in a known format",
        "the file is missing",
        "the file was changed since it was indexed",
    ):
        assert told in text


def test_sizes_that_a_table_tells_are_not_measured_again(tmp_path: Path, folder: Path) -> None:
    files = sorted(folder.rglob("*.jpg"))
    table = pl.DataFrame(
        {
            "path": [str(file) for file in files],
            "label": [file.parent.name for file in files],
            "width": [640] * len(files),
            "height": [480] * len(files),
        }
    )
    table.write_csv(tmp_path / "table.csv")
    columns = TableColumns(path="path", label="label")
    index([tmp_path / "table.csv"], tmp_path / "m.parquet", IndexChoices(columns))
    browse(tmp_path / "m.parquet", tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text("utf-8")
    assert "640 × 480" in text
    assert "As the manifest tells" in text


def test_the_command_prints_what_is_on_the_page(call: Call, manifest: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    code, result, _ = call("browse", manifest, "-o", page, "--categories", 1, "--each", 2)
    assert code == 0
    assert result.keys() == KEYS
    assert page.read_text("utf-8").count(THUMBNAIL) == 2
    code, result, _ = call("browse", manifest, "-o", page, "--categories", 900)
    assert (code, result["error"]["kind"]) == (2, "SettingError")
    code, result, _ = call("browse", manifest, "-o", page)
    assert (code, result["error"]["kind"]) == (2, "ArtefactDiffers")


def test_a_hundred_thousand_pictures_of_5270_categories_stay_small_and_quick(
    tmp_path: Path, folder: Path
) -> None:
    manifest = write_large(tmp_path / "m.parquet", 120_000, 5_270, folder)
    began = time.process_time()
    result = browse(manifest, tmp_path / "page.html")
    assert time.process_time() - began < 20
    assert (result["rows"], result["groups"], result["categories"]) == (120_000, 60_000, 5_270)
    text = (tmp_path / "page.html").read_text("utf-8")
    assert text.count(THUMBNAIL) == 60 * 12
    assert all(f">{1_000_000_000 + label}<" in text for label in range(5_270))
    assert len(text) < 5_000_000


@pytest.mark.soak
def test_twelve_million_pictures_take_less_than_a_minute_and_two_gib(
    tmp_path: Path, folder: Path
) -> None:
    manifest = write_large(tmp_path / "m.parquet", 12_371_293, 5_270, folder)
    page = tmp_path / "page.html"
    command = [sys.executable, "-m", "pixonomy", "browse", str(manifest), "-o", str(page)]
    # Its own memory: what the system says of a child includes the parent it was forked from.
    watched = watch(command)
    assert watched.seconds < 60
    assert watched.anonymous_bytes < 2 * 1024**3
    assert page.stat().st_size < 10_000_000

"""A part of a manifest becomes a manifest of its own, with a table of what was asked and had."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pixonomy.dataset.manifest import Manifest, conform, read_manifest, write_manifest
from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.errors import ArtefactDiffers, DataError, SettingError
from pixonomy.near_duplicates.group_manifest import HASHED_AT_MOST
from pixonomy.progress import Context
from pixonomy.sampling.draw import PRESETS, SampleChoices
from pixonomy.splitting.assign import SplitShares
from pixonomy.verbs.index import index
from pixonomy.verbs.sample import sample
from pixonomy.verbs.split import split

KEYS = {
    "manifest", "rows", "groups", "categories", "problems", "splits", "labels", "passed_over",
    "missing", "damage", "sampled",
}  # fmt: skip
SIZES = {"10": 9, "11": 5, "12": 5, "13": 1}
PATHS = {
    "10": ("DRINKS", "WINE", "RED"),
    "11": ("DRINKS", "WINE", "ROSÉ"),
    "12": ("DRINKS", "BEER", "BEER"),
    "13": ("HOME", "DECOR", "CLOCK"),
}
TREE = Taxonomy.from_paths(PATHS)


def write_catalogue(path: Path, sizes: dict[str, int], **about: Any) -> Path:
    """Write a manifest with that many products of three pictures a label; one picture is broken."""
    rows = [
        {
            "image_id": f"{label}-{product}-{view}",
            "group_id": f"{label}-{product}",
            "label": label,
            "problem": "broken" if view == 2 and product == 0 else None,
            "sha256": f"{label}-{product}-{view}",
            "colour": "red",
        }
        for label, count in sizes.items()
        for product in range(count)
        for view in range(3)
    ]
    table = pl.DataFrame(rows, infer_schema_length=None)
    write_manifest(path, Manifest(conform(table), path.parent, {"stage": "index"}, **about))
    return path


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    return write_catalogue(tmp_path / "m.parquet", SIZES, taxonomy=TREE, notes={"a": 1})


def test_whole_products_are_kept_with_all_columns_and_the_tree(
    catalogue: Path, tmp_path: Path
) -> None:
    output = tmp_path / "sample.parquet"
    result = sample(catalogue, output, SampleChoices(("wine", "clock"), each=4))
    assert result.keys() == KEYS
    assert result["sampled"] == [
        {"label": "10", "name": "RED", "asked": 4, "had": 4, "pictures": 11},
        {"label": "11", "name": "ROSÉ", "asked": 4, "had": 4, "pictures": 11},
        {"label": "13", "name": "CLOCK", "asked": 4, "had": 1, "pictures": 2},
    ]
    assert (result["rows"], result["groups"], result["categories"]) == (24, 9, 3)
    before, after = read_manifest(catalogue), read_manifest(output)
    assert after.rows.equals(before.rows.join(after.rows, on="image_id", how="semi"))
    assert (after.taxonomy, after.base) == (TREE, before.base)


def test_a_sample_can_be_split_and_the_tree_goes_along(catalogue: Path, tmp_path: Path) -> None:
    sample(catalogue, tmp_path / "sample.parquet", SampleChoices(balanced=True, total=12))
    split(tmp_path / "sample.parquet", tmp_path / "split.parquet", SplitShares(seed=1))
    done = read_manifest(tmp_path / "split.parquet")
    assert done.taxonomy == TREE
    assert done.notes == {}


def test_the_same_call_again_tells_the_same_and_leaves_the_file_alone(
    catalogue: Path, tmp_path: Path
) -> None:
    output, said = tmp_path / "sample.parquet", list[str]()
    results, times = [], []
    for _ in range(2):
        around = Context(report=said.append)
        results.append(sample(catalogue, output, SampleChoices(each=4), context=around))
        times.append(output.stat().st_mtime_ns)
    assert results[0] == results[1]
    assert times[0] == times[1]
    assert said == ["Fewer products than were asked for: in 1 categories, as CLOCK (1 of 4)."] * 2


def test_other_choices_are_refused_and_overwrite_replaces(catalogue: Path, tmp_path: Path) -> None:
    output = tmp_path / "sample.parquet"
    sample(catalogue, output, SampleChoices(each=4))
    with pytest.raises(ArtefactDiffers, match="each was 4, now 2"):
        sample(catalogue, output, SampleChoices(each=2))
    assert sample(catalogue, output, SampleChoices(each=2), overwrite=True)["groups"] == 7


def test_nothing_but_a_manifest_is_taken_or_replaced(catalogue: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(SettingError, match="is no manifest"):
        sample(tmp_path / "notes.txt", tmp_path / "sample.parquet")
    with pytest.raises(SettingError, match="exists and is no manifest"):
        sample(catalogue, tmp_path / "notes.txt", overwrite=True)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_nothing_left_and_unknown_names_leave_no_file(catalogue: Path, tmp_path: Path) -> None:
    lonely = Taxonomy.from_paths({**PATHS, "99": ("HOME", "GARDEN", "SPADE")})
    write_catalogue(catalogue, SIZES, taxonomy=lonely)
    with pytest.raises(DataError, match="Nothing is left"):
        sample(catalogue, tmp_path / "sample.parquet", SampleChoices(("spade",)))
    with pytest.raises(SettingError, match="Did you mean 'CLOCK'"):
        sample(catalogue, tmp_path / "sample.parquet", SampleChoices(("clocks",)))
    assert not (tmp_path / "sample.parquet").exists()


def test_a_preset_needs_its_categories(catalogue: Path, tmp_path: Path) -> None:
    ids = PRESETS["cdiscount-mixed"]
    with pytest.raises(SettingError, match=", ".join(ids)):
        sample(catalogue, tmp_path / "s.parquet", SampleChoices(preset="cdiscount-mixed"))
    whole = write_catalogue(tmp_path / "whole.parquet", dict.fromkeys(ids, 3))
    result = sample(whole, tmp_path / "s.parquet", SampleChoices(preset="cdiscount-mixed"))
    assert [(one["asked"], one["had"]) for one in result["sampled"]] == [
        (1583, 3),
        (1583, 3),
        (1583, 3),
        (1583, 3),
        (1584, 3),
    ]


def test_the_most_equal_categories_are_found(catalogue: Path, tmp_path: Path) -> None:
    result = sample(catalogue, tmp_path / "sample.parquet", SampleChoices(find="equal:2"))
    assert [one["label"] for one in result["sampled"]] == ["11", "12"]


def test_alike_categories_are_found_by_predictions(catalogue: Path, tmp_path: Path) -> None:
    by = tmp_path / "predictions.parquet"
    told = {"label": ["10", "11", "12", "13"], "predicted": ["12", "11", "10", "13"]}
    pl.DataFrame(told).write_parquet(by)
    output = tmp_path / "sample.parquet"
    result = sample(catalogue, output, SampleChoices(find="alike:2", by=by))
    assert [one["label"] for one in result["sampled"]] == ["10", "12"]
    pl.DataFrame(told).head(3).write_parquet(by)
    with pytest.raises(ArtefactDiffers, match="by was"):
        sample(catalogue, output, SampleChoices(find="alike:2", by=by))


def test_the_command_line_prints_the_table(
    catalogue: Path, tmp_path: Path, call: Callable[..., Any], capfd: pytest.CaptureFixture[str]
) -> None:
    from pixonomy.cli.main import run

    write_catalogue(catalogue, {"10": 2, "11": 1, "12": 5}, taxonomy=TREE)
    call_of = ["sample", str(catalogue), "-o", str(tmp_path / "s.parquet"), "--category", "wine"]
    assert run([*call_of, "--each", "2"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[:4] == [
        "label  name  asked  had  pictures",
        "10     RED       2    2         5",
        "11     ROSÉ      2    1         2",
        "7 pictures of 3 products in 2 categories.",
    ]
    code, answer, _ = call(*call_of, "--each", "2")
    assert (code, answer.keys()) == (0, KEYS)
    code, answer, _ = call(*call_of, "--find", "best")
    assert (code, answer["error"]["kind"]) == (2, "SettingError")


def test_duplicates_are_kept_unless_they_are_dropped(
    tmp_path: Path, write_images: Callable[..., Path]
) -> None:
    images = write_images(tmp_path / "pictures", 6, ("circle", "cross"))
    for number in range(3):
        copy = images / "cross" / f"{number:03d} again.jpg"
        copy.write_bytes((images / "cross" / f"{number:03d}.jpg").read_bytes())
    index([images], tmp_path / "m.parquet")
    assert sample(tmp_path / "m.parquet", tmp_path / "all.parquet")["rows"] == 15
    said: list[str] = []
    for _ in range(2):
        around = Context(report=said.append)
        result = sample(
            tmp_path / "m.parquet",
            tmp_path / "once.parquet",
            SampleChoices(duplicates="drop"),
            context=around,
        )
    assert result.keys() == KEYS | {"repeats"}
    assert (result["rows"], result["repeats"]) == (12, 3)
    assert said[0] == said[1]
    assert "repeat another one: 3" in said[0]
    rows = read_manifest(tmp_path / "once.parquet").rows
    assert rows["sha256"].n_unique() == rows["sha256"].count() == 12


def test_of_a_catalogue_that_nobody_looked_at_no_duplicates_can_be_dropped(tmp_path: Path) -> None:
    count = HASHED_AT_MOST + 2
    rows = pl.select(image_id=pl.format("{}", pl.int_range(count))).with_columns(
        group_id="image_id", label=pl.lit("a"), uri=pl.lit("catalogue.bson")
    )
    write_manifest(tmp_path / "m.parquet", Manifest(conform(rows), tmp_path))
    drop = SampleChoices(duplicates="drop")
    with pytest.raises(SettingError, match="Run `pixonomy audit` first"):
        sample(tmp_path / "m.parquet", tmp_path / "s.parquet", drop)
    marked = rows.with_columns(sha256=pl.format("{}", pl.int_range(count) // 2))
    write_manifest(tmp_path / "m.parquet", Manifest(conform(marked), tmp_path))
    assert sample(tmp_path / "m.parquet", tmp_path / "s.parquet", drop)["rows"] == count // 2


def test_the_floor_can_be_named_with_the_search(catalogue: Path, tmp_path: Path) -> None:
    result = sample(catalogue, tmp_path / "s.parquet", SampleChoices(find="equal:3:5"))
    assert [one["label"] for one in result["sampled"]] == ["10", "11", "12"]

"""A manifest as a source keeps its tree of categories, and takes no columns of tables."""

from pathlib import Path

import polars as pl
import pytest

from pixonomy.dataset.location import path_to_uri
from pixonomy.dataset.manifest import Manifest, conform, read_manifest, write_manifest
from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.errors import SettingError
from pixonomy.progress import Context
from pixonomy.sources.table import TableColumns
from pixonomy.verbs.index import IndexChoices, index

TREE = Taxonomy.from_paths({"1": ("DRINKS", "WINE", "RED"), "2": ("DRINKS", "WINE", "WHITE")})


def write(path: Path, images: Path, taxonomy: Taxonomy | None = TREE) -> Path:
    files = sorted(images.glob("*/0*.jpg"))[:4]
    rows = pl.DataFrame(
        {
            "image_id": [f"{path.stem} {number}" for number in range(4)],
            "group_id": [f"{path.stem} {number}" for number in range(4)],
            "label": ["1", "2", "1", "2"],
            "uri": [path_to_uri(file.relative_to(images)) for file in files],
        }
    )
    write_manifest(path, Manifest(conform(rows), images, {}, taxonomy))
    return path


def test_the_tree_of_a_manifest_is_kept(fitted_images: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "a.parquet", fitted_images)
    other = write(tmp_path / "b.parquet", fitted_images)
    for number, sources in enumerate(([source], [source, other])):
        output = tmp_path / f"{number}.parquet"
        index(sources, output)
        assert read_manifest(output).taxonomy == TREE


def test_trees_of_different_categories_are_joined(fitted_images: Path, tmp_path: Path) -> None:
    other = Taxonomy.from_paths({"3": ("DRINKS", "BEER", "ALE")})
    sources = [
        write(tmp_path / f"{number}.parquet", fitted_images, tree)
        for number, tree in enumerate((TREE, other))
    ]
    index(sources, tmp_path / "all.parquet")
    joined = read_manifest(tmp_path / "all.parquet").taxonomy
    assert joined == Taxonomy({**TREE.categories, **other.categories})


def test_trees_that_disagree_are_left_out_and_that_is_told(
    fitted_images: Path, tmp_path: Path
) -> None:
    other = Taxonomy.from_paths({"1": ("DRINKS", "BEER", "ALE")})
    sources = [
        write(tmp_path / f"{number}.parquet", fitted_images, tree)
        for number, tree in enumerate((TREE, other))
    ]
    messages: list[str] = []
    index(sources, tmp_path / "all.parquet", context=Context(report=messages.append))
    assert read_manifest(tmp_path / "all.parquet").taxonomy is None
    assert "The sources disagree about category '1'." in messages[0]
    assert "--categories FILE" in messages[0]


def test_no_tree_is_kept_where_one_source_has_none(fitted_images: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "a.parquet", fitted_images)
    plain = write(tmp_path / "b.parquet", fitted_images, None)
    for number, other in enumerate((plain, fitted_images)):
        output = tmp_path / f"{number}.parquet"
        messages: list[str] = []
        index([source, other], output, context=Context(report=messages.append))
        assert read_manifest(output, ()).taxonomy is None
        assert any("Only some of the sources name their categories" in one for one in messages)


@pytest.mark.parametrize(
    ("columns", "option"),
    [(TableColumns(label="x"), "--label-column"), (TableColumns(root=Path("x")), "--root")],
)
def test_a_column_named_for_a_manifest_is_refused(
    fitted_images: Path, tmp_path: Path, columns: TableColumns, option: str
) -> None:
    source, output = write(tmp_path / "a.parquet", fitted_images), tmp_path / "out.parquet"
    with pytest.raises(SettingError, match=f"{option} is for tables: .*a.parquet is a manifest"):
        index([source], output, IndexChoices(columns))
    assert not output.exists()

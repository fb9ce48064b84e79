"""A collection on S3-compatible storage: a real server that speaks its protocol."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from photo_site import QUICK, write_taxonomy
from pixonomy.dataset.manifest import read_manifest
from pixonomy.errors import SettingError, StorageError
from pixonomy.verbs.collect import CollectChoices, collect
from pixonomy.verbs.prepare import prepare
from pixonomy.verbs.serve_gallery import example_settings
from pixonomy.verbs.split import split

KEYWORDS = {"travel": ["beach"], "car-expenses": ["car"]}


def choose(folder: Path, per_keyword: int = 5) -> CollectChoices:
    return CollectChoices(("commons",), per_keyword, retry_policy=QUICK, state=folder / "state")


@pytest.fixture
def taxonomy(tmp_path: Path, photo_site: str) -> Path:
    return write_taxonomy(tmp_path, KEYWORDS, example_settings(photo_site))


def test_pictures_lie_in_the_storage_and_are_read_from_there(
    tmp_path: Path, taxonomy: Path, storage: Any
) -> None:
    from pixonomy.arrays.write import ArraySettings

    result = collect(taxonomy, "s3://bucket/goals", choose(tmp_path))
    assert result["manifest"] == "s3://bucket/goals/manifest.parquet"
    sent = {path for method, path, _, _ in storage.asked if method == "PUT"}
    assert sent == {
        f"/bucket/goals/{name}"
        for name in ("shards/pictures-00000.tar", "sightings.parquet", "ATTRIBUTION.csv",
                     "ATTRIBUTION.html", "collected.html", "manifest.parquet")
    }  # fmt: skip
    manifest = tmp_path / "state" / "manifest.parquet"
    assert set(read_manifest(manifest).rows["uri"]) == {
        "s3://bucket/goals/shards/pictures-00000.tar"
    }
    split(manifest, tmp_path / "split.parquet")
    settings = ArraySettings((32,), "stretch")
    prepared = prepare(tmp_path / "split.parquet", tmp_path / "arrays", settings)
    assert (prepared["rows"], prepared["problems"]) == (10, 0)


def sent_shards(storage: Any) -> list[str]:
    return [path for method, path, _, _ in storage.asked if method == "PUT" and "shards" in path]


def test_what_has_not_changed_is_not_sent_again(
    tmp_path: Path, taxonomy: Path, storage: Any
) -> None:
    collect(taxonomy, "s3://bucket/goals", choose(tmp_path))
    storage.asked.clear()
    collect(taxonomy, "s3://bucket/goals", choose(tmp_path))
    assert not sent_shards(storage)
    collect(taxonomy, "s3://bucket/goals", choose(tmp_path, 7))
    assert sent_shards(storage)


def test_storage_that_refuses_is_told_and_nothing_is_lost(
    tmp_path: Path, taxonomy: Path, storage: Any
) -> None:
    storage.close_doors()
    with pytest.raises((StorageError, SettingError)) as error:
        collect(taxonomy, "s3://bucket/goals", choose(tmp_path))
    assert "secret-of-the-test" not in str(error.value)
    rows = pl.read_parquet(tmp_path / "state" / "manifest.parquet")
    assert rows.height == 10


def test_the_ledger_needs_a_place_on_this_machine(taxonomy: Path) -> None:
    with pytest.raises(SettingError, match="--state"):
        collect(taxonomy, "s3://bucket/goals", CollectChoices(("commons",)))

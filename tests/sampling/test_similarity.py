"""How alike categories are is read from predictions, runs and bundles."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pixonomy.dataset.manifest import read_manifest, write_manifest
from pixonomy.errors import DataError, SettingError, StorageError
from pixonomy.progress import Context
from pixonomy.sampling.products import GATHERED, list_products
from pixonomy.sampling.similarity import hash_measure, measure_similarity
from pixonomy.verbs.index import index


@pytest.fixture
def indexed(tmp_path: Path, fitted_images: Path) -> Path:
    index([fitted_images], tmp_path / "m.parquet")
    return tmp_path / "m.parquet"


def measure(by: Path, manifest: Path, around: Context | None = None) -> np.ndarray:
    products = list_products(read_manifest(manifest, GATHERED).rows)
    labels = list(products.counts)
    similarity = measure_similarity(by, manifest, products, labels, around or Context())
    assert list(similarity.labels) == labels
    return similarity.values


def test_a_run_is_asked_for_its_predictions(indexed: Path, run_copy: Path) -> None:
    values = measure(run_copy, indexed)
    assert np.allclose(values, values.T)
    assert (measure(run_copy / "predictions.parquet", indexed) == values).all()
    assert hash_measure(run_copy) == hash_measure(run_copy / "predictions.parquet")


def test_a_bundle_looks_at_some_pictures_of_each_category(indexed: Path, bundle_copy: Path) -> None:
    calls: list[tuple[int, int]] = []
    around = Context(progress=lambda _, done, total: calls.append((done, total)))
    values = measure(bundle_copy, indexed, around)
    assert calls[-1] == (74, 74)
    assert np.diag(values) == pytest.approx(1)
    assert (values <= 1 + 1e-9).all()
    (bundle_copy.parent / "predictions.parquet").unlink()
    assert np.allclose(measure(bundle_copy.parent, indexed), values)
    assert hash_measure(bundle_copy.parent) == hash_measure(bundle_copy)


def test_a_bundle_that_can_see_nothing_is_a_data_error(
    tmp_path: Path, bundle_copy: Path, indexed: Path
) -> None:
    moved = tmp_path / "elsewhere" / "m.parquet"
    moved.parent.mkdir()
    write_manifest(moved, replace(read_manifest(indexed), base=moved.parent))
    with pytest.raises(DataError, match="No picture could be read"):
        measure(bundle_copy, moved)


def test_what_cannot_tell_is_refused(tmp_path: Path, indexed: Path) -> None:
    pl.DataFrame({"label": ["a"]}).write_parquet(tmp_path / "table.parquet")
    (tmp_path / "text.txt").write_text("text")
    with pytest.raises(SettingError, match="no run, bundle or predictions at"):
        hash_measure(tmp_path / "nowhere")
    with pytest.raises(SettingError, match="holds neither predictions nor a bundle"):
        hash_measure(tmp_path)
    with pytest.raises(SettingError, match="no column predicted"):
        measure(tmp_path / "table.parquet", indexed)
    with pytest.raises(StorageError, match="damaged"):
        measure(tmp_path / "text.txt", indexed)

"""Bundles by their digest: copied in whole, found, and nothing else."""

import json
import shutil
from pathlib import Path

import pytest

from pixonomy.bundle.load import load_bundle
from pixonomy.errors import BundleError, SettingError
from pixonomy.serving.bundle_store import BundleStore

OTHER = "0" * 64


def test_a_bundle_is_copied_in_under_its_digest(fitted_run: Path, tmp_path: Path) -> None:
    store = BundleStore(tmp_path / "models")
    assert store.digests() == []
    digest = store.add(fitted_run)
    assert (store.digests(), store.find(digest)) == ([digest], tmp_path / "models" / digest)
    loaded = load_bundle(store.find(digest))
    assert loaded.about == load_bundle(fitted_run).about
    assert store.add(fitted_run / "bundle") == digest  # twice is once
    names = {one.name for one in store.find(digest).iterdir()}
    assert names == {"bundle.json", "model.onnx", "test.json"}


def test_a_damaged_bundle_is_not_copied_in(bundle_copy: Path, tmp_path: Path) -> None:
    (bundle_copy / "model.onnx").write_bytes(b"damaged")
    store = BundleStore(tmp_path / "models")
    with pytest.raises(BundleError, match="its hash differs"):
        store.add(bundle_copy)
    with pytest.raises(SettingError, match="There is no bundle at"):
        store.add(tmp_path / "nowhere")
    assert store.digests() == []


@pytest.mark.parametrize("digest", [OTHER, "", "..", "../models", "A" * 64, OTHER + "\n", "\0"])
def test_what_is_not_there_or_no_digest_is_refused(tmp_path: Path, digest: str) -> None:
    with pytest.raises(SettingError, match="There is no bundle"):
        BundleStore(tmp_path).find(digest)


def test_a_folder_that_holds_something_else_is_none(bundle_copy: Path, tmp_path: Path) -> None:
    (tmp_path / OTHER).mkdir()
    (tmp_path / ("1" * 64)).write_text("")
    shutil.copytree(bundle_copy, tmp_path / ("2" * 64))  # another bundle's name
    (tmp_path / ("3" * 64)).mkdir()
    (tmp_path / ("3" * 64) / "bundle.json").write_text(json.dumps(["3" * 64]))
    store = BundleStore(tmp_path)
    assert store.digests() == []
    with pytest.raises(SettingError, match="it holds 0"):
        store.find("2" * 64)

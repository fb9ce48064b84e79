"""Bundles by their digest: copied in whole, found, and nothing else."""

import json
import shutil
from pathlib import Path

import pytest

from pixonomy.bundle.load import load_bundle, seal
from pixonomy.errors import BundleError, SettingError
from pixonomy.serving.bundle_store import BundleStore

OTHER = "0" * 64


def test_a_bundle_is_copied_in_under_its_digest(fitted_run: Path, tmp_path: Path) -> None:
    store = BundleStore(tmp_path / "models")
    assert store.digests() == []
    added = store.add(fitted_run)
    digest = added.digest
    assert (added.is_new, added.bundle) == (True, str(tmp_path / "models" / digest))
    assert (store.digests(), store.find(digest)) == ([digest], tmp_path / "models" / digest)
    loaded = load_bundle(store.find(digest))
    assert loaded.about == load_bundle(fitted_run).about
    again = store.add(fitted_run / "bundle")  # twice is once
    assert (again.digest, again.is_new) == (digest, False)
    names = {one.name for one in store.find(digest).iterdir()}
    assert names == {"bundle.json", "calibrated.json", "model.onnx", "test.json"}


def test_figures_that_came_later_are_added(bundle_copy: Path, tmp_path: Path) -> None:
    store, test = BundleStore(tmp_path / "models"), (bundle_copy / "test.json").read_bytes()
    (bundle_copy / "test.json").unlink()
    digest = store.add(bundle_copy).digest
    assert [one.accuracy for one in store.facts()] == [None]
    (bundle_copy / "test.json").write_bytes(test)
    assert not store.add(bundle_copy).is_new
    (known,) = store.facts()
    assert known.digest == digest
    assert known.accuracy == json.loads(test)["test"]["accuracy"]


def test_a_bundle_that_was_damaged_in_the_folder_is_neither_passed_over_nor_taken(
    fitted_run: Path, tmp_path: Path
) -> None:
    store = BundleStore(tmp_path / "models")
    place = store.find(store.add(fitted_run).digest)
    (place / "model.onnx").write_bytes(b"damaged")
    (known,) = store.facts()
    assert known.problem is not None
    assert "its hash differs" in known.problem
    assert (known.categories, known.size, known.accuracy) == (None, None, None)
    with pytest.raises(BundleError, match="its hash differs"):
        store.add(fitted_run)


def test_a_damaged_bundle_is_not_copied_in(bundle_copy: Path, tmp_path: Path) -> None:
    (bundle_copy / "model.onnx").write_bytes(b"damaged")
    store = BundleStore(tmp_path / "models")
    with pytest.raises(BundleError, match="its hash differs"):
        store.add(bundle_copy)
    with pytest.raises(SettingError, match="There is no bundle at"):
        store.add(tmp_path / "nowhere")
    assert store.digests() == []


def test_a_bundle_in_the_place_of_another_is_told(
    fitted_run: Path, bundle_copy: Path, tmp_path: Path
) -> None:
    store = BundleStore(tmp_path / "models")
    digest = store.add(fitted_run).digest
    about = json.loads((bundle_copy / "bundle.json").read_text())
    about["provenance"]["weights"] = about.pop("digest")
    (store.find(digest) / "bundle.json").write_text(json.dumps(seal(about)))
    with pytest.raises(SettingError, match="holds another bundle: remove it"):
        store.add(fitted_run)


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

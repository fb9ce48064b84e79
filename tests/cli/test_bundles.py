"""`bundle` puts a model where a running service can be turned to it."""

import json
from pathlib import Path

import pytest

from pixonomy.bundle.load import load_bundle
from pixonomy.cli.main import run
from result_schema import find_mismatches


def test_the_digest_is_all_that_stands_on_standard_output(
    fitted_run: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    models = tmp_path / "models"
    assert run(["bundle", "add", str(fitted_run), "--models", str(models)]) == 0
    printed = capfd.readouterr()
    digest = printed.out.strip()
    assert load_bundle(models / digest).about["digest"] == digest
    assert f"Copied to {models / digest}." in printed.err
    assert run(["bundle", "add", str(fitted_run), "--models", str(models)]) == 0
    assert "It is already in" in capfd.readouterr().err


def test_json_says_where_it_is_and_what_it_is(
    fitted_run: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    models = str(tmp_path / "models")
    assert run(["bundle", "add", str(fitted_run), "--models", models, "--json"]) == 0
    added = json.loads(capfd.readouterr().out)
    assert find_mismatches(added, "AddedBundleResult") == []
    assert added["is_new"]
    assert run(["bundle", "list", "--models", models, "--json"]) == 0
    listed = json.loads(capfd.readouterr().out)
    assert find_mismatches(listed, "BundleListResult") == []
    (only,) = listed["bundles"]
    bundle = load_bundle(fitted_run)
    assert only["digest"] == added["digest"]
    assert (only["categories"], only["size"]) == (len(bundle.labels), bundle.resize_spec.size)
    assert run(["bundle", "list", "--models", models]) == 0
    assert added["digest"] in capfd.readouterr().out


def test_an_empty_folder_and_no_bundle_are_told_in_words(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    models = str(tmp_path / "models")
    assert run(["bundle", "list", "--models", models]) == 0
    assert capfd.readouterr().out.startswith("There is no bundle in ")
    assert run(["bundle", "add", str(tmp_path), "--models", models]) == 2
    assert "There is no bundle at" in capfd.readouterr().err
    assert not (tmp_path / "models").exists()

"""Bundles as they arrive: whole, changed, incomplete, of another version."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest

from pixonomy.bundle.calibrate import NEVER_SURE
from pixonomy.bundle.load import load_bundle, seal
from pixonomy.errors import BundleError, SettingError
from pixonomy.storage.files import hash_file

Change = Callable[[dict[str, Any]], object]


def read(bundle: Path) -> dict[str, Any]:
    about: dict[str, Any] = json.loads((bundle / "bundle.json").read_text())
    return about


def change_and_seal(bundle: Path, change: Change) -> None:
    """Change the description and make its digest anew, as anybody can."""
    about = read(bundle)
    del about["digest"]
    change(about)
    about.setdefault("hashes", {})["model.onnx"] = hash_file(bundle / "model.onnx")
    (bundle / "bundle.json").write_text(json.dumps(seal(about)))


def refused(bundle: Path) -> str:
    with pytest.raises(BundleError) as caught:
        load_bundle(bundle)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    return message


def test_a_bundle_loads_by_its_own_path_and_by_its_runs(fitted_run: Path) -> None:
    bundle = load_bundle(fitted_run / "bundle")
    assert bundle.about == load_bundle(fitted_run).about
    assert bundle.labels == ("cross", "gâteaux d'été", "stripes")
    assert bundle.names == bundle.labels
    assert (bundle.resize_spec.size, bundle.resize_spec.fit) == (32, "stretch")


def test_a_bundle_works_alone_without_its_run(fitted_run: Path, tmp_path: Path) -> None:
    alone = shutil.copytree(fitted_run / "bundle", tmp_path / "elsewhere")
    assert load_bundle(alone).labels == load_bundle(fitted_run).labels


def test_no_bundle_is_a_wrong_call(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "nowhere", tmp_path / "file"):
        with pytest.raises(SettingError, match="There is no bundle at"):
            load_bundle(path)


def test_a_changed_model_is_refused(bundle_copy: Path) -> None:
    model = bundle_copy / "model.onnx"
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    model.write_bytes(content)
    assert "its hash differs" in refused(bundle_copy)


def test_a_changed_description_is_refused(bundle_copy: Path) -> None:
    about = read(bundle_copy)
    about["labels"][0]["label"] = "other"
    (bundle_copy / "bundle.json").write_text(json.dumps(about))
    assert "was changed" in refused(bundle_copy)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "7", "\x00", '{"a": "\\ud800"}', "[" * 99_999]
)
def test_a_description_that_is_none_is_refused(bundle_copy: Path, text: str) -> None:
    (bundle_copy / "bundle.json").write_text(text)
    refused(bundle_copy)


@pytest.mark.parametrize("name", ["model.onnx", "bundle.json"])
def test_a_missing_file_is_named(bundle_copy: Path, name: str) -> None:
    (bundle_copy / name).unlink()
    assert f"incomplete: {name} is missing" in refused(bundle_copy)


def test_another_schema_version_is_refused_with_both_versions(bundle_copy: Path) -> None:
    change_and_seal(bundle_copy, lambda about: about.update(schema_version=99))
    message = refused(bundle_copy)
    assert "99" in message
    assert "version 1" in message


def test_another_resize_routine_is_refused(bundle_copy: Path) -> None:
    change_and_seal(bundle_copy, lambda about: about["preprocessing"].update(resize_version=0))
    assert "another resize routine" in refused(bundle_copy)


@pytest.mark.parametrize(
    "change",
    [
        lambda about: about.pop("labels"),
        lambda about: about.pop("schema_version"),
        lambda about: about.pop("calibration"),
        lambda about: about.update(labels=[1, 2, 3]),
        lambda about: about.update(preprocessing=[]),
        lambda about: about["preprocessing"].update(size="32"),
        lambda about: about["preprocessing"].update(size=100_000),
        lambda about: about["preprocessing"].update(fit="melt"),
        lambda about: about["calibration"].update(unknown=1),
        lambda about: about["labels"][0].update(count="many"),
        lambda about: about.update(schema_version=True),
        lambda about: about.update(schema_version=10**4000),
        lambda about: about["calibration"].update(temperature=float("nan")),
        lambda about: about["calibration"].pop("temperature"),
        lambda about: about["labels"][0].update(label=about["labels"][1]["label"]),
    ],
)
def test_a_sealed_description_that_lacks_something_is_refused(
    bundle_copy: Path, change: Change
) -> None:
    change_and_seal(bundle_copy, change)
    refused(bundle_copy)


def test_a_description_of_another_network_is_refused(bundle_copy: Path) -> None:
    change_and_seal(bundle_copy, lambda about: about["labels"].pop())
    assert "do not belong together" in refused(bundle_copy)
    change_and_seal(bundle_copy, lambda about: about["preprocessing"].update(size=64))
    assert "do not belong together" in refused(bundle_copy)


def test_a_threshold_of_novelty_for_a_network_that_does_not_tell_it_is_refused(
    bundle_copy: Path,
) -> None:
    path = bundle_copy / "model.onnx"
    model = onnx.load(path)
    novelty = next(one for one in model.graph.output if one.name == "novelty")
    model.graph.output.remove(novelty)
    onnx.save_model(model, path)
    change_and_seal(bundle_copy, lambda about: about["calibration"].update(none_novelty=3.0))
    assert "do not belong together" in refused(bundle_copy)


def test_external_data_is_refused_although_all_hashes_match(bundle_copy: Path) -> None:
    path = bundle_copy / "model.onnx"
    model = onnx.load(path)
    onnx.save_model(
        model, path, save_as_external_data=True, location="weights.bin", size_threshold=0
    )
    change_and_seal(bundle_copy, dict)
    assert "files outside itself" in refused(bundle_copy)


def test_a_model_of_garbage_is_refused_although_all_hashes_match(bundle_copy: Path) -> None:
    (bundle_copy / "model.onnx").write_bytes(b"garbage\nof two lines")
    change_and_seal(bundle_copy, dict)
    assert "no ONNX model" in refused(bundle_copy)


def test_the_most_common_label_is_that_of_most_training_pictures(bundle_copy: Path) -> None:
    for counts, most_common in (((3, 9, 4), 1), ((3, 9, 9), 1), ((9, 3, 9), 0)):

        def change(about: Any, counts: tuple[int, ...] = counts) -> None:
            for one, count in zip(about["labels"], counts, strict=True):
                one["count"] = count

        change_and_seal(bundle_copy, change)
        bundle = load_bundle(bundle_copy)
        assert bundle.counts == counts
        assert bundle.most_common == bundle.labels[most_common]


def test_a_bundle_from_before_counts_were_kept_is_loaded(bundle_copy: Path) -> None:
    change_and_seal(bundle_copy, lambda about: [one.pop("count") for one in about["labels"]])
    bundle = load_bundle(bundle_copy)
    assert bundle.counts == (0, 0, 0)
    assert bundle.most_common == bundle.labels[0]


def test_a_bundle_from_before_novelty_was_told_is_loaded(bundle_copy: Path) -> None:
    change_and_seal(bundle_copy, lambda about: about["calibration"].pop("none_novelty"))
    assert load_bundle(bundle_copy).calibration.none_novelty is None


def test_a_bundle_from_before_words_answered_is_loaded_and_never_sure_by_them(
    bundle_copy: Path,
) -> None:
    change_and_seal(bundle_copy, lambda about: about["calibration"].pop("sure_by_words"))
    assert load_bundle(bundle_copy).calibration.sure_by_words == NEVER_SURE


def test_a_bundle_that_was_sure_without_evidence_is_loaded_and_never_sure(
    bundle_copy: Path,
) -> None:
    change_and_seal(bundle_copy, lambda about: about["calibration"].update(n=19, sure=0.5))
    assert not load_bundle(bundle_copy).calibration.is_ever_sure


@pytest.mark.parametrize("name", ["model.onnx", "bundle.json"])
def test_a_pipe_or_a_folder_in_place_of_a_file_is_refused_at_once(
    bundle_copy: Path, name: str
) -> None:
    (bundle_copy / name).unlink()
    os.mkfifo(bundle_copy / name)
    assert "no regular file" in refused(bundle_copy)
    (bundle_copy / name).unlink()
    (bundle_copy / name).mkdir()
    assert "no regular file" in refused(bundle_copy)


@pytest.mark.parametrize(("name", "most"), [("model.onnx", "1,024"), ("bundle.json", "16")])
def test_a_file_too_large_to_be_meant_is_told_before_it_is_read(
    bundle_copy: Path, name: str, most: str
) -> None:
    with (bundle_copy / name).open("r+b") as file:
        file.truncate((1 << 30) + 1)
    message = refused(bundle_copy)
    assert name in message
    assert f"at most {most} MiB" in message

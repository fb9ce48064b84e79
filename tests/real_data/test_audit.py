"""The audit on real pictures: counts are checked by hand-made ones, odd files must not stop it."""

import hashlib
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bson
import polars as pl
import pytest

from pixonomy.auditing.flaws import find_flaws
from pixonomy.auditing.measure import StatisticsSettings, measure_images
from pixonomy.dataset.manifest import read_manifest
from pixonomy.gallery.draw_images import draw_gallery
from pixonomy.progress import Context

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
QUALITY = ("blank", "tiny", "dark", "bright", "blurred")

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA.is_dir(), reason="the real pictures are not at hand"),
]

Call = Callable[..., tuple[int, Any, str]]


def audit(call: Call, source: Path, folder: Path, network: str = "none") -> dict[str, Any]:
    code, _, _ = call("index", source, "-o", folder / "m.parquet")
    assert code == 0
    out = ("-o", folder / "audit", "--network", network)
    code, result, _ = call("audit", folder / "m.parquet", *out)
    assert code == 0
    assert Path(result["page"]).stat().st_size < 10_000_000
    return dict(result)


def test_every_repeat_and_every_conflicting_label_of_the_catalogue_is_found(
    call: Call, tmp_path: Path
) -> None:
    file = DATA / "products" / "train.bson"
    result = audit(call, file, tmp_path)
    labels: dict[str, list[str]] = defaultdict(list)
    for document in bson.decode_all(file.read_bytes()):
        for one in document["imgs"]:
            sha256 = hashlib.sha256(one["picture"]).hexdigest()
            labels[sha256].append(str(document["category_id"]))
    repeats = {sha256: len(all_of) - 1 for sha256, all_of in labels.items() if len(all_of) > 1}
    conflicts = {sha256 for sha256, all_of in labels.items() if len(set(all_of)) > 1}
    assert result["findings"]["exact_duplicates"] == sum(repeats.values()) > 400
    assert result["findings"]["conflicting_labels"] == len(conflicts) > 40

    rows = read_manifest(Path(result["manifest"])).rows
    hashes = dict(rows.select("image_id", "sha256").iter_rows())
    assert sorted(hashes.values()) == sorted(one for one in labels for _ in labels[one])
    found = pl.read_parquet(tmp_path / "audit" / "findings.parquet")
    listed = found.filter(kind="exact_duplicates")["image_id"]
    assert {hashes[one] for one in listed} == set(repeats)
    listed = found.filter(kind="conflicting_labels")["image_id"]
    assert {hashes[one] for one in listed} == conflicts
    # Copies are one group, whatever else is in it.
    assert (
        rows.group_by("sha256").agg(pl.col("duplicate_group").n_unique())["duplicate_group"].max()
        == 1
    )


def test_every_flaw_planted_in_the_demo_gallery_is_listed(call: Call, tmp_path: Path) -> None:
    planted = draw_gallery(tmp_path / "gallery", 300, 0)
    weights = DATA / "weights" / "mobilenet_v2_imagenet_notop.weights.h5"
    audit(call, tmp_path / "gallery", tmp_path, str(weights))
    found = pl.read_parquet(tmp_path / "audit" / "findings.parquet")
    lists = {
        "exact_duplicate": ["exact_duplicates"],
        "near_duplicate": ["near_duplicates"],
        "broken_file": ["undecodable"],
        "wrong_label": ["suspected_labels", "doubtful_labels"],
    }
    missed = dict.fromkeys(lists, 0)
    for flaw in planted:
        listed = found.filter(pl.col("kind").is_in(lists[flaw.kind]))
        named = {*listed["image_id"], *listed["other"].drop_nulls()}
        missed[flaw.kind] += flaw.path not in named
    assert missed.pop("wrong_label") <= 1  # of 30; a few show hardly anything
    assert not any(missed.values()), missed


def test_odd_files_are_findings_and_never_end_the_audit(call: Call, tmp_path: Path) -> None:
    result = audit(call, DATA / "odd", tmp_path)
    assert result["findings"]["undecodable"] > 0
    assert read_manifest(Path(result["manifest"])).rows.height == 138


@pytest.mark.parametrize("name", ["goals", "clothing", "grocery", "products/train.bson"])
def test_hardly_any_real_picture_is_called_bad(call: Call, tmp_path: Path, name: str) -> None:
    code, indexed, _ = call("index", DATA / name, "-o", tmp_path / "m.parquet")
    assert code == 0
    settings = StatisticsSettings()
    seen = measure_images(tmp_path / "m.parquet", name, tmp_path / "out", settings, Context(2))
    flaws = find_flaws(seen.table)
    assert sum(flaws[kind].height for kind in QUALITY) <= 0.005 * indexed["rows"]

"""The demo gallery: every flaw that was planted in it is listed, without any network.

Wrong labels of scenes as varied as these take a network: see tests/real_data/test_audit.py. Here
it is enough that the hand-made description finds more of them than chance would.
"""

import json

import polars as pl
import pytest

from pixonomy.gallery.draw_images import draw_gallery
from pixonomy.verbs.audit import AuditChoices, audit
from pixonomy.verbs.index import index

KINDS = {
    "exact_duplicate": "exact_duplicates",
    "near_duplicate": "near_duplicates",
    "broken_file": "undecodable",
}


@pytest.fixture(scope="module")
def missed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The kinds of the planted flaws that an audit without a network has not listed."""
    folder = tmp_path_factory.mktemp("demo")
    draw_gallery(folder / "gallery", 60, 0)
    planted = json.loads((folder / "gallery" / "planted.json").read_text())
    index([folder / "gallery"], folder / "m.parquet")
    audit(folder / "m.parquet", folder / "out", AuditChoices(network="none"))
    found = pl.read_parquet(folder / "out" / "findings.parquet")
    listed = {
        str(kind): {*rows["image_id"], *rows["other"].drop_nulls()}
        for (kind,), rows in found.group_by("kind")
    }
    quality = pl.read_parquet(folder / "out" / "manifest.parquet").sort("label_quality")
    likely = set(quality["image_id"].head(quality.height // 3))
    listed["wrong_label"] = likely
    kinds = {**KINDS, "wrong_label": "wrong_label"}
    assert {flaw["kind"] for flaw in planted} == set(kinds)
    return [flaw["kind"] for flaw in planted if flaw["path"] not in listed[kinds[flaw["kind"]]]]


@pytest.mark.parametrize("kind", KINDS)
def test_every_planted_flaw_is_listed(missed: list[str], kind: str) -> None:
    assert kind not in missed


def test_wrong_labels_are_ranked_before_most_others(missed: list[str]) -> None:
    assert missed.count("wrong_label") <= 3  # of six; by chance four are not in the first third

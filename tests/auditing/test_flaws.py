from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pixonomy.auditing.examine import MEASURED
from pixonomy.auditing.findings import FINDING
from pixonomy.auditing.flaws import FLAWS, find_flaws

FINE: dict[str, Any] = {
    "width": 300, "height": 200, "deviation": 50.0, "dark": 5.0, "light": 250.0, "sharpness": 1.6,
    "problem": None, "damage": None, "vanishes": False,
}  # fmt: skip


def flaws(tmp_path: Path, *changes: dict[str, Any]) -> dict[str, list[int]]:
    rows = [{**FINE, **one} for one in changes]
    schema = {name: dtype for name, dtype in MEASURED.items() if name in FINE}
    pl.DataFrame(rows, schema=schema).write_parquet(tmp_path / "t.parquet")
    found = find_flaws(tmp_path / "t.parquet")
    assert all(one.schema == pl.Schema(FINDING) for one in found.values())
    return {kind: one["row"].to_list() for kind, one in found.items() if one.height}


def test_a_fine_picture_has_no_flaw(tmp_path: Path) -> None:
    assert flaws(tmp_path, {}) == {}


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("undecodable", dict.fromkeys(FINE) | {"problem": "the file is empty"}),
        ("damaged", {"damage": "Corrupt JPEG data: 27 extraneous bytes before marker 0xd9"}),
        ("blank", {"deviation": 0.4, "dark": 255.0, "sharpness": 1.0}),
        ("tiny", {"width": 20, "height": 40, "sharpness": 1.1}),
        ("dark", {"light": 20.0, "sharpness": 1.0}),
        ("bright", {"dark": 240.0, "sharpness": 1.0}),
        ("blurred", {"sharpness": 1.1}),
        ("odd_shape", {"width": 728, "height": 90}),
    ],
)
def test_each_flaw_is_told_once_and_under_its_own_name(
    tmp_path: Path, kind: str, change: dict[str, Any]
) -> None:
    assert flaws(tmp_path, {}, change) == {kind: [1]}
    assert kind in FLAWS


def test_a_picture_that_vanishes_on_white_is_told_apart_from_other_blank_ones(
    tmp_path: Path,
) -> None:
    blank = FINE | {"deviation": 0.0, "dark": 255.0, "sharpness": 1.0}
    flaws(tmp_path, blank, blank | {"vanishes": True})
    details = find_flaws(tmp_path / "t.parquet")["blank"].sort("row")["detail"].to_list()
    assert details == [
        "its colours differ by 0.0 levels of 255",
        "white on transparent ground: on white, nothing is left of it",
    ]


def test_a_picture_without_contrast_is_not_called_blurred(tmp_path: Path) -> None:
    assert flaws(tmp_path, {"dark": 100.0, "light": 110.0, "sharpness": 1.0}) == {}


def test_the_worst_come_first(tmp_path: Path) -> None:
    found = flaws(
        tmp_path, {"sharpness": 1.2}, {"sharpness": 1.05}, {"width": 900}, {"width": 1200}
    )
    assert found == {"blurred": [1, 0], "odd_shape": [3, 2]}


def test_rows_that_nobody_looked_at_have_no_flaw(tmp_path: Path) -> None:
    assert flaws(tmp_path, dict.fromkeys(FINE)) == {}

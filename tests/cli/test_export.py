from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pixonomy.cli.main import run

Call = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def manifest(tmp_path: Path, write_images: Callable[..., Path], call: Call) -> Path:
    pictures = write_images(tmp_path / "pictures", 2)
    code, _, _ = call("index", pictures, "-o", tmp_path / "m.parquet")
    assert code == 0
    return tmp_path / "m.parquet"


@pytest.mark.parametrize("kind", ["webdataset", "folder", "parquet"])
def test_the_answer_has_the_promised_keys(
    manifest: Path, tmp_path: Path, call: Call, kind: str
) -> None:
    code, answer, _ = call("export", manifest, "--to", kind, "-o", tmp_path / "out")
    assert code == 0
    assert answer.keys() == {"export", "rows", "problems", "splits", "files", "seconds"}
    assert (answer["rows"], answer["export"]) == (6, str(tmp_path / "out"))


def test_people_are_told_in_two_lines(
    manifest: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    capfd.readouterr()
    assert run(["export", str(manifest), "--to", "folder", "-o", str(tmp_path / "out")]) == 0
    assert capfd.readouterr().out.splitlines() == [
        "6 pictures (train 0, validation 0, test 0), 0 left out, in 6 files.",
        f"Export: {tmp_path / 'out'}",
    ]


def test_an_unknown_kind_is_a_wrong_call(manifest: Path, tmp_path: Path, call: Call) -> None:
    code, answer, _ = call("export", manifest, "--to", "zip", "-o", tmp_path / "out")
    assert (code, answer["error"]["kind"]) == (2, "SettingError")
    assert "known are folder, parquet, webdataset" in answer["error"]["message"]

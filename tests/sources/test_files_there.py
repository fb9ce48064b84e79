from pathlib import Path

import polars as pl
import pytest

from pixonomy.sources.files_there import FilesThere, stat_files


def look(
    monkeypatch: pytest.MonkeyPatch, paths: list[str | None], root: Path, is_listed: bool
) -> FilesThere:
    monkeypatch.setattr("pixonomy.sources.files_there.MOST_LOOKED_AT", 5 if is_listed else 99)
    return stat_files(pl.Series(paths, dtype=pl.String), str(root), is_confined=True)


@pytest.mark.parametrize("is_listed", [False, True])
def test_files_folders_links_and_nothing_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_listed: bool
) -> None:
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    (root / "a.jpg").write_bytes(b"four")
    (tmp_path / "out.jpg").write_bytes(b"out")
    (root / "in.jpg").symlink_to(root / "a.jpg")
    (root / "out.jpg").symlink_to(tmp_path / "out.jpg")
    (root / "away").symlink_to(tmp_path)
    paths = ["a.jpg", "in.jpg", "out.jpg", "away/out.jpg", "../out.jpg", f"{root}/a.jpg"]
    there = look(monkeypatch, [*paths, "folder", "b.jpg", "s3://b/c.jpg", None], root, is_listed)
    out = "outside --root"
    assert there.problems == {
        "out.jpg": out, "away/out.jpg": out, "../out.jpg": out, "folder": "no regular file",
    }  # fmt: skip
    assert there.missing == ["b.jpg"]
    assert there.length[0] == (None if is_listed else 4)
    modified = None if is_listed else (root / "a.jpg").stat().st_mtime_ns
    assert there.modified_ns[0] == modified
    assert (there.indexed_ns.null_count() == 0) == is_listed

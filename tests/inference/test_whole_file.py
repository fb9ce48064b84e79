import os
from pathlib import Path

import pytest

from pixonomy.errors import BundleError
from pixonomy.inference.whole_file import read_whole


def test_a_file_within_the_limit_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    (tmp_path / "link").symlink_to(path)
    assert read_whole(path, 5) == read_whole(tmp_path / "link", 6) == b"12345"


def test_a_file_above_the_limit_is_told_with_both_sizes_and_not_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.truncate(3 << 40)  # a hole: no disk holds so much
    with pytest.raises(BundleError, match=r"holds 3,145,728\.0 MiB .* at most 16 MiB"):
        read_whole(path, 16 << 20)


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link to a device").symlink_to("/dev/zero")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "link to a device"):
        with pytest.raises(BundleError, match="no regular file"):
            read_whole(path, 100)


def test_a_missing_file_is_the_callers_to_tell(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_whole(tmp_path / "none", 100)

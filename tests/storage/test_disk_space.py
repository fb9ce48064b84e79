from pathlib import Path

import pytest

from pixonomy.errors import StorageError
from pixonomy.storage.disk_space import require_space


def test_a_folder_with_room_passes(tmp_path: Path) -> None:
    require_space(tmp_path, 1)


def test_a_full_disk_is_refused(small_disk: Path) -> None:
    require_space(small_disk, 1024)
    (small_disk / "filler").write_bytes(b"x" * 60_000)
    with pytest.raises(StorageError, match="The disk is full"):
        require_space(small_disk, 16_384)


def test_a_folder_that_is_not_there_or_not_ours_is_refused(ordinary_folder: Path) -> None:
    with pytest.raises(StorageError, match="none"):
        require_space(ordinary_folder / "none", 1)
    ordinary_folder.chmod(0o500)
    with pytest.raises(StorageError, match="No permission to write"):
        require_space(ordinary_folder, 1)

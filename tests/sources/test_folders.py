import pytest

from pixonomy.sources.folders import Remembered, read_folders


def test_folders_of_a_path_are_told_with_whether_anybody_means_them() -> None:
    assert read_folders("./train/../cat//x") == (("train", "cat", "x"), False)
    assert read_folders("") == ((), False)
    assert read_folders("cat/.thumbs").is_hidden
    assert read_folders("__MACOSX/cat").is_hidden


def test_what_was_found_out_is_found_out_once_and_not_kept_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pixonomy.sources.folders._MOST_FOLDERS", 2)
    asked = []

    def find_out(key: int) -> int:
        asked.append(key)
        return key * 2

    known = Remembered(find_out)
    assert [known.get(key) for key in (1, 2, 1, 3, 1)] == [2, 4, 2, 6, 2]
    assert asked == [1, 2, 3, 1]

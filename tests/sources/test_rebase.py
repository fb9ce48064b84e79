from pathlib import Path

from pixonomy.sources.lookup import Lookup
from pixonomy.sources.rebase import Rebase, find_rebase


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def search(root: Path, *paths: str, is_confined: bool = False) -> Rebase | tuple[str, ...]:
    return find_rebase(paths, str(root), Lookup(), is_confined)


def test_as_little_as_possible_is_cut_off(tmp_path: Path) -> None:
    touch(tmp_path, "a/b/0.jpg", "b/0.jpg")
    assert search(tmp_path, "/far/a/b/0.jpg") == Rebase("/far/", "")
    assert search(tmp_path, "/far/c/b/0.jpg") == Rebase("/far/c/", "")


def test_the_root_goes_before_its_folders_and_several_of_these_are_no_answer(
    tmp_path: Path,
) -> None:
    touch(tmp_path, "x/0.jpg", "y/0.jpg", "x/1.jpg", "2.jpg", "y/2.jpg")
    assert search(tmp_path, "0.jpg") == ("x", "y")
    assert search(tmp_path, "1.jpg") == Rebase("", "x")
    assert search(tmp_path, "/2.jpg") == Rebase("", "")
    assert search(tmp_path, "3.jpg") == ()


def test_the_folder_above_is_searched_unless_confined(tmp_path: Path) -> None:
    touch(tmp_path, "pics/0.jpg", "lists/t.csv")
    assert search(tmp_path / "lists", "pics/0.jpg") == Rebase("", "..")
    assert search(tmp_path / "lists", "pics/0.jpg", is_confined=True) == ()
    assert Rebase("a/", "..").apply("a/pics/0.jpg") == "../pics/0.jpg"
    assert Rebase("a/", "").apply("b/pics/0.jpg") is None


def test_a_root_that_is_not_there_finds_nothing(tmp_path: Path) -> None:
    assert search(tmp_path / "none" / "none", "0.jpg") == ()


def test_a_picture_of_one_split_is_never_found_in_another(tmp_path: Path) -> None:
    touch(tmp_path, "test/0.jpg", "test/1.jpg")
    assert search(tmp_path, "train/0.jpg", "train/1.jpg") == ()

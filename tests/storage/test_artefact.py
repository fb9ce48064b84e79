"""One way to make an artefact: no folder of others is taken, nothing is made twice."""

import json
from pathlib import Path

import pytest

from pixonomy.errors import ArtefactDiffers, ArtefactInUse, SettingError
from pixonomy.storage.artefact import FileArtefact, FolderArtefact, Stored
from pixonomy.storage.files import read_json, remove, write_json
from pixonomy.storage.locks import lock_file

WANTED = {"stage": "bake", "flour": 2}


def cake(path: Path) -> FileArtefact[Stored]:
    return FileArtefact(
        path, "is no cake", lambda file: read_json(file) if file.is_file() else None
    )


def bakery(path: Path) -> FolderArtefact:
    return FolderArtefact(path, "bake", "plan.json", "done.json", leftover="work", ours=("own-*",))


class Baker:
    """Makes what is asked for and counts how often."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.builds, self.clears = folder, 0, 0

    def clear(self) -> None:
        self.clears += 1
        for name in ("done.json", "plan.json"):
            remove(self.folder / name)

    def build(self) -> None:
        self.builds += 1
        (self.folder / "work").mkdir()
        plan = json.loads((self.folder / "plan.json").read_text())
        write_json(self.folder / "done.json", {"fingerprint": plan, "loaves": 3})

    def make(self, wanted: dict[str, object] | None = None, overwrite: bool = False) -> None:
        bakery(self.folder).make(wanted or WANTED, self.clear, self.build, overwrite)


def test_a_file_is_made_once_and_afterwards_needs_no_lock(tmp_path: Path) -> None:
    path, made = tmp_path / "cake.json", list[int]()

    def build() -> None:
        made.append(1)
        write_json(path, {"fingerprint": WANTED})

    cake(path).make(WANTED, build)
    with lock_file(path):
        cake(path).make(WANTED, build)
    assert made == [1]
    assert cake(path).record() == {"fingerprint": WANTED}


def test_a_file_that_another_run_has_made_meanwhile_is_not_made_again(tmp_path: Path) -> None:
    stored: Stored = {"fingerprint": WANTED}
    seen = iter([None, stored])
    late = FileArtefact(tmp_path / "x", "is no cake", lambda _: next(seen))
    late.make(WANTED, lambda: pytest.fail("made twice"))


def test_the_place_of_another_file_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "cake.json").write_text("null")
    with pytest.raises(SettingError, match=r"cake\.json exists and is no cake; choose another"):
        cake(tmp_path / "cake.json").make(WANTED, lambda: pytest.fail("made"), overwrite=True)


def test_a_file_made_otherwise_is_kept_unless_it_may_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "cake.json"
    write_json(path, {"fingerprint": {**WANTED, "flour": 1}})
    with pytest.raises(ArtefactDiffers, match="flour was 1, now 2"):
        cake(path).matches(WANTED)
    assert not cake(path).matches(WANTED, overwrite=True)


def test_a_folder_is_made_once_and_its_work_is_gone(tmp_path: Path) -> None:
    baker = Baker(tmp_path / "b")
    baker.make()
    baker.make()
    assert (baker.builds, baker.clears) == (1, 1)
    assert not (tmp_path / "b" / "work").exists()
    assert bakery(tmp_path / "b").fingerprint() == WANTED


def test_a_killed_call_goes_on_without_clearing(tmp_path: Path) -> None:
    baker = Baker(tmp_path / "b")
    write_json(tmp_path / "b" / "plan.json", WANTED)  # killed while it was building
    baker.make()
    assert (baker.builds, baker.clears) == (1, 0)


def test_what_a_kill_at_the_very_end_has_left_is_removed(tmp_path: Path) -> None:
    baker = Baker(tmp_path / "b")
    baker.make()
    (tmp_path / "b" / "work").mkdir()
    baker.make()
    assert baker.builds == 1
    assert not (tmp_path / "b" / "work").exists()


def test_another_folder_is_replaced_only_when_asked(tmp_path: Path) -> None:
    baker, other = Baker(tmp_path / "b"), {**WANTED, "flour": 9}
    baker.make()
    with pytest.raises(ArtefactDiffers, match="flour was 2, now 9"):
        baker.make(other)
    baker.make(other, overwrite=True)
    assert (baker.builds, baker.clears) == (2, 2)
    assert bakery(tmp_path / "b").fingerprint() == other


@pytest.mark.parametrize("name", ["work", "photo.jpg", "plan.json"])
def test_a_folder_of_others_is_refused_and_left_as_it_is(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('{"stage": "sing"}')
    baker = Baker(tmp_path)
    with pytest.raises(SettingError, match="holds other files; choose an empty or new folder"):
        baker.make(overwrite=True)
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_our_own_names_and_a_lock_are_no_other_files(tmp_path: Path) -> None:
    for name in ("own-oven", ".lock", ".plan.json.partial-0011aabbccdd"):
        (tmp_path / name).touch()
    assert bakery(tmp_path).fingerprint() is None


def test_a_file_in_the_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b").touch()
    with pytest.raises(SettingError, match="exists and is no folder; choose another name"):
        bakery(tmp_path / "b").fingerprint()


def test_a_folder_in_the_making_is_left_to_its_maker(tmp_path: Path) -> None:
    baker = Baker(tmp_path / "b")
    with bakery(baker.folder).lock():
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1) as thread, pytest.raises(ArtefactInUse):
            thread.submit(baker.make).result()
    assert baker.builds == 0

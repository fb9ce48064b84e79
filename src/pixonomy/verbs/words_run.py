"""A run that answers by words alone: whose folder it is, and how a later run takes its place."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from pixonomy.errors import SettingError
from pixonomy.storage.artefact import FolderArtefact
from pixonomy.storage.files import printable, read_json, remove, storage_errors

STAGE = "fit words"
BUNDLE, CARD, RECORD = "bundle", "model_card.md", "words.json"
_PLAN, _ON = ".plan.json", "on"
_ASIDE = "words"  # where it lies in the run that took its place


class WordsFingerprint(TypedDict):
    """What a words-only run was made from.

    Attributes:
        words: id, name and keywords of each category.
        network: hashes of what answers.
    """

    stage: str
    words: list[list[object]]
    network: list[str]
    version: int


def words_artefact(output: Path) -> FolderArtefact:
    """Return the words-only run in a folder as an artefact."""
    return FolderArtefact(output, STAGE, _PLAN, RECORD, _PLAN)


def is_words_run(folder: Path) -> bool:
    """Tell whether a finished words-only run lies in a folder, not beside another."""
    found = read_json(folder / RECORD)
    found = found.get("fingerprint") if isinstance(found, dict) else None
    return isinstance(found, dict) and found.get("stage") == STAGE


def clear_words(output: Path) -> None:
    """Remove a words-only run; its plan last."""
    for name in (RECORD, CARD, BUNDLE, _ON, _PLAN):
        remove(output / name)


def require_same_categories(output: Path, labels: Sequence[str]) -> None:
    """Refuse to let a run of other categories take the place of a words-only one.

    Raises:
        SettingError: naming some of both.
    """
    fingerprint: WordsFingerprint = read_json(output / RECORD)["fingerprint"]
    known = {str(one[0]) for one in fingerprint["words"]}
    if known != set(labels):
        raise SettingError(
            f"{printable(output)} holds a words-only run of other categories: "
            f"{', '.join(sorted(known ^ set(labels))[:5])} stand on one side only. Choose another "
            "folder, or replace it with --overwrite."
        )


def move_aside(output: Path) -> None:
    """Make place for a run on images: the words-only one becomes its baseline, in `words`."""
    aside = output / _ASIDE
    with storage_errors(aside):
        aside.mkdir(exist_ok=True)
        # What tells whose folder it is goes last: a call that was killed in between goes on.
        for name in (BUNDLE, CARD, _ON, RECORD):
            if (output / name).exists():
                remove(aside / name)
                (output / name).rename(aside / name)

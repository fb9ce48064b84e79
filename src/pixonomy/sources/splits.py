"""Reads splits from the names of files and folders that lie side by side: train, val, test."""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

SPLIT_NAMES: Mapping[str, str | None] = {
    "train": "train",
    "training": "train",
    "trainval": "train",  # what others divide into the two
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "validate": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
    "eval": "test",
    "evaluation": "test",
    "holdout": "test",
    "unsplit": None,  # what `export` calls images that are in no split
}
"""What people call the three splits, in lower case; as Hugging Face's `datasets` reads them."""

_ORDER = list(SPLIT_NAMES)
_EVALUATIONS = ("eval", "evaluation")
_WORD = re.compile(r"[^\W\d_]+")  # letters alone: digits and signs stand between words
_WORDNET = re.compile(r"n\d{8}")  # a noun of WordNet, as ImageNet's categories are called
_HUMP = re.compile(r"[^\W\d_][^\W\d_A-Z]*")  # a word of `camelCase`
_SAMPLES = re.compile(r"[ _-]samples$", re.IGNORECASE)  # as Teachable Machine exports them
_SAYS_NOTHING = frozenset(
    "set sets data dataset datasets image images img imgs jpg jpeg png picture pictures pic pics "
    "photo photos file files split part shard of".split()
)


def split_word(name: str) -> str | None:
    """Return the one word in a name that says a split: `train_set`, `seg_test`, `val2017`."""
    words = {word for word in _words(name) if word in SPLIT_NAMES}
    return words.pop() if len(words) == 1 else None


def looks_like_split(name: str) -> bool:
    """Tell a name that may be meant as a split though its word is not set off: `trainSet`."""
    words = [word.lower() for word in _HUMP.findall(name)]
    return any(
        word in SPLIT_NAMES
        or any(word == known + after for known in SPLIT_NAMES for after in _SAYS_NOTHING)
        for word in words
    )


def find_splits(names: Collection[str]) -> dict[str, str | None]:
    """Tell which names of one set say a split, and which one.

    `seg_train` and `seg_test` do; `train-engines` and `test-tubes` do not: but for the word, the
    names of a set are equal. Numbers, and words such as "images", make no difference.

    Returns:
        The split of each name that says one; null for "unsplit".
    """
    words = {name: word for name in names if (word := split_word(name)) is not None}
    # Beside "test", and nothing else to validate on, "eval" is what others call validation.
    others = {SPLIT_NAMES[word] for word in words.values() if word not in _EVALUATIONS}
    is_validation = "test" in others and "validation" not in others
    splits = {
        name: "validation" if is_validation and word in _EVALUATIONS else SPLIT_NAMES[word]
        for name, word in sorted(words.items(), key=lambda item: _ORDER.index(item[1]))
    }
    rests: dict[tuple[str, ...], set[str | None]] = {}
    for name, split in splits.items():
        rests.setdefault(_rest(name), set()).add(split)
    named = [rest for rest in rests if rest]
    if len(named) == 1 and len(set(splits.values())) > 1:
        return splits
    return {
        name: split
        for name, split in splits.items()
        if not (rest := _rest(name)) or len(rests[rest]) > 1
    }


def _words(name: str) -> list[str]:
    return _WORD.findall(name.lower())


def _rest(name: str) -> tuple[str, ...]:
    return tuple(
        word for word in _words(name) if word not in SPLIT_NAMES and word not in _SAYS_NOTHING
    )


def splits_of_files(files: Sequence[Path], base: Path) -> dict[Path, str | None]:
    """Return the split of each file of a set, by its name, else by the folders it lies in.

    Names count if every one says a split; of folders, those between `base` and the file. Files
    whose names and folders say none have None.
    """
    by_name = find_splits([file.stem for file in files])
    if len(by_name) == len({file.stem for file in files}):
        return {file: by_name[file.stem] for file in files}
    folders = {file: _folders(file, base) for file in files}
    by_folder = find_splits({name for names in folders.values() for name in names})
    return {
        file: next((by_folder[name] for name in names if name in by_folder), None)
        for file, names in folders.items()
    }


def _folders(file: Path, base: Path) -> tuple[str, ...]:
    return file.parent.relative_to(base).parts if file.parent.is_relative_to(base) else ()


def categories_of_files(files: Sequence[Path]) -> dict[Path, str]:
    """Return what files or folders named side by side would be called as categories.

    Names that differ in numbers alone are parts of one set, and no categories; there are none
    then, nor for a file alone. What all names end in (`cats-samples`, `dogs-samples`) is left out.
    """
    names = [file.stem if file.suffix else file.name for file in files]
    words = {tuple(word for word in _words(name) if word not in _SAYS_NOTHING) for name in names}
    is_numbered = len(words) < len(names) and not words <= {("class",), ("class", "samples")}
    if all(map(_WORDNET.fullmatch, names)):
        is_numbered = False
    if len(files) < 2 or is_numbered or () in words or find_splits(names):
        return {}
    return {file: _SAMPLES.sub("", name) for file, name in zip(files, names, strict=True)}

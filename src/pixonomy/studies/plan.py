"""Reads a study's TOML file: its data sets, its grid and its cells."""

import dataclasses
import itertools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pixonomy.errors import SettingError
from pixonomy.nearest_names import suggest
from pixonomy.storage.files import hash_json, printable, storage_errors
from pixonomy.training.recipe import Recipe

DATA = "data"
"""The axis of data sets; all others are keys of a recipe."""

_TOP = ("title", "question", "seeds", "data", "sample", "grid", "training")
_OF_DATA = ("source", "categories", "taxonomy")
_OF_SAMPLE = ("each", "folds", "repeats", "validation", "test")
_OF_TRAINING = ("recipe", "weights")
_MOST_CELLS = 10_000
_LETTERS = 8  # of a cell's hash


@dataclass(frozen=True)
class DataSet:
    """One of the sets of images that are compared.

    Attributes:
        source: a manifest, or anything that `pixonomy index` takes; relative to the study's root.
        categories: ids, or names where only one category has it; all where there are none.
        taxonomy: in TOML, or a catalogue's `category_names.csv`, relative as well; None: no names.
    """

    name: str
    source: str
    categories: tuple[str, ...] = ()
    taxonomy: str | None = None


@dataclass(frozen=True)
class Sample:
    """How many images there are, and which are tested.

    Attributes:
        each: images of each category that are learnt from or, with folds, of each category in
            all; None: as many as the smallest category of all data sets has.
        folds: each image is tested once, by a network taught with the other folds; 0: the
            source's own test split or, where it has none, a share.
        repeats: how often the folds are assigned anew.
        validation: the share of what is not tested.
        test: the share that is tested, without folds or a split of the source's own.
    """

    each: int | None = None
    folds: int = 0
    repeats: int = 1
    validation: float = 0.15
    test: float = 0.2

    def __post_init__(self) -> None:
        if self.folds == 1 or not 0 <= self.folds <= 100:
            raise SettingError(f"folds must be 0, or 2 to 100, not {self.folds}.")
        if not 1 <= self.repeats <= 100 or (self.repeats > 1 and not self.folds):
            raise SettingError("repeats must be 1 to 100, and more than 1 needs folds.")
        if self.each is not None and self.each < 3:
            raise SettingError(f"each must be 3 or more pictures of a category, not {self.each}.")
        if not 0 < self.validation < 0.5 or not 0 < self.test < 0.9:
            raise SettingError("validation must be above 0 and below 0.5, test below 0.9.")


@dataclass(frozen=True)
class Fold:
    """Which images are tested: those of one fold of one assignment."""

    repeat: int = 0
    fold: int = 0


@dataclass(frozen=True)
class Cell:
    """One training.

    Attributes:
        setting: the value of each axis, the data set first.
    """

    setting: tuple[tuple[str, object], ...]
    seed: int
    fold: Fold

    @property
    def data(self) -> str:
        """The name of its data set."""
        return str(dict(self.setting)[DATA])

    @property
    def changes(self) -> dict[str, object]:
        """What its place in the grid says of the recipe."""
        return {axis: value for axis, value in self.setting if axis != DATA}

    def name(self) -> str:
        """Return a folder's name, the same on every run and unlike any other cell's."""
        identity = {**dict(self.setting), "seed": self.seed, **dataclasses.asdict(self.fold)}
        words = "-".join(str(value) for _, value in self.setting)
        plain = "".join(letter if letter.isalnum() else "-" for letter in words)[:60]
        return f"{plain}-{self.seed}-{hash_json(identity)[:_LETTERS]}"


@dataclass(frozen=True)
class Study:
    """What is compared, and how.

    Attributes:
        grid: keys of a recipe, and the values that each takes.
        changes: keys that are the same in every cell.
        recipe: the name of a shipped recipe or a TOML file; None: the one that suits the model.
        weights: as `pixonomy train` takes them.
        root: what relative paths hang from.
    """

    title: str
    question: str
    data: tuple[DataSet, ...]
    sample: Sample
    grid: Mapping[str, tuple[object, ...]]
    changes: Mapping[str, object]
    seeds: tuple[int, ...]
    root: Path
    recipe: str | None = None
    weights: str | None = None
    axes: Mapping[str, tuple[object, ...]] = field(init=False)

    def __post_init__(self) -> None:
        axes = {DATA: tuple(one.name for one in self.data), **self.grid}
        object.__setattr__(self, "axes", axes)

    @property
    def folds(self) -> list[Fold]:
        """Every assignment's folds; one without cross-validation."""
        sample = self.sample
        pairs = itertools.product(range(sample.repeats), range(max(1, sample.folds)))
        return [Fold(repeat, fold) for repeat, fold in pairs]

    @property
    def settings(self) -> list[tuple[tuple[str, object], ...]]:
        """Every point of the grid."""
        names = list(self.axes)
        points = itertools.product(*self.axes.values())
        return [tuple(zip(names, values, strict=True)) for values in points]

    @property
    def cells(self) -> list[Cell]:
        """All trainings, seed by seed: a study that is stopped early can be compared already."""
        return [
            Cell(setting, seed, fold)
            for seed in self.seeds
            for fold in self.folds
            for setting in self.settings
        ]

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes that arrays are needed in, pixels; empty where only a recipe tells."""
        own = self.grid.get("size") or ((self.changes["size"],) if "size" in self.changes else ())
        return tuple(_whole("size", size) for size in own)

    def path(self, name: str) -> Path:
        """Return where a path of the file is."""
        return self.root / name


def load_study(path: Path, root: Path | None = None) -> Study:
    """Read and check a study's file.

    Args:
        root: what its relative paths hang from; None: the file's own folder.

    Raises:
        SettingError: if there is no such file, it is no TOML, or a key or value is wrong.
    """
    content = _read(path)
    _know(content, _TOP, "a study")
    data = content.get("data", {})
    if not isinstance(data, dict) or not data:
        raise SettingError('A study names its data sets: [data.NAME] with source = "…".')
    sample = _section(content, "sample", _OF_SAMPLE)
    training = _section(content, "training", (*_OF_TRAINING, *_recipe_keys()))
    grid = _section(content, "grid", _recipe_keys())
    seeds = _values("seeds", content.get("seeds", [0, 1, 2]))
    study = Study(
        title=str(content.get("title", path.stem)),
        question=str(content.get("question", "")),
        data=tuple(_data_set(name, one) for name, one in data.items()),
        sample=_sample(sample),
        grid={key: _values(key, values) for key, values in grid.items()},
        changes={key: value for key, value in training.items() if key not in _OF_TRAINING},
        seeds=tuple(_whole("seeds", seed) for seed in seeds),
        root=root or path.parent,
        recipe=_text(training.get("recipe")),
        weights=_text(training.get("weights")),
    )
    if len(study.cells) > _MOST_CELLS:
        raise SettingError(f"The grid has {len(study.cells)} cells; the most are {_MOST_CELLS}.")
    return study


def _read(path: Path) -> dict[str, object]:
    with storage_errors(path):
        if not path.is_file():
            raise SettingError(f"There is no study at {printable(path)}.")
        try:
            return tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingError(f"{printable(path)} is not valid TOML: {error}") from error


def _recipe_keys() -> tuple[str, ...]:
    return tuple(one.name for one in dataclasses.fields(Recipe) if one.name != "seed")


def _know(table: Mapping[str, object], known: Sequence[str], where: str) -> None:
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise SettingError(
            f"Unknown key {unknown[0]!r} in {where}; known are: {', '.join(sorted(known))}."
            f"{suggest(unknown[0], known)}"
        )


def _section(content: Mapping[str, object], name: str, known: Sequence[str]) -> dict[str, object]:
    section = content.get(name, {})
    if not isinstance(section, dict):
        raise SettingError(f"{name} must be a table, [{name}], not {section!r}.")
    _know(section, known, f"[{name}]")
    return section


def _sample(table: Mapping[str, Any]) -> Sample:
    try:
        return Sample(**table)
    except TypeError as error:
        raise SettingError(f"A number in [sample] is no number: {error}.") from error


def _values(key: str, values: object) -> tuple[object, ...]:
    if not isinstance(values, list) or not values or len(set(map(str, values))) < len(values):
        raise SettingError(f"{key} must be a list of different values, not {values!r}.")
    return tuple(values)


def _whole(key: str, value: object) -> int:
    if not isinstance(value, int):
        raise SettingError(f"{key} must be whole numbers, not {value!r}.")
    return value


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _data_set(name: str, table: object) -> DataSet:
    if not isinstance(table, dict) or "source" not in table:
        raise SettingError(f'[data.{name}] needs source = "…".')
    _know(table, _OF_DATA, f"[data.{name}]")
    categories = table.get("categories", [])
    if not isinstance(categories, list):
        raise SettingError(f"categories of [data.{name}] must be a list, not {categories!r}.")
    taxonomy = table.get("taxonomy")
    labels = tuple(str(one) for one in categories)
    return DataSet(name, str(table["source"]), labels, _text(taxonomy))

"""Loads a bundle folder, or refuses one that is damaged, altered or of another version."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Final, NotRequired, TypedDict, cast

from pixonomy.bundle.calibrate import Calibration
from pixonomy.bundle.description import MODEL_FILE, Description, IllFormed, read_description
from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.errors import BundleError, SettingError
from pixonomy.images.resize import RESIZE_VERSION, ResizeSpec
from pixonomy.inference.form import LARGEST_MODEL
from pixonomy.inference.session import Network
from pixonomy.inference.whole_file import read_whole
from pixonomy.results.answer_results import Goal
from pixonomy.storage.files import hash_json, printable, storage_errors

__all__ = [
    "BUNDLE_FILE",
    "MODEL_FILE",
    "SCHEMA_VERSION",
    "Bundle",
    "find_bundle",
    "load_bundle",
    "seal",
]

BUNDLE_FILE: Final = "bundle.json"
SCHEMA_VERSION = 1

_LARGEST_DESCRIPTION = 16 << 20  # bytes: a hundred thousand categories


class BundleRecord(TypedDict):
    """What of a `bundle.json` is read beside its `Description`."""

    digest: str
    hashes: dict[str, str]
    provenance: NotRequired[dict[str, object]]


@dataclass(frozen=True)
class Bundle:
    """A classifier that was loaded and checked.

    Attributes:
        labels: category ids, in the order of the network's outputs.
        names: what people call each of them, in the same order.
        resize_spec: how an image becomes the network's input.
        about: the whole content of `bundle.json`.
        counts: training images of each label, in the same order; zeros where it holds none.
        taxonomy: the labels and what lies above them; None where nothing but names is known.
        linear_exponents: see `Description`; `bundle.explain_answer` leans on them.
    """

    labels: tuple[str, ...]
    names: tuple[str, ...]
    resize_spec: ResizeSpec
    calibration: Calibration
    network: Network
    about: BundleRecord
    counts: tuple[int, ...] = ()
    taxonomy: Taxonomy | None = None
    linear_exponents: tuple[float, ...] = ()

    @property
    def most_common(self) -> str:
        """The label of most training images; the first label where none are known."""
        counts = self.counts or (0,)
        return self.labels[counts.index(max(counts))]

    @cached_property
    def paths(self) -> dict[str, tuple[str, ...]]:
        """The names from the coarsest category down to each label's, where it has parents."""
        tree = self.taxonomy
        paths = {one: tuple(tree.path_names(one)) for one in self.labels} if tree else {}
        return {label: path for label, path in paths.items() if len(path) > 1}

    @cached_property
    def goals(self) -> dict[str, tuple[Goal, ...]]:
        """The goals that people might set for each label that has some."""
        return {
            one.id: tuple(Goal(**asdict(goal)) for goal in one.goals)
            for one in (self.taxonomy.categories.values() if self.taxonomy else ())
            if one.goals
        }


def load_bundle(path: Path, threads: int = 1) -> Bundle:
    """Load a bundle, or the bundle inside a run folder.

    Raises:
        SettingError: if there is no bundle at `path`.
        BundleError: if a part is missing, no regular file or too large, if a hash does not match,
            if a field is not of its type and range, if the parts do not belong together, or if it
            was made for another version.
    """
    folder = find_bundle(path)
    about = _check_seal(_read_about(folder), folder)
    described = _describe(about, folder)
    model = _read(folder, MODEL_FILE, LARGEST_MODEL)
    if sha256(model).hexdigest() != described.model_hash:
        raise BundleError(
            f"{MODEL_FILE} in {printable(folder)} is not the one this bundle was made with: "
            "its hash differs. Get the bundle anew."
        )
    network = Network(model, threads)
    _check_pair(described, network, folder)
    return Bundle(
        labels=described.labels,
        names=described.names,
        resize_spec=described.resize_spec,
        calibration=described.calibration,
        network=network,
        about=cast(BundleRecord, about),
        counts=described.counts,
        taxonomy=described.taxonomy,
        linear_exponents=described.linear_exponents,
    )


def find_bundle(path: Path) -> Path:
    """Return the folder of a bundle, or of the bundle inside a run folder.

    Raises:
        SettingError: if there is no bundle at `path`.
    """
    with storage_errors(path):
        is_here = any((path / name).exists() for name in (BUNDLE_FILE, MODEL_FILE))
        folder = path if is_here else path / "bundle"
        if not folder.is_dir():
            raise SettingError(
                f"There is no bundle at {printable(path)}: expected a folder with {BUNDLE_FILE} "
                f"and {MODEL_FILE}, or a run with such a folder in it."
            )
    return folder


def seal(about: Mapping[str, object]) -> dict[str, object]:
    """Return `about` with a digest over all of it.

    It shows that something was changed by mistake; it is no signature, for anybody can make it.
    """
    return {**about, "digest": hash_json(about)}


def _read(folder: Path, name: str, most: int) -> bytes:
    with storage_errors(folder / name):
        try:
            return read_whole(folder / name, most)
        except FileNotFoundError as error:
            raise BundleError(
                f"The bundle in {printable(folder)} is incomplete: {name} is missing. "
                "Get the bundle anew."
            ) from error


def _read_about(folder: Path) -> object:
    try:
        about: object = json.loads(_read(folder, BUNDLE_FILE, _LARGEST_DESCRIPTION))
        return about
    except (ValueError, RecursionError) as error:
        raise BundleError(
            f"{BUNDLE_FILE} in {printable(folder)} is not valid JSON. Get the bundle anew."
        ) from error


def _check_seal(about: object, folder: Path) -> dict[str, object]:
    """Return the content of a `bundle.json`; refuse one that was changed, by its digest."""
    content: dict[str, object] = about if isinstance(about, dict) else {}
    unsealed = {key: value for key, value in content.items() if key != "digest"}
    try:
        is_sealed = content.get("digest") == hash_json(unsealed)
    # Half a surrogate pair, a number of too many digits, too many brackets: nobody wrote these.
    except (ValueError, RecursionError):
        is_sealed = False
    if not is_sealed:
        raise BundleError(
            f"{BUNDLE_FILE} in {printable(folder)} was changed after the bundle was made: its hash "
            "differs. Get the bundle anew."
        )
    return content


def _describe(about: dict[str, object], folder: Path) -> Description:
    """Return what is described; refuse another version's description, and an ill-formed one."""
    version = about.get("schema_version")
    try:
        if type(version) is not int:
            raise IllFormed("schema_version is missing or no whole number")
        if version != SCHEMA_VERSION:
            shown = version if abs(version) < 10**9 else "another one"
            raise BundleError(
                f"The bundle in {printable(folder)} has version {shown}; this Pixonomy reads "
                f"version {SCHEMA_VERSION}."
            )
        described = read_description(about)
    except IllFormed as error:
        raise BundleError(
            f"{BUNDLE_FILE} in {printable(folder)} does not say what a bundle has to say "
            f"({error}). Get the bundle anew."
        ) from error
    if described.resize_version != RESIZE_VERSION:
        raise BundleError(
            f"The bundle in {printable(folder)} was trained with another resize routine; "
            "train it anew or use the Pixonomy version it names."
        )
    return described


def _check_pair(described: Description, network: Network, folder: Path) -> None:
    size, count = described.resize_spec.size, len(described.labels)
    is_one = network.image_shape == (3, size, size) and network.categories == count
    needs_novelty = described.calibration.none_novelty is not None
    is_one = is_one and (network.gives_features or not described.linear_exponents)
    if not is_one or (needs_novelty and not network.tells_novelty):
        raise BundleError(
            f"{MODEL_FILE} and {BUNDLE_FILE} in {printable(folder)} do not belong together: one "
            "has other categories, another picture size, no novelty or no features. Get the bundle "
            "anew."
        )

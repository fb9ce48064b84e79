"""A bundle folder goes in; a checked, ready classifier comes out, or a reason to refuse it."""

import json
from dataclasses import dataclass
from hashlib import sha256
from operator import index
from pathlib import Path
from typing import Any

from pixonomy.bundle.calibrate import Calibration
from pixonomy.errors import BundleError, SettingError
from pixonomy.files import hash_json, printable, storage_errors
from pixonomy.images.resize import RESIZE_VERSION, Framing
from pixonomy.inference.session import Network

BUNDLE_FILE, MODEL_FILE = "bundle.json", "model.onnx"
SCHEMA_VERSION = 1

_KEYS = {"labels": list, "preprocessing": dict, "calibration": dict, "hashes": dict}


@dataclass(frozen=True)
class Bundle:
    """A classifier as it left the building.

    Attributes:
        labels: category ids, in the order of the network's outputs.
        names: what people call each of them, in the same order.
        framing: how a picture becomes the network's input.
        about: the whole content of `bundle.json`.
        counts: training pictures of each label, in the same order; zeros where it does not tell.
    """

    labels: tuple[str, ...]
    names: tuple[str, ...]
    framing: Framing
    calibration: Calibration
    network: Network
    about: dict[str, Any]
    counts: tuple[int, ...] = ()

    @property
    def most_common(self) -> str:
        """The label of most training pictures; the first label where the bundle does not tell."""
        counts = self.counts or (0,)
        return self.labels[counts.index(max(counts))]


def load_bundle(path: Path, threads: int = 1) -> Bundle:
    """Load a bundle, or the bundle inside a run folder.

    Raises:
        SettingError: if there is no bundle at `path`.
        BundleError: if a part is missing, a hash does not match, the parts do not belong together,
            or it was made for another version.
    """
    with storage_errors(path):
        is_here = any((path / name).exists() for name in (BUNDLE_FILE, MODEL_FILE))
        folder = path if is_here else path / "bundle"
        if not folder.is_dir():
            raise SettingError(
                f"There is no bundle at {printable(path)}: expected a folder with {BUNDLE_FILE} "
                f"and {MODEL_FILE}, or a run with such a folder in it."
            )
    about = _read_about(folder)
    _check(about, folder)
    model = _read(folder, MODEL_FILE)
    if sha256(model).hexdigest() != about["hashes"][MODEL_FILE]:
        raise BundleError(
            f"{MODEL_FILE} in {printable(folder)} is not the one this bundle was made with: "
            "its hash differs. Get the bundle anew."
        )
    bundle = _assemble(about, model, threads, folder)
    size, count = bundle.framing.size, len(bundle.labels)
    if bundle.network.picture_shape != (3, size, size) or bundle.network.categories != count:
        raise BundleError(
            f"{MODEL_FILE} and {BUNDLE_FILE} in {printable(folder)} do not belong together: one "
            "has other categories or another picture size. Get the bundle anew."
        )
    return bundle


def seal(about: dict[str, Any]) -> dict[str, Any]:
    """Return `about` with a digest over all of it."""
    return about | {"digest": hash_json(about)}


def _read(folder: Path, name: str) -> bytes:
    with storage_errors(folder / name):
        try:
            return (folder / name).read_bytes()
        except FileNotFoundError as error:
            raise BundleError(
                f"The bundle in {printable(folder)} is incomplete: {name} is missing. "
                "Get the bundle anew."
            ) from error


def _read_about(folder: Path) -> Any:
    try:
        return json.loads(_read(folder, BUNDLE_FILE))
    except (ValueError, RecursionError) as error:
        raise BundleError(
            f"{BUNDLE_FILE} in {printable(folder)} is not valid JSON. Get the bundle anew."
        ) from error


def _check(about: Any, folder: Path) -> None:
    """Refuse a changed `bundle.json`, and one that another version wrote."""
    content = about if isinstance(about, dict) else {}
    unsealed = {key: value for key, value in content.items() if key != "digest"}
    try:
        is_sealed = content.get("digest") == hash_json(unsealed)
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can spell and nobody can write
        is_sealed = False
    if not is_sealed:
        raise BundleError(
            f"{BUNDLE_FILE} in {printable(folder)} was changed after the bundle was made: its hash "
            "differs. Get the bundle anew."
        )
    if content.get("schema_version") != SCHEMA_VERSION:
        raise BundleError(
            f"The bundle in {printable(folder)} has version {content.get('schema_version')}; this "
            f"Pixonomy reads version {SCHEMA_VERSION}."
        )
    missing = [key for key in _KEYS if not isinstance(content.get(key), _KEYS[key])]
    if missing or MODEL_FILE not in content["hashes"]:
        raise _ill_formed(folder, ", ".join(missing) or "hashes")
    if content["preprocessing"].get("resize_version") != RESIZE_VERSION:
        raise BundleError(
            f"The bundle in {printable(folder)} was trained with another resize routine; "
            "train it anew or use the Pixonomy version it names."
        )


def _assemble(about: dict[str, Any], model: bytes, threads: int, folder: Path) -> Bundle:
    preprocessing = about["preprocessing"]
    try:
        return Bundle(
            labels=tuple(str(one["label"]) for one in about["labels"]),
            names=tuple(str(one["name"]) for one in about["labels"]),
            framing=Framing(preprocessing["size"], preprocessing["fit"]),
            calibration=Calibration(**about["calibration"]),
            network=Network(model, threads),
            about=about,
            counts=tuple(index(one.get("count", 0)) for one in about["labels"]),
        )
    except (KeyError, TypeError, SettingError) as error:
        raise _ill_formed(folder, str(error)) from error


def _ill_formed(folder: Path, reason: str) -> BundleError:
    return BundleError(
        f"{BUNDLE_FILE} in {printable(folder)} does not say what a bundle has to say ({reason}). "
        "Get the bundle anew."
    )

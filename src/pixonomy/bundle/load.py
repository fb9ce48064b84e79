"""A bundle folder goes in; a checked, ready classifier comes out, or a reason to refuse it."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from pixonomy.bundle.calibrate import Calibration
from pixonomy.errors import BundleError, SettingError
from pixonomy.files import hash_json, printable, read_json, storage_errors
from pixonomy.images.resize import RESIZE_VERSION, Framing
from pixonomy.inference.session import Network

BUNDLE_FILE, MODEL_FILE = "bundle.json", "model.onnx"
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Bundle:
    """A classifier as it left the building.

    Attributes:
        labels: category ids, in the order of the network's outputs.
        names: what people call each of them, in the same order.
        framing: how a picture becomes the network's input.
        about: the whole content of `bundle.json`.
    """

    labels: tuple[str, ...]
    names: tuple[str, ...]
    framing: Framing
    calibration: Calibration
    network: Network
    about: dict[str, Any]


def load_bundle(path: Path, threads: int = 1) -> Bundle:
    """Load a bundle, or the bundle inside a run folder.

    Raises:
        SettingError: if there is no bundle at `path`.
        BundleError: if a hash does not match, or it was made for another version.
    """
    folder = path if (path / BUNDLE_FILE).exists() else path / "bundle"
    about = read_json(folder / BUNDLE_FILE)
    if about is None:
        raise SettingError(f"There is no bundle at {printable(path)}: expected {BUNDLE_FILE} in it.")
    _check(about, folder)
    with storage_errors(folder):
        model = (folder / MODEL_FILE).read_bytes()
    if sha256(model).hexdigest() != about["hashes"][MODEL_FILE]:
        raise BundleError(
            f"{MODEL_FILE} in {printable(folder)} is not the one this bundle was made with: "
            "its hash differs. Get the bundle anew."
        )
    preprocessing = about["preprocessing"]
    return Bundle(
        labels=tuple(one["label"] for one in about["labels"]),
        names=tuple(one["name"] for one in about["labels"]),
        framing=Framing(preprocessing["size"], preprocessing["fit"]),
        calibration=Calibration(**about["calibration"]),
        network=Network(model, threads),
        about=about,
    )


def seal(about: dict[str, Any]) -> dict[str, Any]:
    """Return `about` with a digest over all of it."""
    return about | {"digest": hash_json(about)}


def _check(about: Any, folder: Path) -> None:
    content = about if isinstance(about, dict) else {}
    unsealed = {key: value for key, value in content.items() if key != "digest"}
    if content.get("digest") != hash_json(unsealed):
        raise BundleError(
            f"{BUNDLE_FILE} in {printable(folder)} was changed after the bundle was made: its hash "
            "differs. Get the bundle anew."
        )
    if content["schema_version"] != SCHEMA_VERSION:
        raise BundleError(
            f"The bundle in {printable(folder)} has version {content['schema_version']}; this "
            f"Pixonomy reads version {SCHEMA_VERSION}."
        )
    if content["preprocessing"]["resize_version"] != RESIZE_VERSION:
        raise BundleError(
            f"The bundle in {printable(folder)} was trained with another resize routine; "
            "train it anew or use the Pixonomy version it names."
        )

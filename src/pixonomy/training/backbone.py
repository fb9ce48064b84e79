"""Opens any ONNX image network as a frozen backbone: what embeds images, and stays as it is.

How it wants its images stands in a small file beside it, NAME.toml or NAME.json, or in the
`preprocessor_config.json` of a published export; else it is taken for one of PyTorch's.
"""

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx

from pixonomy.errors import BundleError, SettingError
from pixonomy.inference.class_head import take_off_classes
from pixonomy.inference.embed import EmbeddingNetwork
from pixonomy.inference.form import LARGEST_MODEL, in_short
from pixonomy.inference.whole_file import read_whole
from pixonomy.inference.wrap_backbone import Preprocessing, wrap_backbone
from pixonomy.models.stored_head import ImageNetHead, read_head
from pixonomy.nearest_names import suggest
from pixonomy.semantic_prior.encoder_folder import read_preprocessing
from pixonomy.storage.files import existing_path, hash_json, printable

_CONFIG = "preprocessor_config.json"
_KEYS = ("mean", "std", "size", "output", "unit_length")
_LARGEST = 1 << 16  # bytes of the file beside a network
_FREE_SIZE = 224  # pixels, where nothing says another
_NEAR = 1e-3  # of the largest number: an embedding beside others, and alone


@dataclass(frozen=True)
class Backbone:
    """A frozen network, from images of uint8 to embeddings.

    Attributes:
        content: the ONNX model, its preprocessing inside; see `wrap_backbone`.
        size: of its square images, in pixels.
        dimensions: d, the length of an embedding.
        head: what tells ImageNet's classes by an embedding, or None.
        description: a sentence or two of what was understood of it.
    """

    path: Path
    content: bytes = field(repr=False)
    size: int
    dimensions: int
    head: ImageNetHead | None = field(repr=False)
    description: str

    @property
    def identity(self) -> str:
        """What answers depend on, as one hash."""
        head = [] if self.head is None else [sha256(one.tobytes()).hexdigest() for one in self.head]
        return hash_json([sha256(self.content).hexdigest(), *head])


def open_backbone(path: Path, size: int | None = None) -> Backbone:
    """Open an ONNX file of a network that takes images alone.

    The embedding is the output that a file beside it names; else a known or the only one; or,
    where that gives ImageNet's 1,000 classes by a linear layer, what this layer sees.

    Args:
        size: of its images, where the network leaves it free.

    Raises:
        SettingError: if there is no such file, or it is not understood.
        DataError: if a head lies beside it that belongs to another network.
    """
    try:
        content = read_whole(existing_path(path, "network"), LARGEST_MODEL)
        wanted, source = _find_preprocessing(path)
        content, layer = (content, None) if wanted.output else _take_off(content)
        wanted = replace(wanted, size=size or wanted.size, free_size=_FREE_SIZE)
        content = wrap_backbone(content, wanted)
        network = EmbeddingNetwork(content)
        _check_batches(network)
    except (BundleError, SettingError) as error:
        raise SettingError(f"{printable(path)} cannot be a backbone: {error}") from error
    beside = path.with_name(f"{path.stem}_head.npz")
    head = layer
    if beside.is_file():
        head = read_head(beside, network.dimensions)
    described = (
        f"{printable(path)} embeds pictures of {network.size} px as {network.dimensions} numbers; "
        f"it takes red, green, blue as (x / 255 - mean) / std with mean {_show(wanted.mean)} and "
        f"std {_show(wanted.std)}, by {source}."
    )
    if head is layer is not None:
        described += " Its last layer is taken for one of ImageNet's 1,000 classes, and left out."
    return Backbone(path, content, network.size, network.dimensions, head, described)


def _take_off(content: bytes) -> tuple[bytes, ImageNetHead | None]:
    try:
        model = onnx.load_model_from_string(content)
    except Exception as error:  # protobuf and ONNX raise types of their own
        raise SettingError(f"it is no ONNX model: {in_short(error)}.") from error
    layer = take_off_classes(model)
    if layer is None:
        return content, None
    head = ImageNetHead(layer.kernel.astype(np.float16), layer.bias)
    return bytes(model.SerializeToString()), head


def _check_batches(network: EmbeddingNetwork) -> None:
    """Refuse a network whose embeddings depend on how many images it is given at once."""
    shape = (3, 3, network.size, network.size)
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    try:
        together = network.run(images)
    except BundleError as error:
        raise SettingError(
            f"it could not be run on three pictures at once; export it with a free batch size: "
            f"{error}"
        ) from error
    alone = np.concatenate([network.run(images[i : i + 1]) for i in range(len(images))])
    if not float(np.abs(together - alone).max()) <= _NEAR * float(np.abs(alone).max() + _NEAR):
        raise SettingError("it embeds a picture otherwise when others stand beside it.")


def _find_preprocessing(path: Path) -> tuple[Preprocessing, str]:
    """Return what a network expects of its images, and what says so."""
    for ending, load in ((".toml", tomllib.loads), (".json", json.loads)):
        beside = path.with_suffix(ending)
        if beside.is_file():
            return _read_beside(beside, load), printable(beside.name)
    folders = [path.parent, *([path.parent.parent] if path.parent.name == "onnx" else [])]
    for folder in folders:
        if (folder / _CONFIG).is_file():
            return replace(read_preprocessing(folder), is_unit=False), _CONFIG
    return Preprocessing(), (
        f"default (PyTorch's ImageNet networks; {printable(path.stem)}.toml beside it can say "
        "otherwise: mean, std, size, output, unit_length)"
    )


def _read_beside(path: Path, load: Callable[[str], object]) -> Preprocessing:
    try:
        content = load(read_whole(path, _LARGEST).decode("utf-8"))
        if not isinstance(content, Mapping):
            raise ValueError("it has no keys")
        return _understand(content)
    except (ValueError, TypeError, RecursionError) as error:
        raise SettingError(f"{printable(path)} is not understood: {in_short(error)}.") from error


def _understand(content: Mapping[str, object]) -> Preprocessing:
    for key in content:
        if key not in _KEYS:
            raise ValueError(
                f"unknown key {key!r}; known are {', '.join(_KEYS)}.{suggest(key, _KEYS)}"
            )
    known = Preprocessing()
    size, output, unit = (content.get(key) for key in _KEYS[2:])
    if not (size is None or (type(size) is int and size > 0)):
        raise ValueError(f"size is a number of pixels, not {size!r}")
    if not (output is None or isinstance(output, str)):
        raise ValueError(f"output is a name, not {output!r}")
    if not (unit is None or isinstance(unit, bool)):
        raise ValueError(f"unit_length is true or false, not {unit!r}")
    mean, std = (
        _three(key, content.get(key, usual))
        for key, usual in (("mean", known.mean), ("std", known.std))
    )
    if not min(std) > 0:
        raise ValueError("std is above 0")
    return Preprocessing(mean, std, size, output=output, is_unit=bool(unit))


def _three(key: str, given: object) -> tuple[float, ...]:
    """Return three finite numbers, of red, green and blue; one is taken for all of them."""
    some = [given] * 3 if type(given) in (int, float) else given
    if not isinstance(some, list | tuple) or [type(x) in (int, float) for x in some] != [True] * 3:
        raise ValueError(f"{key} is a number, or three of them, not {given!r}")
    values = tuple(float(one) for one in some)
    if not np.isfinite(values).all():
        raise ValueError(f"{key} is finite, not {given!r}")
    return values


def _show(values: tuple[float, ...]) -> str:
    return ", ".join(f"{one:g}" for one in values)

"""All settings of a training, read from a recipe in TOML and from the command line."""

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from pixonomy.errors import SettingError
from pixonomy.models.architectures import ARCHITECTURES
from pixonomy.models.device import AUTO, check_name
from pixonomy.nearest_names import suggest
from pixonomy.storage.files import printable, storage_errors

SCHEDULES = ("cosine", "linear")
"""How the learning rate falls."""

OPTIMIZERS = ("adamw", "muon")
"""What turns gradients into steps."""

HEADS = ("linear", "auto")
"""What answers from an embedding."""

BALANCES = ("none", "loss", "batches")
"""How rare categories are made to count."""


@dataclass(frozen=True)
class Recipe:
    """How a classifier is trained; the defaults suit `compact` from scratch.

    Attributes:
        model: a name of the zoo, or of a shipped recipe whose other keys are taken, too.
        size: of the square input, in pixels.
        epochs: passes over the training pictures; 0 keeps the linear probe as it is.
        batch: pictures a step.
        optimizer: `adamw`, or `muon` for the kernels of convolutions and AdamW for the rest: fewer
            passes to the same accuracy from scratch.
        learning_rate: the highest; reached after the warm-up.
        schedule: how the rate falls after the warm-up: `cosine`, or `linear` (the one-cycle policy
            with a long warm-up).
        warmup: the share of all steps in which the rate climbs, 0 to 1.
        weight_decay: on kernels only.
        depth_decay: how much slower deeper parts of a pretrained network learn: each time the map
            has been halved once less, the rate is multiplied by this, 0 to 1.
        average: the share that each step keeps of a moving average of the weights, 0 to 1. The
            average is what is validated and kept; 0: the weights themselves are.
        accumulate: parts that each batch is taken in, to fit into memory.
        balance: how rare categories are made to count as much as frequent ones: not at all
            (`none`), by errors that count more (`loss`), by pictures shown oftener (`batches`).
        label_smoothing: the probability taken from the right label and spread, 0 to 1.
        dropout: on the embedding, 0 to 1.
        dense: the width of VGG's dense layers.
        flip: whether pictures are mirrored in every other epoch.
        test_flip: whether an answer is the mean of those to a picture and to its mirror image, in
            validation and in the bundle: twice the work.
        shift: the largest random shift, as a share of the size.
        zoom: how far random enlargement goes: the smallest square cut out is 1 - zoom of the size.
        light: how far each colour's brightness changes at random: factors 1 - light to 1 + light.
        mixup: pictures are laid over each other, by shares from Beta(mixup, mixup); 0: not.
        cutmix: a part of one is put into another, by shares from Beta(cutmix, cutmix); 0: not.
            Where both are wanted, each batch is made in one of the two ways.
        mix_share: the share of the batches that are so mixed, 0 to 1; the others stay plain.
        patience: epochs without a better validation loss before training stops; 0: never.
        freeze: the share of a pretrained network's layers, from the entrance on, kept as they are:
            they see edges and textures, which are the same everywhere, and cost the most time.
        freeze_norm: keep BatchNorm statistics of a pretrained network as they are.
        head: what answers from the embedding: a linear layer (`linear`), or what held-out training
            pictures and the categories' words show to be best for pictures like the training ones
            and for others (`auto`). Where there are epochs, `auto` first tries on held-out pictures
            whether fine-tuning pays: if not, the network stays frozen and has those heads; if so,
            it answers by a linear layer, its weights as far from the start as was best there.
        sure_accuracy: what answers called "sure" are to reach, 0 to 1, on pictures like the
            validation ones.
        seed: decides the start, the order and the augmentation.
        device: what it is computed on: `auto`, `cpu`, `cuda`, `cuda:1` or `mps`. It is no part of
            what a run is: one begun on a GPU can go on without.
    """

    model: str = "compact"
    size: int = 64
    epochs: int = 40
    batch: int = 64
    optimizer: str = "adamw"
    learning_rate: float = 2e-3
    schedule: str = "cosine"
    warmup: float = 0.1
    weight_decay: float = 0.05
    depth_decay: float = 1.0
    average: float = 0.0
    accumulate: int = 1
    balance: str = "none"
    label_smoothing: float = 0.1
    dropout: float = 0.2
    dense: int = 512
    flip: bool = True
    test_flip: bool = False
    shift: float = 0.1
    zoom: float = 0.0
    light: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0
    mix_share: float = 1.0
    patience: int = 0
    freeze: float = 0.0
    freeze_norm: bool = False
    head: str = "linear"
    sure_accuracy: float = 0.95
    seed: int = 0
    device: str = AUTO

    def __post_init__(self) -> None:
        check_name(self.device)
        for name, low, high in _RANGES:
            value = getattr(self, name)
            if not low <= value <= high:
                raise SettingError(f"{name} must be {low} to {high}, not {value}.")
        for name, known in _CHOICES:
            value = getattr(self, name)
            if value not in known:
                near = suggest(str(value), known)
                raise SettingError(
                    f"{name} must be one of {', '.join(known)}, not {value!r}.{near}"
                )

    def decisive(self) -> dict[str, object]:
        """Return the settings that decide the outcome of a training."""
        left_out = {"device"} if self.is_gated else {"device", "head"}
        return {key: value for key, value in asdict(self).items() if key not in left_out}

    @property
    def is_gated(self) -> bool:
        """Whether a gated head may answer, where the network stays frozen."""
        return self.head == "auto"


_CHOICES = (
    ("optimizer", OPTIMIZERS),
    ("schedule", SCHEDULES),
    ("balance", BALANCES),
    ("head", HEADS),
)
_RANGES: tuple[tuple[str, float, float], ...] = (
    ("size", 8, 1024),
    ("epochs", 0, 100_000),
    ("batch", 1, 65_536),
    ("learning_rate", 0, 100),
    ("warmup", 0, 1),
    ("weight_decay", 0, 100),
    ("depth_decay", 0, 1),
    ("average", 0, 0.99999),
    ("accumulate", 1, 65_536),
    ("label_smoothing", 0, 0.9),
    ("dropout", 0, 0.95),
    ("dense", 1, 65_536),
    ("shift", 0, 0.5),
    ("zoom", 0, 0.9),
    ("light", 0, 0.9),
    ("mixup", 0, 100),
    ("cutmix", 0, 100),
    ("mix_share", 0, 1),
    ("patience", 0, 100_000),
    ("freeze", 0, 1),
    ("sure_accuracy", 0.5, 0.999),
    ("seed", 0, 2**31 - 1),
)


def known_recipes() -> list[str]:
    """Return the names of the shipped recipes."""
    folder = resources.files("pixonomy") / "recipes"
    return sorted(file.name.removesuffix(".toml") for file in folder.iterdir())


def recipe_text(name: str) -> str:
    """Return the TOML of a shipped recipe."""
    return (resources.files("pixonomy") / "recipes" / f"{name}.toml").read_text("utf-8")


def allowed_values(key: str) -> str:
    """Return what a key of a recipe may be, in words; "" where only other modules know."""
    ranges = {name: f"{low:g} to {high:g}" for name, low, high in _RANGES}
    choices = {name: ", ".join(known) for name, known in _CHOICES}
    kind = next(one.type for one in dataclasses.fields(Recipe) if one.name == key)
    return ranges.get(key) or choices.get(key) or ("true, false" if kind is bool else "")


def load_recipe(name: str | Path, changes: Mapping[str, object]) -> Recipe:
    """Read a shipped recipe by name or a TOML file, and lay `changes` (not None) over it.

    Raises:
        SettingError: for an unknown recipe, key or type, naming what is known.
    """
    content = _read(name) | {key: value for key, value in changes.items() if value is not None}
    model = content.get("model")
    if model not in ARCHITECTURES and model in known_recipes():
        del content["model"]  # `model = "probe"`: what else that recipe says lies below
        content = _read(str(model)) | content
    _check_keys(content, str(name))
    return Recipe(**content)


def _read(name: str | Path) -> dict[str, Any]:
    if str(name) in known_recipes():
        return tomllib.loads(recipe_text(str(name)))
    path = Path(name)
    if not path.is_file():
        raise SettingError(
            f"There is no recipe {printable(path)!r}; shipped are {', '.join(known_recipes())}, "
            f"or give a TOML file.{suggest(str(name), known_recipes())}"
        )
    with storage_errors(path):
        try:
            return tomllib.loads(path.read_text("utf-8"))
        except ValueError as error:
            raise SettingError(f"{printable(path)} is no valid TOML: {error}.") from error


def _check_keys(content: dict[str, object], source: str) -> None:
    kinds = {field.name: field.type for field in dataclasses.fields(Recipe)}
    for key, value in content.items():
        if key not in kinds:
            raise SettingError(
                f"Unknown key {key!r} in recipe {source}; known are {', '.join(kinds)}."
                f"{suggest(key, kinds)}"
            )
        if kinds[key] is float and type(value) is int:
            content[key] = float(value)
        elif type(value) is not kinds[key]:
            expected = getattr(kinds[key], "__name__", kinds[key])
            raise SettingError(
                f"{key} in recipe {source} must be of type {expected}, not {value!r}."
            )

"""Trains on arrays by a recipe: a run with its bundle."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from pixonomy.arrays.image_shards import Arrays, read_arrays
from pixonomy.bundle.load import BUNDLE_FILE
from pixonomy.errors import SettingError
from pixonomy.models.architectures import architecture
from pixonomy.models.device import require_device
from pixonomy.models.on_torch import on_torch
from pixonomy.progress import Context
from pixonomy.results.model_results import TrainResult
from pixonomy.semantic_prior.prior import PRIOR_VERSION
from pixonomy.storage.address import require_local
from pixonomy.storage.files import (
    hash_file,
    hash_json,
    printable,
    read_json,
    remove,
)
from pixonomy.storage.fingerprint import is_finished
from pixonomy.training.backbone import Backbone, open_backbone
from pixonomy.training.recipe import Recipe, known_recipes, load_recipe
from pixonomy.training.run import Origin, Run, RunFolder
from pixonomy.verbs.command_lines import training_options, training_origin
from pixonomy.verbs.export_run import export_on_backbone, export_trained
from pixonomy.verbs.training_folder import STAGE, clear_training, found_training, training_artefact

_DEFAULT = Context()
_VERSION = 6  # the version is raised when the same recipe trains otherwise
_NO_WEIGHTS, _IMAGENET = "none", "imagenet"
_PROBE, _FROZEN = "probe", "onnx"  # the recipe for a backbone, and what a run calls its model
_SCRATCH, _TRANSFER = "compact", "mobilenet"  # what fit trains without and with weights


@dataclass(frozen=True)
class TrainChoices:
    """What the user chose of a training; None leaves it to Pixonomy.

    Attributes:
        model: the name of a model or of a shipped recipe; what `recipe` says lies over that one.
        recipe: the name of a shipped recipe or a TOML file.
        weights: a weights file, `imagenet` (Keras's download), `none`, or None: `imagenet` where
            the model needs weights and they can be had.
        changes: recipe keys and their values, laid over the recipe; None values are ignored.
        backbone: an ONNX file of a network that stays as it is, instead of model and weights.
    """

    model: str | None = None
    recipe: str | None = None
    weights: str | None = None
    changes: Mapping[str, object] = field(default_factory=dict)
    backbone: Path | None = None


@dataclass(frozen=True)
class Plan:
    """A resolved training: the whole recipe, and the weights to start from.

    Attributes:
        choices: what it was resolved from.
        origin: what the run's pages say it was made from and by; None: of these arrays, by `train`.
        backbone: an ONNX network that heads are fitted on; then there are no weights.
    """

    recipe: Recipe
    weights: str | Path | None
    choices: TrainChoices | None = None
    origin: Origin | None = None
    backbone: Backbone | None = None

    @property
    def weights_id(self) -> str | None:
        """What identifies the weights: a file's SHA-256, `imagenet` or None."""
        if self.backbone is not None:
            return self.backbone.identity
        return hash_file(self.weights) if isinstance(self.weights, Path) else self.weights


def plan_training(choices: TrainChoices, context: Context = _DEFAULT) -> Plan:
    """Resolve recipe and weights: transfer learning where it can be, else from scratch.

    Raises:
        SettingError: for an unknown model, recipe or weights file, weights that do not fit, or a
            device that is not there.
    """
    if choices.backbone is not None:
        return _plan_frozen(choices, choices.backbone, context)
    asked = choices
    weights = _asked_weights(choices.weights)
    model = choices.model
    if choices.recipe is None and model in known_recipes():
        choices = replace(choices, recipe=model, model=None)  # `--model probe`: a recipe's name
        model = None
    if model is not None and model not in known_recipes():
        architecture(model, known_recipes())  # an unknown one ends here
    if choices.recipe is None and model is None:
        if choices.weights is None and _can_have_imagenet(context):
            weights = _IMAGENET
        model = _SCRATCH if weights is None else _TRANSFER
    size = choices.changes.get("size")
    name = choices.recipe or recipe_of(str(model), size if isinstance(size, int) else None)
    recipe = load_recipe(name, {"model": model, **choices.changes})
    kind = architecture(recipe.model)
    if choices.weights is None and kind.family == "pooled":
        weights = _IMAGENET
    if kind.application is None and weights is not None:
        raise SettingError(
            f"{recipe.model} has no pretrained weights; leave --weights out, or 'none'."
        )
    if recipe.epochs == 0 and weights is None:
        raise SettingError("Without training epochs there must be pretrained weights: --weights.")
    require_device(context.device or recipe.device)
    return Plan(recipe, weights, asked)


def _plan_frozen(choices: TrainChoices, path: Path, context: Context) -> Plan:
    """Resolve a training of heads on a frozen backbone: the recipe `probe`, or one of no epochs."""
    if choices.weights is not None or choices.model not in (None, _PROBE):
        raise SettingError(
            f"--backbone goes with --model {_PROBE} and brings its own weights: leave --weights "
            "and other models out."
        )
    size = choices.changes.get("size")
    backbone = open_backbone(path, size if isinstance(size, int) else None)
    asked = {**choices.changes, "model": _FROZEN, "size": backbone.size}
    recipe = load_recipe(choices.recipe or _PROBE, asked)
    if recipe.epochs or recipe.test_flip:
        raise SettingError(
            f"{printable(path)} stays as it is: a backbone of ONNX is not fine-tuned, so that "
            "epochs have to be 0, and test_flip false."
        )
    context.report(backbone.description)
    return Plan(recipe, None, choices, backbone=backbone)


def recipe_of(model: str, size: int | None) -> str:
    """Return the name of the shipped recipe for a model; of several, the nearest in size."""
    name = architecture(model).recipe
    stem, _, own_size = name.rpartition("-")
    if not own_size.isdigit() or size is None:
        return name
    sizes = [int(one.rpartition("-")[2]) for one in known_recipes() if one.startswith(f"{stem}-")]
    return f"{stem}-{min(sizes, key=lambda known: abs(known - size))}"


def _asked_weights(asked: str | None) -> str | Path | None:
    if asked is None or asked == _NO_WEIGHTS:
        return None
    if asked == _IMAGENET:
        return _IMAGENET
    if not Path(asked).is_file():
        raise SettingError(f"There is no weights file at {printable(asked)}.")
    return Path(asked)


def _can_have_imagenet(context: Context) -> bool:
    """Tell whether Keras has, or can download, the weights to transfer from; say so if not."""
    from pixonomy.models.pretrained import WeightsUnavailable, fetch_weights

    try:
        fetch_weights(_TRANSFER)
    except WeightsUnavailable:
        context.report(
            "No pretrained weights are at hand and none could be downloaded: training `compact` "
            "from scratch (give --weights FILE for transfer learning)."
        )
        return False
    return True


def train(
    arrays: Path,
    output: Path,
    plan: Plan,
    overwrite: bool = False,
    context: Context = _DEFAULT,
) -> TrainResult:
    """Train on prepared arrays and export the bundle; goes on where a killed run stopped.

    Returns:
        A TrainResult.

    Raises:
        SettingError: if the plan does not fit the arrays, or `output` is something else.
    """
    require_local(output)
    prepared, folder = read_arrays(arrays), RunFolder(output)
    prepared.images(plan.recipe.size)  # a size that was not prepared ends here, not half-way
    run = _describe(prepared, plan, output, context.device)
    result = _finished_result(folder, run, overwrite)
    if context.hosts.rank > 0:  # the first of several hosts writes, and holds the lock
        result = result or _train(prepared, run, folder, plan, context)
    elif result is None or not (folder.bundle / BUNDLE_FILE).exists():
        with training_artefact(folder).lock(context.report):
            result = _make(prepared, run, folder, plan, overwrite, context=context)
    return TrainResult.from_json(
        {
            "run": printable(output),
            "bundle": printable(folder.bundle),
            **{key: result[key] for key in ("steps", "seconds", "validation")},
            "device": result.get("device"),
        }
    )


def _finished_result(folder: RunFolder, run: Run, overwrite: bool) -> Mapping[str, object] | None:
    """Return what a finished training has reached; None if there is something to be done."""
    found = found_training(folder)
    is_same = is_finished(printable(folder.path), found, run.fingerprint, overwrite)
    return read_json(folder.result) if is_same else None


def _make(
    arrays: Arrays,
    run: Run,
    folder: RunFolder,
    plan: Plan,
    overwrite: bool,
    *,
    context: Context,
) -> Mapping[str, object]:
    """Train and write the bundle, as far as neither has been done, also by another run."""
    found = found_training(folder)
    if not is_finished(printable(folder.path), found, run.fingerprint, overwrite):
        clear_training(folder)
        run.write(folder)
    result: Mapping[str, object] | None = read_json(folder.result)
    if result is None:
        result = _train(arrays, run, folder, plan, context)
    if not (folder.bundle / BUNDLE_FILE).exists():
        remove(folder.bundle)  # what is left of a damaged one would be in the way
        device = context.device or plan.recipe.device
        asked = arrays.folder, folder.path, context.cores
        if plan.backbone is None:
            on_torch(export_trained, *asked, device)
        else:
            on_torch(export_on_backbone, *asked, plan.backbone)
    return result


def _train(
    arrays: Arrays,
    run: Run,
    folder: RunFolder,
    plan: Plan,
    context: Context,
) -> Mapping[str, object]:
    """Train; of several hosts the first one writes into the run, the others beside it."""
    from pixonomy.models.distributed import join

    if plan.backbone is not None:
        from pixonomy.training.frozen_run import train_frozen

        return train_frozen(arrays, run, folder, plan.backbone, context)
    join(context.hosts)
    from pixonomy.training.train_run import train_run  # not before: it may compute something

    if context.hosts.rank == 0:
        return train_run(arrays, run, folder, plan.weights, context)
    with TemporaryDirectory(prefix="pixonomy-host-") as name:
        own = RunFolder(Path(name))
        if folder.latest.exists():  # the first host goes on from it, too
            own.latest.parent.mkdir()
            shutil.copy(folder.latest, own.latest)
        return train_run(arrays, run, own, plan.weights, context)


def _describe(arrays: Arrays, plan: Plan, output: Path, device: str | None) -> Run:
    labels = tuple(arrays.rows["label"].drop_nulls().unique().sort())
    fingerprint = {
        "stage": STAGE,
        "version": _VERSION,
        "arrays": hash_json(dict(arrays.about["fingerprint"])),
        "recipe": plan.recipe.decisive(),
        "weights": plan.weights_id,
        **({"words": PRIOR_VERSION} if plan.recipe.is_gated else {}),
    }
    origin, asked = plan.origin, plan.choices
    if origin is None and asked is not None:
        options = training_options(asked.model, asked.recipe, asked.weights, asked.changes)
        options |= {"--backbone": asked.backbone, "--device": device}
        origin = training_origin(arrays, output, options, asked.changes)
    folder, manifest = arrays.folder.absolute(), str(arrays.about["fingerprint"]["manifest"])
    taxonomy = None if arrays.taxonomy is None else arrays.taxonomy.restrict(labels)
    start = plan.weights_id
    return Run(plan.recipe, labels, folder, start, fingerprint, manifest, origin, taxonomy)

"""Options that several verbs share, declared once."""

from pathlib import Path
from typing import Annotated

import typer

from pixonomy.storage.address import require_local

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace a result that was made with other settings.")
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Decides everything left to chance.")]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="compact, airbench, vgg16, vgg19, probe, or a pretrained network such as mobilenet, "
        "resnet50, efficientnetv2b0, convnexttiny (all: pixonomy list models).",
    ),
]
Weights = Annotated[
    str | None,
    typer.Option(
        "--weights", help="Pretrained weights: a file, 'imagenet' (downloaded by Keras) or 'none'."
    ),
]
Backbone = Annotated[
    Path | None,
    typer.Option(
        "--backbone",
        help="An ONNX file of any image network: it stays as it is, and heads are fitted on it. "
        "NAME.toml beside it says how it wants its pictures.",
    ),
]
RecipeName = Annotated[
    str | None,
    typer.Option(
        "--recipe", help="A TOML file, or a shipped recipe's name (all: pixonomy list recipes)."
    ),
]
Size = Annotated[int | None, typer.Option("--size", help="Side of the pictures in pixels.")]
Encoder = Annotated[
    Path | None,
    typer.Option(
        "--encoder", help="For a taxonomy alone: the folder of a text-image encoder (CLIP, SigLIP)."
    ),
]
Sources = Annotated[
    list[str],
    typer.Argument(
        help="Folders of pictures, tables, a manifest, .bson, .tar, .zip, s3://…; a taxonomy "
        "(.toml) beside them names the categories, and alone answers by its words."
    ),
]
Epochs = Annotated[int | None, typer.Option("--epochs", help="Passes over the pictures.")]
Device = Annotated[
    str | None,
    typer.Option(
        "--device",
        help="What networks are computed on: cpu, cuda, cuda:1, mps, or auto (the best there is); "
        "else what the recipe or KERAS_TORCH_DEVICE says.",
    ),
]
Root = Annotated[
    Path | None, typer.Option("--root", help="The folder that a table's paths hang from.")
]
LabelColumn = Annotated[
    str | None, typer.Option("--label-column", help="The table's column with the categories.")
]
PathColumn = Annotated[
    str | None, typer.Option("--path-column", help="The table's column with the paths.")
]
Categories = Annotated[
    Path | None,
    typer.Option("--categories", help="Their names, parents and goals: .toml, or names in a .csv."),
]
Level = Annotated[
    int | None,
    typer.Option("--level", help="The level of categories that labels are of; 1: coarsest."),
]
HoldOut = Annotated[
    str | None,
    typer.Option(
        "--hold-out", help="Test on whole values of a column: keyword, provider or another."
    ),
]


def output(what: str) -> typer.models.OptionInfo:
    """Return the option -o for a verb that writes `what`."""
    option: typer.models.OptionInfo = typer.Option(
        "--output", "-o", help=f"Where {what} goes.", callback=local
    )
    return option


def local(path: Path | None) -> Path | None:
    """Return the path on this machine that an option names.

    Raises:
        SettingError: if it names an address.
    """
    if path is not None:
        require_local(path)
    return path

"""Tests a run that answers by words alone on images from elsewhere: it has none of its own."""

import time
from dataclasses import replace
from pathlib import Path

import polars as pl

from pixonomy.bundle.load import Bundle, load_bundle
from pixonomy.errors import SettingError
from pixonomy.prediction.predictions import Outputs, answer, likeliest
from pixonomy.progress import Context
from pixonomy.results.model_results import EvaluateOnResult, EvaluateResult
from pixonomy.storage.files import hash_json, printable
from pixonomy.training.run import RunFolder, versions
from pixonomy.verbs.command_lines import command_line
from pixonomy.verbs.evaluate_on import Evaluated, evaluate_on

_NO_ROWS = {"image_id": pl.String, "group_id": pl.String, "label": pl.String}


def evaluate_words(run: Path, on: Path | None, context: Context) -> EvaluateOnResult:
    """Answer images from elsewhere by words alone and write the report; see `evaluate`.

    Raises:
        SettingError: without images to be tested on.
    """
    began = time.monotonic()
    if on is None:
        raise SettingError(
            f"{printable(run)} answers by words alone and has no test pictures of its own: name "
            "labelled ones with --on."
        )
    bundle, folder = load_bundle(run, context.cores), RunFolder(run)
    no_answers = pl.DataFrame(schema=_NO_ROWS).with_columns(
        *answer(bundle, Outputs.nothing(bundle)),
        *likeliest(bundle.labels, Outputs.nothing(bundle).probabilities),
    )
    digest = bundle.about["digest"]
    own = Evaluated(
        folder,
        bundle,
        "test",
        no_answers,
        hash_json([digest, versions()]),
        None,
        _facts(bundle),
        command_line("evaluate", [run], {"--on": on}),
    )
    result = EvaluateResult(
        run=printable(run),
        bundle=printable(folder.bundle),
        report="",
        images=0,
        categories=len(bundle.labels),
        seconds=0.0,
        test=None,
    )
    found = evaluate_on(own, on, result, context)
    return replace(found, seconds=round(time.monotonic() - began, 2))


def _facts(bundle: Bundle) -> dict[str, str]:
    resizing = bundle.resize_spec
    return {
        "answers rest on": "the words of the categories alone",
        "picture size": f"{resizing.size} px, {resizing.fit}",
        "bundle (digest)": bundle.about["digest"],
        **{f"version of {name}": value for name, value in versions().items()},
    }

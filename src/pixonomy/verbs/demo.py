"""Runs the whole story offline, from keywords to answers, with drawn images."""

import time
from dataclasses import replace
from pathlib import Path

from pixonomy.arrays.write import ArraySettings
from pixonomy.dataset.taxonomy_toml import shipped_text
from pixonomy.errors import SettingError
from pixonomy.gallery.draw_images import CATEGORIES, draw_fresh
from pixonomy.images.resize import DEFAULT_FIT
from pixonomy.models.device import AUTO, require_device
from pixonomy.progress import Context
from pixonomy.results.answer_results import ImageAnswer
from pixonomy.results.collection_results import CollectResult
from pixonomy.results.comparison_results import (
    DemoAudit,
    DemoCollection,
    DemoResult,
    FreshAnswer,
    FreshAnswers,
)
from pixonomy.results.model_results import EvaluateResult
from pixonomy.splitting.assign import SplitShares
from pixonomy.storage.address import require_local
from pixonomy.storage.artefact import list_folder, other_folder
from pixonomy.storage.files import printable, read_json, write_json, write_text
from pixonomy.storage.locks import is_lock, lock_folder
from pixonomy.training.run import Origin
from pixonomy.verbs.audit import audit
from pixonomy.verbs.classify import classify
from pixonomy.verbs.command_lines import command_line
from pixonomy.verbs.evaluate import evaluate
from pixonomy.verbs.prepare import prepare
from pixonomy.verbs.split import split
from pixonomy.verbs.train import TrainChoices, plan_training, train

_DEFAULT = Context()
_RECORD = "demo.json"  # tells our own folder from one that people keep other things in
_PER_CATEGORY, _FRESH_PER_CATEGORY = 300, 4
_TAXONOMY = "savings-goals"
# Muon gets further in 20 passes than AdamW in 60: three minutes on a plain laptop, not six.
_SOON = {"optimizer": "muon", "learning_rate": 0.02, "epochs": 20}


def demo(
    output: Path,
    pictures_per_category: int = _PER_CATEGORY,
    seed: int = 0,
    context: Context = _DEFAULT,
) -> DemoResult:
    """Collect pictures of five savings goals from a site in a box, audit, train, classify.

    The site runs on this machine and offers drawn pictures, some of them flawed on purpose.

    Returns:
        A DemoResult.
    """
    require_local(output)
    require_device(context.device or AUTO)
    began = time.monotonic()
    settings = {"pictures_per_category": pictures_per_category, "seed": seed}
    _claim(output, settings)
    run = output / "run"
    with lock_folder(output, context.report):
        planted, collected = _collect(output, pictures_per_category, seed, context)
        audited = audit(
            output / "pictures" / "manifest.parquet", output / "audit", None, True, context
        )
        evaluated = _train(output, run, _origin(output, settings, context.device), context)
    fresh = draw_fresh(output / "fresh", _FRESH_PER_CATEGORY, seed)
    answers = classify(run, [path for path, _ in fresh], context).images
    return DemoResult(
        gallery=printable(output / "gallery"),
        collected=DemoCollection.from_json(collected.as_json()),
        audit=DemoAudit(page=audited.page, findings=audited.findings),
        run=evaluated.run,
        bundle=evaluated.bundle,
        report=evaluated.report,
        planted=planted,
        test=evaluated.test,
        fresh=_count(answers, [truth for _, truth in fresh]),
        seconds=round(time.monotonic() - began, 2),
    )


def _origin(output: Path, settings: dict[str, int], device: str | None) -> Origin:
    count = settings["pictures_per_category"]
    options = {
        "-o": output,
        "--pictures": None if count == _PER_CATEGORY else count,
        "--seed": settings["seed"] or None,
        "--device": device,
    }
    command = command_line("demo", [], options)
    return Origin(command, printable(output / "gallery"))


def _train(output: Path, run: Path, origin: Origin, context: Context) -> EvaluateResult:
    """Split what the audit has marked, train on it and evaluate."""
    plan = plan_training(TrainChoices("compact", weights="none", changes=_SOON), context)
    plan = replace(plan, origin=origin)
    assigned, arrays = output / "split.parquet", output / "arrays"
    split(output / "audit" / "manifest.parquet", assigned, SplitShares(), True, context)
    shape = ArraySettings((plan.recipe.size,), DEFAULT_FIT)
    prepare(assigned, arrays, shape, True, context)
    train(arrays, run, plan, True, context)
    return evaluate(run, context)


def _claim(output: Path, settings: dict[str, int]) -> None:
    """Make the folder ours, or refuse one of other files or settings."""
    known = read_json(output / _RECORD)
    if known is None and not all(map(is_lock, list_folder(output))):
        raise other_folder(output)
    if known is not None and known != settings:
        raise SettingError(
            f"{printable(output)} holds a demo with other settings ({known}); choose another name."
        )
    write_json(output / _RECORD, settings)


def _collect(
    output: Path, pictures_per_category: int, seed: int, context: Context
) -> tuple[int, CollectResult]:
    """Draw a site's stock, serve it, and collect all of it; return how many flaws it has."""
    from pixonomy.gallery.http_site import make_app, serving  # they need parts of their own
    from pixonomy.gallery.photo_catalogue import draw_photo_catalogue
    from pixonomy.verbs.collect import CollectChoices, collect
    from pixonomy.verbs.serve_gallery import example_settings

    catalogue = draw_photo_catalogue(
        output / "gallery", pictures_per_category, seed, context.progress
    )
    port_file = output / "gallery" / "port.json"
    port = read_json(port_file) or 0
    with serving(make_app(catalogue), port) as address:
        # Addresses that a killed demo had noted have to lead here again.
        write_json(port_file, int(address.rpartition(":")[2]))
        taxonomy = output / "taxonomy.toml"
        write_text(taxonomy, shipped_text(_TAXONOMY) + example_settings(address))
        # As many of each keyword as a category with the fewest scenes has, and the repeats.
        most = 2 * pictures_per_category // min(map(len, CATEGORIES.values()))
        choices = CollectChoices(("commons",), most)
        result = collect(taxonomy, output / "pictures", choices, context=context)
    assert isinstance(result, CollectResult)  # it was no dry run
    return len(catalogue.planted), result


def _count(answers: tuple[ImageAnswer, ...], truths: list[str]) -> FreshAnswers:
    pairs = zip(answers, truths, strict=True)
    images = tuple(FreshAnswer(**vars(answer), truth=truth) for answer, truth in pairs)
    return FreshAnswers(
        n=len(images),
        right=sum(one.top[0].label == one.truth for one in images),
        sure=sum(one.verdict == "sure" for one in images),
        images=images,
    )

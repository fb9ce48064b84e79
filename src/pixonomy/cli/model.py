"""`fit`, `train`, `evaluate`, `classify`, `demo`: from images to answers."""

import os
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixonomy.cli import options
from pixonomy.cli.answers import (
    answer_line,
    answer_lines,
    count_verdicts,
    require_space,
    write_answers,
)
from pixonomy.cli.console import (
    context,
    native_messages_aside,
    percent,
    read_hosts,
    report,
    show,
)
from pixonomy.cli.fit_words import fit_words, split_taxonomy
from pixonomy.storage.files import printable

if TYPE_CHECKING:
    from pixonomy.results.comparison_results import DemoResult, FreshAnswer
    from pixonomy.results.model_results import EvaluateOnResult, EvaluateResult, TestFigures

_SHARES_SHOWN = 12


def fit(
    call: typer.Context,
    sources: options.Sources,
    output: Annotated[Path, options.output("the run, its report and bundle")],
    root: options.Root = None,
    path_column: options.PathColumn = None,
    label_column: options.LabelColumn = None,
    categories: options.Categories = None,
    level: options.Level = None,
    hold_out: options.HoldOut = None,
    model: options.Model = None,
    weights: options.Weights = None,
    recipe: options.RecipeName = None,
    size: options.Size = None,
    encoder: options.Encoder = None,
    backbone: options.Backbone = None,
    epochs: options.Epochs = None,
    seed: options.Seed = 0,
    device: options.Device = None,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Photographs in, trained classifier and report out: the whole road in one command."""
    from pixonomy.sources.table import TableColumns
    from pixonomy.verbs.fit import FitChoices
    from pixonomy.verbs.fit import fit as run
    from pixonomy.verbs.train import TrainChoices

    taxonomy, pictures = split_taxonomy(sources, encoder, call)
    if taxonomy is not None and not pictures:
        return fit_words(taxonomy, output, weights, encoder, overwrite, as_json)
    changes = {"size": size, "epochs": epochs, "seed": seed}
    training = TrainChoices(model, recipe, weights, changes, backbone)
    columns = TableColumns(root=root, path=path_column, label=label_column)
    names = categories or taxonomy
    choices = FitChoices(
        columns, training, seed=seed, categories=names, level=level, hold_out=hold_out
    )
    made = run(pictures, output, choices, overwrite, context(device))
    return show(made, _evaluation_lines(made), as_json)


def train(
    arrays: Annotated[Path, typer.Argument(help="Arrays made by `pixonomy prepare`.")],
    output: Annotated[Path, options.output("the run")],
    model: options.Model = None,
    weights: options.Weights = None,
    recipe: options.RecipeName = None,
    size: Annotated[int | None, typer.Option(help="Which of the arrays' sizes.")] = None,
    backbone: options.Backbone = None,
    epochs: options.Epochs = None,
    seed: options.Seed = 0,
    device: options.Device = None,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Train on prepared arrays and export the bundle; goes on after a kill."""
    from pixonomy.arrays.image_shards import read_arrays
    from pixonomy.verbs.train import TrainChoices, plan_training
    from pixonomy.verbs.train import train as run

    sizes = read_arrays(arrays).sizes
    if size is None and len(sizes) == 1:
        size = sizes[0]
    changes = {"size": size, "epochs": epochs, "seed": seed}
    around = replace(context(device), hosts=read_hosts(os.environ.get("PIXONOMY_HOSTS")))
    plan = plan_training(TrainChoices(model, recipe, weights, changes, backbone), around)
    with native_messages_aside() if around.hosts.world > 1 else nullcontext():
        result = run(arrays, output, plan, overwrite, around)
    validation = result.validation
    reached = f"validation accuracy {percent(validation.accuracy)}" if validation else "done"
    lines = [
        f"Trained {result.steps} steps in {result.seconds:.0f} s: {reached}.",
        f"Bundle: {result.bundle}",
        f"Curves: tensorboard --logdir {result.run}/events, after pip install tensorboard.",
        f"Next: pixonomy evaluate {result.run}",
    ]
    show(result, lines, as_json)


def evaluate(
    run: Annotated[Path, typer.Argument(help="A run made by `pixonomy train` or `fit`.")],
    on: Annotated[
        Path | None, typer.Option(help="A manifest, folder, table or quoted glob of other images.")
    ] = None,
    device: options.Device = None,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Test the run's bundle and write the report page."""
    from pixonomy.results.model_results import EvaluateOnResult
    from pixonomy.verbs.evaluate import evaluate as evaluate_run

    result = evaluate_run(run, context(device), on)
    lines = (
        _external_lines(result)
        if isinstance(result, EvaluateOnResult)
        else _evaluation_lines(result)
    )
    show(result, lines, as_json)


def classify(
    bundle: Annotated[Path, typer.Argument(help="A bundle, or the run it lies in.")],
    images: Annotated[list[Path], typer.Argument(help="Images, folders, quoted globs, manifests.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A CSV of the answers.", callback=options.local),
    ] = None,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Tell which category each picture shows, and how sure; exit code 1 if none can be read."""
    from pixonomy.verbs.classify import classify as run

    if output is not None:
        require_space(output, overwrite)
    result = run(bundle, images, context())
    lines = answer_lines(result.images)
    if output is not None:
        write_answers(output, result.images)
        result = replace(result, table=printable(output))
        lines = [count_verdicts(result.images), f"Answers: {result.table}"]
    show(result, lines, as_json)
    if all(one.verdict == "unreadable" for one in result.images):
        raise typer.Exit(1)


def demo(
    output: Annotated[Path, options.output("the demo")] = Path("pixonomy-demo"),
    pictures_per_category: Annotated[int, typer.Option("--pictures", min=20)] = 300,
    seed: options.Seed = 0,
    device: options.Device = None,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """The whole story, offline: keywords of five savings goals, collect, audit, train, classify."""
    from pixonomy.verbs.command_lines import command_line
    from pixonomy.verbs.demo import demo as run

    count = 5 * pictures_per_category
    report(f"Drawing {count} pictures for a photo site in a box, collecting from it, training …")
    result = run(output, pictures_per_category, seed, context(device))
    fresh, got = result.fresh, result.collected
    found = ", ".join(
        f"{count} {kind.replace('_', ' ')}"
        for kind, count in result.audit.findings.items()
        if count
    )
    lines = [
        f"Collected {got.pictures} pictures by keyword ({got.duplicates} duplicates, "
        f"{got.refused} refused): {got.page}",
        f"Audit: {found}: {result.audit.page}",
        *(f"{answer_line(one)}  (it is {_true_name(one)})" for one in fresh.images),
        f"Fresh pictures: {fresh.right} of {fresh.n} right, {fresh.sure} called sure.",
        *_evaluation_lines(result),
        "Its page, for people who save: "
        + command_line("serve", [output / "run"], {"--state": output / "state"}),
    ]
    show(result, lines, as_json)


def _true_name(answer: "FreshAnswer") -> str:
    names = (one.name for one in answer.top if one.label == answer.truth)
    return next(names, answer.truth)


def _evaluation_lines(result: "EvaluateResult | DemoResult") -> list[str]:
    test = result.test
    lines = ["No test pictures: the report shows the validation pictures, which flatter."]
    if test is not None:
        lines = [
            f"Test accuracy {percent(test.accuracy)} (95 % interval "
            f"{percent(test.accuracy_low)} to {percent(test.accuracy_high)}, "
            f"{_count_images(test)}); always the most common category: "
            f"{percent(test.majority_baseline)}."
        ]
    return [
        *lines,
        f"Report: {result.report}",
        f"Next: pixonomy classify {result.run} PICTURE.jpg",
    ]


def _count_images(test: "TestFigures", which: str = "") -> str:
    """Say how many pictures there are, and of how many independent units."""
    n, units = test.n, test.units
    if units is None:
        return f"{n} {which}pictures, each taken as independent"
    return f"{n} {which}pictures" + (f" of {units} independent units" if units < n else "")


def _external_lines(result: "EvaluateOnResult") -> list[str]:
    test, gap, shares = result.test, result.gap, result.shares
    lines = []
    if test is not None:
        lines.append(
            f"Accuracy there {percent(test.accuracy)} ({_count_images(test, 'labelled ')})."
        )
    if gap is not None:
        low, high = (f"{100 * bound:+.1f}" for bound in (gap.low, gap.high))
        lines.append(
            f"Beside its own test pictures: {100 * gap.difference:+.1f} points ({low} to {high})."
        )
    lines += result.mix.in_words if result.mix else ()
    ranked = sorted(shares, key=lambda one: -one.share)
    lines += [
        f"{one.label}: {percent(one.share)} of the pictures without a category "
        f"({percent(one.low)} to {percent(one.high)})"
        for one in ranked[:_SHARES_SHOWN]
    ]
    if len(ranked) > _SHARES_SHOWN:
        lines.append(f"… and {len(ranked) - _SHARES_SHOWN} categories more: see the report.")
    if not lines:
        lines.append("No picture there could be judged or counted.")
    return [*lines, f"Report: {result.report}"]

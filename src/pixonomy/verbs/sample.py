"""Draws a manifest of some categories and products from a larger one."""

from dataclasses import asdict
from pathlib import Path

from pixonomy.dataset.manifest import (
    SUMMED,
    Manifest,
    hash_manifest,
    manifest_artefact,
    read_manifest,
    rewrite_manifest,
)
from pixonomy.errors import SettingError
from pixonomy.near_duplicates.group_manifest import HASHED_AT_MOST, read_grouped
from pixonomy.progress import Context
from pixonomy.results.data_results import SampledCategory, SampleResult
from pixonomy.sampling.deduplicate import COPIED, count_duplicates, count_once, drop_duplicates
from pixonomy.sampling.draw import SampleChoices, choose_labels, draw_sample, find_among
from pixonomy.sampling.products import GATHERED, list_products
from pixonomy.sampling.similarity import hash_measure, measure_similarity
from pixonomy.storage.address import require_local
from pixonomy.storage.files import printable
from pixonomy.storage.fingerprint import Fingerprint

_DEFAULT = Context()
_FOUND = ("duplicate_group", "sha256", "perceptual_hash")


def sample(
    manifest: Path,
    output: Path,
    choices: SampleChoices | None = None,
    overwrite: bool = False,
    context: Context = _DEFAULT,
) -> SampleResult:
    """Keep some categories of a manifest, and of each some whole products.

    Fewer products than asked for are no error as long as there are any: the table tells. Where
    duplicates are dropped, a product of repeats alone is none, and of those drawn each is whole
    but for pictures that the sample holds already.

    Returns:
        A SampleResult; `repeats` is there where duplicates are dropped.

    Raises:
        SettingError: if `manifest` is none, `output` is something else, a category is unknown, or
            duplicates are to be dropped of which nothing is known.
        DataError: if nothing is left.
    """
    require_local(output)
    choices = choices or SampleChoices()
    fingerprint = _fingerprint(manifest, choices)
    manifest_artefact(output).make(
        fingerprint,
        lambda: _write_sample(manifest, output, choices, fingerprint, context),
        overwrite,
        context.report,
    )
    finished = read_manifest(output, SUMMED)
    summary = {"manifest": printable(output), **finished.summary(), **finished.notes}
    result = SampleResult.from_json(summary)
    _report_shortfall(result.sampled, context)
    if result.repeats:
        context.report(
            f"Pictures of these categories that repeat another one: {result.repeats}. "
            "The sample holds none twice."
        )
    return result


def _fingerprint(manifest: Path, choices: SampleChoices) -> Fingerprint:
    asked = asdict(choices)
    if choices.duplicates == "keep":
        del asked["duplicates"]  # so that samples of before the choice stay what they are
    by = hash_measure(choices.by) if choices.by else None
    return {"stage": "sample", "manifest": hash_manifest(manifest), **asked, "by": by}


def _write_sample(
    path: Path,
    output: Path,
    choices: SampleChoices,
    fingerprint: Fingerprint,
    context: Context,
) -> None:
    is_once = choices.duplicates == "drop"
    source = _read_duplicates(path, context) if is_once else read_manifest(path, GATHERED)
    whole = products = list_products(source.rows)
    labels = choose_labels(products, choices, source.taxonomy)
    if is_once:
        products = count_once(source.rows, whole, labels)
        labels = choose_labels(products, choices, source.taxonomy)
    if choices.search is not None:
        by = choices.by
        similarity = measure_similarity(by, path, products, labels, context) if by else None
        labels = find_among(labels, products, choices.search, similarity)
    drawn = draw_sample(products, labels, choices, source.taxonomy)
    notes: dict[str, object] = {}
    if is_once:
        drawn = drop_duplicates(source.rows, whole, drawn)
        notes["repeats"] = count_duplicates(whole, products, labels)
    notes["sampled"] = drawn.table
    # What has been found out about copies need not be found out again.
    found = source.rows.select(name for name in _FOUND if name in source.rows.columns)
    news = Manifest(found, source.base, fingerprint, source.taxonomy, notes)
    rewrite_manifest(path, output, news, drawn.stays)


def _read_duplicates(path: Path, context: Context) -> Manifest:
    """Read what says what the products are and which pictures are copies.

    Raises:
        SettingError: if nobody has looked for copies among more than can be read in minutes.
    """
    source = read_grouped(path, (*GATHERED, *COPIED), context)
    unhashed = source.usable["sha256"].null_count()
    if unhashed > HASHED_AT_MOST and not source.rows["duplicate_group"].count():
        raise SettingError(
            f"Nobody has looked for copies among {unhashed} pictures of {printable(path)}, which "
            "takes long. Run `pixonomy audit` first, then sample the manifest that it marks."
        )
    return source


def _report_shortfall(sampled: tuple[SampledCategory, ...], context: Context) -> None:
    short = [one for one in sampled if one.had < one.asked]
    if short:
        first = short[0]
        context.report(
            f"Fewer products than were asked for: in {len(short)} categories, as {first.name} "
            f"({first.had} of {first.asked})."
        )

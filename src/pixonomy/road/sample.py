"""A manifest goes in; a manifest of some of its categories and products comes out."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from pixonomy.artefact import is_finished
from pixonomy.curation.products import GATHERED, list_products
from pixonomy.curation.sample import SampleChoices, choose_labels, draw_sample, find_among
from pixonomy.files import printable
from pixonomy.manifest import SUMMED, Manifest, hash_manifest, read_manifest, rewrite_manifest
from pixonomy.progress import Surroundings
from pixonomy.road.index import found_fingerprint
from pixonomy.road.similarity import hash_measure, measure_similarity

_DEFAULT = Surroundings()


def sample(
    manifest: Path,
    output: Path,
    choices: SampleChoices | None = None,
    overwrite: bool = False,
    surroundings: Surroundings = _DEFAULT,
) -> dict[str, Any]:
    """Keep some categories of a manifest, and of each some whole products.

    Fewer products than asked for are no error as long as there are any: the table tells.

    Returns:
        {manifest, rows, groups, categories, problems, splits, damage} and sampled:
        [{label, name, asked, had, pictures}], where asked and had count products.

    Raises:
        SettingError: if `manifest` is none, `output` is something else, or a category is unknown.
        DataError: if nothing is left.
    """
    choices = choices or SampleChoices()
    fingerprint = {
        "stage": "sample",
        "manifest": hash_manifest(manifest),
        **asdict(choices),
        "by": hash_measure(choices.by) if choices.by else None,
    }
    if not is_finished(printable(output), found_fingerprint(output), fingerprint, overwrite):
        _write_sample(manifest, output, choices, fingerprint, surroundings)
    finished = read_manifest(output, SUMMED)
    sampled = finished.notes["sampled"]
    _tell_shortfall(sampled, surroundings)
    return {"manifest": printable(output), **finished.summary(), "sampled": sampled}


def _write_sample(
    path: Path,
    output: Path,
    choices: SampleChoices,
    fingerprint: Mapping[str, Any],
    surroundings: Surroundings,
) -> None:
    source = read_manifest(path, GATHERED)
    products = list_products(source.rows)
    labels = choose_labels(products, choices, source.taxonomy)
    if choices.search is not None:
        by = choices.by
        similarity = measure_similarity(by, path, products, labels, surroundings) if by else None
        labels = find_among(labels, products, choices.search, similarity)
    drawn = draw_sample(products, labels, choices, source.taxonomy)
    news = Manifest(
        pl.DataFrame(), source.base, fingerprint, source.taxonomy, {"sampled": drawn.table}
    )
    rewrite_manifest(path, output, news, drawn.kept)


def _tell_shortfall(sampled: list[dict[str, Any]], surroundings: Surroundings) -> None:
    short = [one for one in sampled if one["had"] < one["asked"]]
    if short:
        name, had, asked = (short[0][key] for key in ("name", "had", "asked"))
        surroundings.say(
            f"Fewer products than were asked for: in {len(short)} categories, as {name} "
            f"({had} of {asked})."
        )

"""Drafts a file of categories and keywords, by name or from what people typed."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from pixonomy.collecting.known import check_settings
from pixonomy.dataset.taxonomy_toml import KeywordFile, read_keyword_file, shipped_text
from pixonomy.errors import SettingError
from pixonomy.goals.template_check import check_goals
from pixonomy.results.data_results import TaxonomyResult
from pixonomy.semantic_prior.word_check import check_words
from pixonomy.storage.address import require_local
from pixonomy.storage.files import printable, storage_errors, write_text


def init_taxonomy(
    output: Path, name: str = "savings-goals", table: Path | None = None, overwrite: bool = False
) -> TaxonomyResult:
    """Write a shipped taxonomy, or a draft made from goal names.

    Args:
        table: a CSV of free-text names and their counts; None: the shipped taxonomy `name`.

    Returns:
        A TaxonomyResult.

    Raises:
        SettingError: if there is no such taxonomy or table, or the file exists.
    """
    require_local(output)
    with storage_errors(output):
        if output.exists() and not overwrite:
            raise SettingError(f"{printable(output)} exists; replace it with --overwrite.")
    text = shipped_text(name) if table is None else _propose(table)
    write_text(output, text)
    return _count(output, read_keyword_file(output))


def check_taxonomy(path: Path) -> TaxonomyResult:
    """Check a taxonomy, the settings of providers in it and its words; nobody is asked.

    Returns:
        A TaxonomyResult; its `words` says which categories their words can tell apart, its
        `goals` which sums have a source.

    Raises:
        SettingError: saying what is wrong with it.
    """
    file = read_keyword_file(path)
    check_settings(file.providers, path)
    return replace(
        _count(path, file),
        words=check_words(file.taxonomy.leaf_categories),
        goals=check_goals(file.categories, date.today()),
    )


def _propose(table: Path) -> str:
    from pixonomy.collecting.propose import propose  # needs scikit-learn, which the rest does not

    return propose(table)


def _count(path: Path, file: KeywordFile) -> TaxonomyResult:
    return TaxonomyResult(
        taxonomy=printable(path),
        categories=len(file.categories),
        keywords=len(file.keywords),
    )

"""The categories of a `bundle.json`: names, parents and goals of its labels, checked when read."""

from collections.abc import Mapping

from pixonomy.dataset.category import read_category
from pixonomy.dataset.taxonomy import Category, Taxonomy
from pixonomy.errors import DataError

Categories = dict[str, dict[str, object]]


def describe_categories(taxonomy: Taxonomy) -> Categories:
    """Return {id: {name, parent, description, goals}}, without what there is none of.

    Keywords stay in the run: nothing that a bundle answers rests on them.
    """
    return {one.id: one.as_json(with_keywords=False) for one in taxonomy.categories.values()}


def read_categories(stored: object, names: Mapping[str, str]) -> Taxonomy:
    """Undo `describe_categories`.

    Args:
        names: label → its name, of all labels of the bundle.

    Raises:
        DataError: naming the first category that is of another type or size, no label and above
            none, or called otherwise than its label is; or if they are no tree.
    """
    if not isinstance(stored, dict):
        raise DataError("categories is no dictionary")
    by_id: dict[str, Category] = {}
    for place, (identity, one) in enumerate(stored.items()):
        try:
            by_id[identity] = read_category(identity, one)
        except DataError as error:
            raise DataError(f"of category {place}, {error}") from error
    taxonomy = Taxonomy(by_id)
    if strange := by_id.keys() - {one for label in names for one in taxonomy.path(label)}:
        raise DataError(f"categories: {min(strange)[:40]!r} is no label and above none")
    for label, name in names.items():
        if taxonomy.name(label) != name and label in taxonomy.categories:
            raise DataError(f"categories: the name of {label[:40]!r} is not the one in labels")
    return taxonomy

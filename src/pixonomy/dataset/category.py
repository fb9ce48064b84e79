"""One category of a taxonomy: its names, words and goals, as a value and as JSON.

The JSON stands in manifests, arrays, runs and bundles; what is read of it may come from anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pixonomy.dataset.goal_template import GoalTemplate, read_goal
from pixonomy.dataset.stored_values import describe_value, read_list, read_text
from pixonomy.errors import DataError

MOST_KEYWORDS, MOST_GOALS = 10_000, 100  # of one category


@dataclass(frozen=True)
class Category:
    """A category: what it is called and what belongs to it.

    Attributes:
        id: what labels are; unlike names, no two categories share one.
        parent: the id of the category that it is a kind of; None: it is of the coarsest level.
        keywords: what to search for.
    """

    id: str
    name: str
    parent: str | None = None
    description: str = ""
    keywords: tuple[str, ...] = ()
    goals: tuple[GoalTemplate, ...] = ()

    def as_json(self, with_keywords: bool = True) -> dict[str, object]:
        """Return {name, parent, description, keywords, goals}, without what there is none of."""
        content: dict[str, object] = {"name": self.name}
        if self.parent is not None:
            content["parent"] = self.parent
        if self.description:
            content["description"] = self.description
        if self.keywords and with_keywords:
            content["keywords"] = list(self.keywords)
        if self.goals:
            content["goals"] = [one.as_json() for one in self.goals]
        return content


def read_category(identity: object, stored: object) -> Category:
    """Undo `Category.as_json`; keys of no field are passed over.

    Raises:
        DataError: naming the first field that is not of its type or size.
    """
    if not isinstance(stored, Mapping):
        raise DataError(f"it is {describe_value(stored)}, not a dictionary")
    parent = stored.get("parent")
    return Category(
        read_text(identity, "id"),
        read_text(stored.get("name"), "name"),
        None if parent is None else read_text(parent, "parent"),
        read_text(stored.get("description", ""), "description"),
        read_list(stored.get("keywords", []), "keywords", MOST_KEYWORDS, read_text),
        read_list(stored.get("goals", []), "goals", MOST_GOALS, read_goal),
    )

"""Draws a smaller data set: whole products of chosen categories."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.dataset.taxonomy import Taxonomy, fold, unknown_category
from pixonomy.errors import DataError, SettingError
from pixonomy.nearest_names import suggest
from pixonomy.sampling.choose_categories import Similarity, least_alike, most_alike, most_equal
from pixonomy.sampling.products import Products

PRESETS: Mapping[str, tuple[str, ...]] = {
    # Whisky, red wine, white wine, rosé, champagne.
    "cdiscount-wine": ("1000003437", "1000003400", "1000003402", "1000003404", "1000003407"),
    # Photography books, auto fuses, hinges, face lotion, headboards.
    "cdiscount-mixed": ("1000014042", "1000005888", "1000002844", "1000016621", "1000015754"),
}
PRESET_TOTAL = 7_916  # products, in both

Counts = npt.NDArray[np.int64]

_MOST = 1_000_000_000  # products: more than any catalogue has
_KINDS = ("equal", "alike", "unlike")
DUPLICATES = ("keep", "drop")


@dataclass(frozen=True)
class SampleChoices:
    """Which categories, and how many products of each.

    Attributes:
        categories: ids or names; all where there are none.
        preset: a name in `PRESETS`, in the place of categories.
        total: products in all.
        each: products of each category.
        balanced: equal numbers instead of numbers as found.
        find: "equal:K", "alike:K" or "unlike:K": K of the categories; "equal:K:FLOOR" names the
            floor, too.
        floor: the fewest products of a category to be found.
        by: where `find` learns what is alike: predictions, a run or a bundle.
        seed: decides which products.
        duplicates: "keep", or "drop": one image of each duplicate group stays.
    """

    categories: tuple[str, ...] = ()
    preset: str | None = None
    total: int | None = None
    each: int | None = None
    balanced: bool = False
    find: str | None = None
    floor: int = 1
    by: Path | None = None
    seed: int = 0
    duplicates: str = "keep"

    def __post_init__(self) -> None:
        if self.duplicates not in DUPLICATES:
            raise SettingError(f"--duplicates must be keep or drop, not {self.duplicates}.")
        if self.preset is not None and self.preset not in PRESETS:
            near = suggest(self.preset, PRESETS)
            raise SettingError(
                f"There is no preset {self.preset!r}; known: {', '.join(PRESETS)}.{near}"
            )
        if self.preset is not None and (self.categories or self.find):
            raise SettingError("A preset names its categories: give no others beside it.")
        if self.total is not None and self.each is not None:
            raise SettingError("Give products in all (total) or of each category, not both.")
        numbers = [one for one in (self.total, self.each, self.fewest) if one is not None]
        if min(numbers) < 1 or max(numbers) > _MOST:
            raise SettingError(f"Numbers of products must be 1 to {_MOST}.")
        if self.floor > 1 and self.find is None:
            raise SettingError("--floor is for finding categories (--find equal:5).")
        needs_by = self.search is not None and self.search[0] != "equal"
        if needs_by and self.by is None:
            raise SettingError(
                f"To find {self.find} say by what: predictions, a run or a bundle (--by PATH)."
            )
        if self.by is not None and not needs_by:
            raise SettingError("--by is for finding alike or unlike categories (--find alike:5).")

    @property
    def products(self) -> int | None:
        """How many products in all; None where only the categories or `each` decide."""
        has_own = self.preset is None or self.total is not None or self.each is not None
        return self.total if has_own else PRESET_TOTAL

    @property
    def is_balanced(self) -> bool:
        """Whether equal numbers are wanted: those of the presets are."""
        return self.balanced or self.preset is not None

    @property
    def search(self) -> tuple[str, int] | None:
        """What to find, as kind and number of categories; None where nothing is sought."""
        if self.find is None:
            return None
        kind, count, _ = self._parse_find(self.find)
        return kind, count

    @property
    def fewest(self) -> int:
        """The fewest products of a category to be found."""
        named = self._parse_find(self.find)[2] if self.find is not None else None
        return self.floor if named is None else named

    @staticmethod
    def _parse_find(find: str) -> tuple[str, int, int | None]:
        found = re.fullmatch(f"({'|'.join(_KINDS)}):([0-9]{{1,6}})(?::([0-9]{{1,10}}))?", find)
        if found is None or int(found[2]) < 2:
            raise SettingError(
                f"--find must be equal:K, alike:K or unlike:K with K of 2 or more, not {find}."
            )
        return found[1], int(found[2]), int(found[3]) if found[3] else None


class SampledCategory(TypedDict):
    """What of a category stays: images, and how many products were asked for and there."""

    label: str
    name: str | None
    asked: int
    had: int
    pictures: int


@dataclass(frozen=True)
class Sample:
    """What a sample keeps.

    Attributes:
        stays: boolean, shape (n,): whether each row of the manifest stays.
        table: {label, name, asked, had, pictures} of each category; asked and had count products.
    """

    stays: pl.Series
    table: list[SampledCategory]


def choose_labels(
    products: Products, choices: SampleChoices, taxonomy: Taxonomy | None = None
) -> list[str]:
    """Return the labels that were asked for, sorted; where some are to be found, the candidates.

    Raises:
        SettingError: if a name is unknown, or a category of a preset is not there.
    """
    there = sorted(label for label, count in products.counts.items() if count)
    if choices.preset is not None:
        return _preset_labels(choices.preset, set(there))
    if choices.categories:
        found = (find_labels(text, products.counts, taxonomy) for text in choices.categories)
        there = sorted({label for labels in found for label in labels})
    if choices.search is None:
        return there
    return [label for label in there if products.counts.get(label, 0) >= choices.fewest]


def find_labels(text: str, labels: Iterable[str], taxonomy: Taxonomy | None) -> list[str]:
    """Return the labels that `text` names, without regard to case and accents.

    With a taxonomy a name stands for all that lies below it: labels of any level are meant whose
    leaves are all named. What the taxonomy knows but `labels` lack is returned as its ids.

    Raises:
        SettingError: if nothing is called so; it names what comes closest.
    """
    known = list(labels)
    if text in known:
        return [text]
    spelt = [label for label in known if fold(label) == fold(text)]
    if spelt:
        return spelt
    if taxonomy is None:
        raise unknown_category(text, known)
    ids = dict.fromkeys(taxonomy.find(text))
    meant: set[str] = set()
    for level in range(1, taxonomy.depth + 1):
        label_of = taxonomy.label_at(level)
        torn = {label_of[leaf] for leaf in taxonomy.leaves if leaf not in ids}
        meant |= {label_of[leaf] for leaf in ids} - torn
    return [label for label in known if label in meant] or list(ids)


def find_among(
    candidates: Sequence[str],
    products: Products,
    search: tuple[str, int],
    similarity: Similarity | None = None,
) -> list[str]:
    """Return those of the candidates that a search finds, sorted.

    Args:
        search: kind and number, as in `SampleChoices.search`.
        similarity: for kinds other than "equal"; candidates that it does not know are not found.

    Raises:
        SettingError: if there are fewer candidates than categories to be found.
    """
    kind, count = search
    known = set(similarity.labels if similarity else candidates)
    candidates = [label for label in candidates if label in known]
    if len(candidates) < count:
        raise SettingError(
            f"{count} categories are to be found among only {len(candidates)}. Find fewer, name "
            "more categories, or lower the floor."
        )
    if similarity is None:
        return sorted(most_equal({label: products.counts[label] for label in candidates}, count))
    find = most_alike if kind == "alike" else least_alike
    return sorted(find(similarity, candidates, count))


def draw_sample(
    products: Products,
    labels: Sequence[str],
    choices: SampleChoices,
    taxonomy: Taxonomy | None = None,
) -> Sample:
    """Draw whole products of the labels, as many as the choices ask for.

    Raises:
        DataError: if nothing is left.
    """
    available = [products.counts.get(label, 0) for label in labels]
    asked, had = allot(available, choices)
    drawn = products.draw(dict(zip(labels, had, strict=True)), choices.seed)
    if drawn.is_empty():
        raise DataError("Nothing is left: no category that was asked for has a usable picture.")
    sizes = drawn.group_by(pl.col("label").cast(pl.String)).agg(pl.col("size").sum())
    images = dict(sizes.iter_rows())
    table: list[SampledCategory] = [
        {
            "label": label,
            "name": taxonomy.name(label) if taxonomy else label,
            "asked": asked[place],
            "had": had[place],
            "pictures": images.get(label, 0),
        }
        for place, label in enumerate(labels)
    ]
    return Sample(products.rows_of(drawn), table)


def allot(available: Sequence[int], choices: SampleChoices) -> tuple[list[int], list[int]]:
    """Return how many products each category is asked for, and how many it gives.

    In a balanced total the others make up for what one category lacks.

    Args:
        available: how many each category has.
    """
    have = np.array(available, np.int64)
    if choices.each is not None:
        asked = np.full_like(have, choices.each)
    elif choices.products is None:
        is_reduced = choices.is_balanced and have.any()
        asked = np.full_like(have, have[have > 0].min()) if is_reduced else have
    elif choices.is_balanced:
        asked = _evenly(choices.products, np.full_like(have, choices.products))
        return asked.tolist(), _evenly(choices.products, have).tolist()
    else:
        asked = _as_found(choices.products, have)
    return asked.tolist(), np.minimum(asked, have).tolist()


def _preset_labels(preset: str, there: set[str]) -> list[str]:
    missing = [label for label in PRESETS[preset] if label not in there]
    if missing:
        raise SettingError(
            f"The preset {preset} asks for categories without a usable picture here: "
            f"{', '.join(missing)}."
        )
    return sorted(PRESETS[preset])


def _evenly(total: int, have: Counts) -> Counts:
    """Share out `total` as evenly as what there is allows."""
    shares = np.zeros_like(have)
    for done, place in enumerate(np.argsort(have, kind="stable")):
        # The smallest first: what they lack is left for the larger ones.
        shares[place] = min(have[place], total // (have.size - done))
        total -= shares[place]
    return shares


def _as_found(total: int, have: Counts) -> Counts:
    """Share out `total` in proportion to what there is, by largest remainders."""
    # Hamilton's method: whole parts, then one more for the largest remainders.
    shares, rest = np.divmod(total * have, max(1, have.sum()))
    largest = np.argsort(-rest, kind="stable")[: total - shares.sum()]
    shares[largest] += 1
    return shares

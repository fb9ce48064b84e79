"""Drafts categories and keywords from what people typed, and how often.

Names that share words or parts of words are put together; what they have in common besides (a trip
and a holiday) nobody can see in the letters alone: it is a draft, to be edited.
"""

import json
import re
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.cluster import AgglomerativeClustering
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_union

from pixonomy.dataset.taxonomy import fold
from pixonomy.errors import SettingError
from pixonomy.storage.files import existing_path, printable

_NAMES, _COUNTS = ("name", "goal", "title", "text"), ("count", "n", "number", "frequency")
_MOST_NAMES = 2000  # the most frequent ones; the rest is said by few
_MOST_CATEGORIES, _KEYWORDS = 12, 15
_APART = 0.85  # cosine distance beyond which names are not put together
# Words that say that something is saved for, not what.
_EMPTY_WORDS = frozenset(
    {"a", "an", "and", "for", "fund", "goal", "in", "money", "my", "new", "of", "on", "our"}
    | {"save", "saving", "savings", "the", "to", "with"}
)


def propose(table: Path) -> str:
    """Return a draft as the text of a taxonomy file.

    Args:
        table: a CSV with a column of names and, if it has one, of counts.

    Raises:
        SettingError: if it cannot be read, or tells too little.
    """
    names = _read(table)
    vectors = make_union(
        TfidfVectorizer(token_pattern=r"\w+", sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), sublinear_tf=True),
    ).fit_transform(names["plain"].to_list())
    if names.height > 1:
        grouping = AgglomerativeClustering(
            None, metric="cosine", linkage="average", distance_threshold=_APART
        )
        numbers = grouping.fit_predict(np.asarray(vectors.todense()))
    else:
        numbers = np.zeros(1, np.int64)
    grouped = names.with_columns(group=pl.Series(numbers))
    order = grouped.group_by("group").agg(pl.col("count").sum()).sort("count", descending=True)
    parts = [
        f"# A draft from {printable(table)}: {names.height:,} names. Edit it: join categories",
        "# that mean the same, name them, keep keywords that a search for pictures finds.",
        'title = "Draft"',
    ]
    taken: set[str] = set()
    for number in order["group"][:_MOST_CATEGORIES]:
        own = grouped.filter(pl.col("group") == number)
        parts += _category(own.sort("count", "plain", descending=[True, False]), taken)
    rest = order.height - _MOST_CATEGORIES
    if rest > 0:
        parts += ["", f"# {rest:,} smaller groups of names are left out."]
    return "\n".join(parts) + "\n"


def _read(table: Path) -> pl.DataFrame:
    existing_path(table, "table of names")
    try:
        rows = pl.read_csv(table, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise SettingError(f"{printable(table)} is no proper CSV.") from error
    columns = {name.casefold(): name for name in rows.columns}
    named = next((columns[one] for one in _NAMES if one in columns), None)
    if named is None:
        raise SettingError(f"{printable(table)} needs a column of names, called {_NAMES[0]!r}.")
    counted = next((columns[one] for one in _COUNTS if one in columns), None)
    count = pl.lit(1) if counted is None else pl.col(counted).cast(pl.Int64, strict=False)
    plain = pl.col(named).map_elements(_plain, pl.String)
    names = (
        rows.select(plain=plain, count=count.fill_null(1))
        .filter(pl.col("plain") != "")
        .group_by("plain")
        .agg(pl.col("count").sum())
        .sort("count", "plain", descending=[True, False])
        .head(_MOST_NAMES)
    )
    if names.is_empty():
        raise SettingError(f"{printable(table)} holds no names that say what is saved for.")
    return names


def _plain(name: str) -> str:
    words = re.findall(r"[^\W\d_]+", name.casefold())
    return " ".join(word for word in words if word not in _EMPTY_WORDS)[:80].strip()


def _category(own: pl.DataFrame, taken: set[str]) -> list[str]:
    """Return the lines of a category; its id is none of those taken, and is taken then."""
    keywords = own["plain"][:_KEYWORDS].to_list()
    first = keywords[0]
    plain = re.sub(r"[^a-z0-9]+", "-", fold(first)).strip("-") or "category"
    others = (f"{plain}-{number}" for number in range(2, _MOST_CATEGORIES + 2))
    identity = next(one for one in (plain, *others) if one not in taken)
    taken.add(identity)
    return [
        "",
        "[[category]]",
        f"id = {json.dumps(identity)}",
        f"name = {json.dumps(first.capitalize(), ensure_ascii=False)}",
        f'description = "{own.height:,} names, typed {int(own["count"].sum()):,} times."',
        f"keywords = {json.dumps(keywords, ensure_ascii=False)}",
    ]

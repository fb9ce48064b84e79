"""What the saver's pages show, and the templates that say it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path

import jinja2

from pixonomy.goals.goal_fields import NAME_LETTERS, GoalFields
from pixonomy.goals.saving_plan import Plan, make_plan
from pixonomy.pages.bars import Bar
from pixonomy.pages.render import load_template
from pixonomy.pages.wording import percent
from pixonomy.serving.page import HEADERS, read_assets
from pixonomy.serving.saver_pages.saver_visit import Visit
from pixonomy.serving.saver_pages.saver_wording import (
    EVENTS,
    NOTICES,
    word_day,
    word_money,
    word_plan,
    word_progress,
)
from pixonomy.state.saver_records import Answered, SavedGoal

_FOLDER = Path(__file__).parent
_MOST_BUTTONS = 12  # categories beyond it are a list to choose from


@dataclass(frozen=True)
class AnswerView:
    """An answer in words.

    Attributes:
        likely: (label, name) of what one tap confirms: one if sure, two if not, none else.
        others: (label, name) of all other categories.
        is_list: whether the others are too many for buttons.
    """

    verdict: str
    words: str
    detail: str
    bars: tuple[Bar, ...]
    likely: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, str], ...]
    is_list: bool


@dataclass(frozen=True)
class GoalView:
    """A goal as its card and the list show it.

    Attributes:
        width: of the bar, 0 to 100; None where no sum is set.
        image: the path of its picture; None where none is kept.
    """

    goal: SavedGoal
    category: str | None
    plan: Plan
    progress: str
    sentences: list[str]
    width: float | None
    image: str | None


def view_answer(answered: Answered, names: Mapping[str, str]) -> AnswerView:
    """Return an answer in words; `names` of all categories by their labels."""
    top = [(one.label, names.get(one.label, one.name)) for one in answered.top]
    likely = {"sure": top[:1], "unsure": top[:2]}.get(answered.verdict, [])
    others = [pair for pair in names.items() if pair not in likely]
    bars = tuple(
        Bar(name, percent(one.confidence), 100 * one.confidence, place == 0)
        for place, (one, (_, name)) in enumerate(zip(answered.top, top, strict=True))
    )
    words, detail = _word_verdict(answered, [name for _, name in top])
    is_list = len(others) > _MOST_BUTTONS
    return AnswerView(answered.verdict, words, detail, bars, tuple(likely), tuple(others), is_list)


def _word_verdict(answered: Answered, names: Sequence[str]) -> tuple[str, str]:
    probability = percent(answered.confidence)
    if answered.verdict == "sure":
        return names[0], f"How probable that is: {probability}."
    if answered.verdict == "unsure":
        return f"Not sure: {' or '.join(names[:2])}?", "Which of them is it?"
    return "None of these: what is it?", "The picture is unlike those that the answers come from."


def view_goal(
    goal: SavedGoal, names: Mapping[str, str], today: date, image: str | None = None
) -> GoalView:
    """Return a goal as it is shown."""
    fields = goal.fields
    plan = plan_of(fields, today)
    return GoalView(
        goal,
        names.get(fields.label, fields.label) if fields.label else None,
        plan,
        word_progress(fields, plan),
        word_plan(fields, plan),
        None if fields.amount is None else 100 * plan.share,
        image,
    )


def plan_of(fields: GoalFields, today: date) -> Plan:
    """Return how fields stand today."""
    return make_plan(fields.amount, fields.saved, fields.by, today)


def form_values(fields: GoalFields) -> dict[str, str]:
    """Return fields as a form shows them."""
    amount, saved = (
        "" if one is None else f"{one:.2f}".removesuffix(".00")
        for one in (fields.amount, fields.saved or None)
    )
    by = fields.by.isoformat() if fields.by else ""
    return {
        "name": fields.name,
        "amount": amount,
        "currency": fields.currency or "",
        "by": by,
        "saved": saved,
    }


def render_saver_page(
    template: str, visit: Visit | None, done: str = "", goal_id: str = "", **content: object
) -> str:
    """Return a page.

    Args:
        visit: whose; None where that is not known: no form is on the page then.
        done: what was done just now, a key of `NOTICES`; another is passed over.
        goal_id: of the goal that it was done to.
        content: what the template calls by name.
    """
    return _load(template).render(
        visit=visit,
        notice=NOTICES.get(done, ""),
        event=EVENTS.get(done, "ready"),
        goal_id=goal_id,
        name_letters=NAME_LETTERS,
        **content,
    )


def page_headers(parents: Sequence[str]) -> dict[str, str]:
    """Return what goes with each page: its policy lets these origins alone frame it."""
    policy = HEADERS["content-security-policy"]
    if parents:
        framed = f"frame-ancestors {' '.join(parents)}"
        policy = policy.replace("frame-ancestors 'none'", framed)
    return {**HEADERS, "content-security-policy": policy}


@cache
def read_saver_assets() -> Mapping[str, tuple[bytes, str]]:
    """Return styles and scripts: bytes and media type by address."""
    own = {
        "/static/saver.css": ((_FOLDER / "saver.css").read_bytes(), "text/css"),
        "/static/saver.js": ((_FOLDER / "saver.js").read_bytes(), "text/javascript"),
    }
    return {**read_assets(), **own}


@cache
def version_asset(path: str) -> str:
    """Return the address of an asset as it is now: browsers may keep what is under it."""
    content, _ = read_saver_assets()[path]
    return f"{path}?v={sha256(content).hexdigest()[:12]}"


@cache
def _load(template: str) -> jinja2.Template:
    found = load_template(_FOLDER, template)
    found.environment.filters.update(day=word_day, money=word_money, versioned=version_asset)
    return found

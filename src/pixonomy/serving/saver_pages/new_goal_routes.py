"""From a category to a goal: what is usual for it, and a form that takes what the saver wants."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from starlette.responses import Response
from starlette.routing import Route

from pixonomy.goals.calendar_months import add_months
from pixonomy.goals.goal_fields import KEYS, FieldErrors, GoalFields
from pixonomy.goals.suggestion import Suggestion, read_answers, suggest
from pixonomy.results.answer_results import Goal
from pixonomy.serving.api_errors import RequestRefused
from pixonomy.serving.saver_pages.pending_answer import PendingAnswer
from pixonomy.serving.saver_pages.saver_page import plan_of
from pixonomy.serving.saver_pages.saver_site import Asked, SaverSite
from pixonomy.serving.saver_pages.saver_wording import word_plan
from pixonomy.serving.saver_refusals import FieldsRefused
from pixonomy.state.saver_records import Once, SavedGoal

_PATH = "/goals/new"
_CHANGED = {
    "low": "amount", "high": "amount", "months": "by", "work_out": "suggestion", "plan": "plan",
}  # fmt: skip
_OWN = "own"  # in place of a template's number
_KEEP, _PLAN = "keep", "plan"  # what the two large buttons are for


@dataclass(frozen=True)
class _Draft:
    """A goal that is being made.

    Attributes:
        signed: the answer that it is made from, as the page carries it.
        goals: what people save for in the category.
        chosen: which of them, by its number; `own`; or "", as long as nothing is chosen.
        values: of the form's fields, as they were entered.
        errors: one sentence for each field that cannot be taken.
    """

    pending: PendingAnswer
    signed: str
    goals: tuple[Goal, ...]
    chosen: str
    values: dict[str, str]
    errors: dict[str, str]

    @property
    def template(self) -> Goal | None:
        """The one that was chosen, if any."""
        numbers = {str(place): goal for place, goal in enumerate(self.goals)}
        return numbers.get(self.chosen)


@dataclass(frozen=True)
class NewGoalPages:
    """The pages from a category to a goal."""

    site: SaverSite

    def routes(self) -> list[Route]:
        """Return their routes."""
        return [self.site.get(_PATH, self.show), self.site.post(_PATH, self.take)]

    async def show(self, asked: Asked) -> Response:
        """Show what is usual, and the form."""
        draft = self._draft(asked, asked.query("a"), asked.query("t"))
        goal, text = draft.template, draft.pending.text
        draft.values["name"] = goal.name if goal else text if draft.chosen != _OWN else ""
        draft.values["currency"] = (goal.currency if goal else None) or ""
        return self._render(asked, draft)

    async def take(self, asked: Asked) -> Response:
        """Keep the goal; or fill in what a button said, and show the form again."""
        draft = self._draft(asked, asked.fields.get("a", ""), asked.fields.get("t", ""))
        draft.values.update(asked.fields)
        suggestion = self._suggest(draft)
        asked_for = asked.fields.get("do", _KEEP)
        if asked_for != _KEEP:
            self._fill(draft, suggestion, asked_for)
        try:
            fields = self.site.savers.read_fields(self._raw(draft))
        except FieldsRefused as refused:
            if asked_for in {_KEEP, _PLAN}:
                draft.errors.update(refused.fields)
            return self._render(asked, draft, suggestion)
        if asked_for != _KEEP:
            return self._render(asked, draft, suggestion, fields)
        goal = await self._keep(asked, draft, fields)
        return self.site.go_to(asked, f"/goals/{goal.id}", done="added")

    async def _keep(self, asked: Asked, draft: _Draft, fields: GoalFields) -> SavedGoal:
        """Keep a goal; with its picture, unless that was deleted since."""
        savers, visitor = self.site.savers, asked.visit.visitor
        upload = await savers.find_upload(visitor, draft.pending.upload_id)
        upload_id = upload.id if upload else None
        once = _once(asked.fields.get("once", ""), self._raw(draft))
        try:
            return await savers.add_goal(visitor, fields, upload_id, once)
        except RequestRefused as refused:
            if refused.kind != "other_request":
                raise
        return await savers.add_goal(visitor, fields, upload_id)  # the first was deleted since

    def _draft(self, asked: Asked, signed: str, chosen: str) -> _Draft:
        pending = PendingAnswer.read(self.site.signed, asked.visit.owner, signed)
        goals = self.site.goals_of(pending.label)
        if len(goals) == 1 and not chosen:
            chosen = "0"
        return _Draft(pending, signed, goals, chosen, {}, {})

    def _suggest(self, draft: _Draft) -> Suggestion | None:
        """Return what is usual for the chosen template, with the answers that were given."""
        if draft.template is None:
            return None
        today, numbers = self.site.savers.today(), {}
        try:
            numbers = read_answers(draft.template, draft.values)
        except FieldErrors as error:
            draft.errors.update(error.fields)
        return suggest(draft.template, today, numbers)

    def _fill(self, draft: _Draft, suggestion: Suggestion | None, what: str) -> None:
        """Put a suggestion into the form."""
        if suggestion is None:
            return
        sums = {"low": suggestion.low, "high": suggestion.high}
        amount = sums.get(what)
        if amount is not None:
            draft.values["amount"] = str(amount)
            draft.values["currency"] = suggestion.currency or draft.values.get("currency", "")
        if what == "months" and suggestion.months:
            day = add_months(self.site.savers.today(), suggestion.months)
            draft.values["by"] = day.isoformat() if day else ""

    def _raw(self, draft: _Draft) -> dict[str, object]:
        entered = {key: draft.values.get(key, "") for key in KEYS if key != "label"}
        return {**entered, "label": draft.pending.label}

    def _render(
        self,
        asked: Asked,
        draft: _Draft,
        suggestion: Suggestion | None = None,
        fields: GoalFields | None = None,
    ) -> Response:
        suggestion = suggestion or self._suggest(draft)
        today, names = self.site.savers.today(), self.site.names
        day = add_months(today, suggestion.months) if suggestion and suggestion.months else None
        return self.site.page(
            "saver_new_goal.html",
            asked,
            422 if draft.errors else 200,
            draft=draft,
            category=names.get(draft.pending.label or "", ""),
            suggestion=suggestion,
            day=day,
            sentences=word_plan(fields, plan_of(fields, today)) if fields else [],
            focused=_focused(draft, asked.fields.get("do", "")),
            once=secrets.token_urlsafe(12),
        )


def _focused(draft: _Draft, asked_for: str) -> str:
    """Return where the page goes on: at what is wrong, or at what a button changed."""
    order = [*draft.errors.keys() - set(KEYS), *(key for key in KEYS if key in draft.errors)]
    return order[0] if order else _CHANGED.get(asked_for, "")


def _once(key: str, raw: Mapping[str, object]) -> Once | None:
    """Make a second tap on the button the same request, and other entries another one."""
    entered = sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()
    return Once(f"{key[:40]} {entered}", entered) if key else None

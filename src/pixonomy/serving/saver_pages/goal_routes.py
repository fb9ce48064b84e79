"""A saver's goals: the list, each one's card, and all that changes one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from starlette.responses import Response
from starlette.routing import Route

from pixonomy.goals.goal_fields import (
    KEYS,
    FieldErrors,
    GoalFields,
    read_sum,
    split_fields,
)
from pixonomy.goals.saving_plan import adjust
from pixonomy.serving.api_errors import RequestRefused
from pixonomy.serving.saver_pages.saver_page import GoalView, form_values, view_goal
from pixonomy.serving.saver_pages.saver_site import Asked, SaverSite
from pixonomy.serving.saver_refusals import FieldsRefused, StaleRefused
from pixonomy.state.saver_records import SavedGoal, Upload

_GOAL = "/goals/{id}"


@dataclass(frozen=True)
class GoalPages:
    """The pages of goals that are kept."""

    site: SaverSite

    def routes(self) -> list[Route]:
        """Return their routes."""
        get, post = self.site.get, self.site.post
        return [
            get("/goals", self.show_all),
            get(_GOAL, self.card),
            get(f"{_GOAL}/edit", self.edit),
            post(f"{_GOAL}/edit", self.change),
            post(f"{_GOAL}/add", self.add),
            post(f"{_GOAL}/adjust", self.weigh),
            get(f"{_GOAL}/split", self.show_split),
            post(f"{_GOAL}/split", self.split),
            get(f"{_GOAL}/delete", self.show_delete),
            post(f"{_GOAL}/delete", self.delete),
        ]

    async def show_all(self, asked: Asked) -> Response:
        """Show all goals, and what is kept of pictures beside them."""
        visitor = asked.visit.visitor
        goals = await self.site.savers.goals(visitor)
        uploads = {one.id: one for one in await self.site.savers.uploads(visitor)}
        shown = {one.upload_id for one in goals}
        views = [self._view(one, uploads.get(one.upload_id or "")) for one in goals]
        loose = [one for one in uploads.values() if one.has_image and one.id not in shown]
        return self.site.page(
            "saver_goals.html", asked, views=views, loose=loose, names=self.site.names
        )

    async def card(self, asked: Asked) -> Response:
        """Show a goal."""
        return await self._render_card(asked, await self._goal(asked))

    async def edit(self, asked: Asked) -> Response:
        """Show the form that changes a goal."""
        goal = await self._goal(asked)
        return self._render_edit(asked, goal, form_values(goal.fields))

    async def change(self, asked: Asked) -> Response:
        """Put what was entered in the place of a goal."""
        goal, version = await self._goal(asked), _version(asked)
        entered = {key: value for key, value in asked.fields.items() if key != "label"}
        try:
            fields = self.site.savers.read_fields(entered, goal.fields)
        except FieldsRefused as refused:
            return self._render_edit(asked, goal, entered, refused.fields, version)
        return await self._change(asked, goal, version, fields)

    async def add(self, asked: Asked) -> Response:
        """Add to what is saved; a form that was sent twice adds once, by the goal's version."""
        goal, version = await self._goal(asked), _version(asked)
        try:
            more = read_sum(asked.fields.get("more"), "more")
            if not more:
                raise FieldErrors({"more": "Say how much you put aside."})
            fields = self.site.savers.read_fields({"saved": goal.fields.saved + more}, goal.fields)
        except (FieldErrors, FieldsRefused) as error:
            sentence = " ".join(error.fields.values())
            return await self._render_card(asked, goal, {"more": sentence})
        return await self._change(asked, goal, version, fields)

    async def weigh(self, asked: Asked) -> Response:
        """Say which day, or which sum, goes with another sum a month."""
        goal = await self._goal(asked)
        try:
            each_month = read_sum(asked.fields.get("each_month"), "each_month")
            if not each_month:
                raise FieldErrors({"each_month": "Say how much a month would suit you."})
        except FieldErrors as error:
            return await self._render_card(asked, goal, error.fields)
        return await self._render_card(asked, goal, {}, each_month)

    async def show_split(self, asked: Asked) -> Response:
        """Show the form that makes two goals of one."""
        return self._render_split(asked, await self._goal(asked))

    async def split(self, asked: Asked) -> Response:
        """Make two goals of one."""
        goal, entered = await self._goal(asked), asked.fields.get("first_amount", "")
        try:
            amount = read_sum(entered, "first_amount")
            if amount is None:
                raise FieldErrors({"first_amount": "Say how much the first of them is."})
            first, second = split_fields(goal.fields, amount)
        except FieldErrors as error:
            return self._render_split(asked, goal, entered, str(error))
        visitor, version = asked.visit.visitor, _version(asked)
        try:
            await self.site.savers.split_goal(visitor, goal.id, version, first, second)
        except StaleRefused as stale:
            current = stale.current or goal
            return self._render_split(asked, current, entered, stale.message, 409)
        return self.site.go_to(asked, "/goals", done="split")

    async def show_delete(self, asked: Asked) -> Response:
        """Ask whether a goal is to be deleted."""
        goal = await self._goal(asked)
        return self.site.page("saver_delete.html", asked, goal=goal)

    async def delete(self, asked: Asked) -> Response:
        """Delete a goal."""
        await self.site.savers.delete_goal(asked.visit.visitor, asked.path("id"))
        return self.site.go_to(asked, "/goals", done="deleted")

    async def _goal(self, asked: Asked) -> SavedGoal:
        return await self.site.savers.goal(asked.visit.visitor, asked.path("id"))

    async def _change(
        self, asked: Asked, goal: SavedGoal, version: int, fields: GoalFields
    ) -> Response:
        visitor = asked.visit.visitor
        try:
            await self.site.savers.change_goal(visitor, goal.id, version, fields)
        except StaleRefused as stale:
            return self._render_conflict(asked, stale.current or goal, fields)
        return self.site.go_to(asked, f"/goals/{goal.id}", done="changed")

    def _view(self, goal: SavedGoal, upload: Upload | None) -> GoalView:
        has_image = upload is not None and upload.has_image and upload.keep
        image = f"/images/{goal.upload_id}" if has_image else None
        return view_goal(goal, self.site.names, self.site.savers.today(), image)

    async def _render_card(
        self,
        asked: Asked,
        goal: SavedGoal,
        errors: Mapping[str, str] | None = None,
        each_month: Decimal | None = None,
    ) -> Response:
        fields, today = goal.fields, self.site.savers.today()
        upload = await self.site.savers.find_upload(asked.visit.visitor, goal.upload_id)
        changes = None
        if each_month is not None:
            changes = adjust(fields.amount, fields.saved, fields.by, today, each_month)
        return self.site.page(
            "saver_goal.html",
            asked,
            422 if errors else 200,
            view=self._view(goal, upload),
            goal_id=goal.id,
            upload=upload,
            errors=errors or {},
            entered=asked.fields,
            each_month=each_month,
            changes=changes,
        )

    def _render_edit(
        self,
        asked: Asked,
        goal: SavedGoal,
        values: dict[str, str],
        errors: Mapping[str, str] | None = None,
        version: int | None = None,
    ) -> Response:
        return self.site.page(
            "saver_edit.html",
            asked,
            422 if errors else 200,
            goal=goal,
            version=goal.version if version is None else version,
            values=values,
            errors=errors or {},
            focused=next((key for key in KEYS if key in (errors or {})), ""),
        )

    def _render_split(
        self, asked: Asked, goal: SavedGoal, entered: str = "", error: str = "", status: int = 422
    ) -> Response:
        half = "" if goal.fields.amount is None else str(int(goal.fields.amount / 2))
        return self.site.page(
            "saver_split.html",
            asked,
            status if error else 200,
            goal=goal,
            entered=entered or half,
            error=error,
        )

    def _render_conflict(self, asked: Asked, current: SavedGoal, mine: GoalFields) -> Response:
        today, names = self.site.savers.today(), self.site.names
        theirs = view_goal(current, names, today)
        return self.site.page(
            "saver_conflict.html",
            asked,
            409,
            theirs=theirs,
            mine=view_goal(replace(current, fields=mine), names, today),
            values=form_values(mine),
        )


def _version(asked: Asked) -> int:
    text = asked.fields.get("version", "")
    if not (text.isdecimal() and len(text) < 10):
        message = "This form does not say which version of the goal it changes: open it again."
        raise RequestRefused(422, "no_version", message)
    return int(text)

"""What people keep with the service, asked for by its routes: the store in threads, and its rules.

A visitor is known by the hash of a cookie, or by the id that an app gives its own user. Until
something is kept, nothing is stored of a visitor.
"""

import asyncio
import hmac
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, TypeVar

from pixonomy.goals.goal_fields import FieldErrors, GoalFields, read_goal_fields
from pixonomy.serving.api_errors import RequestRefused, try_again
from pixonomy.serving.saver_refusals import FieldsRefused, StaleRefused
from pixonomy.state.saver_records import Answered, Correction, Event, Once, SavedGoal, Upload
from pixonomy.state.state_errors import OnceMismatch, StaleGoal, StateUnavailable, TooMuchKept

if TYPE_CHECKING:
    from pixonomy.state.store import Store

__all__ = ["FieldsRefused", "Savers", "StaleRefused", "Visitor"]

_THREADS = 8
_MOST_WAITING = 64  # requests; beyond it the store is too slow for what is asked
_MOST_COUNTING = 32  # of those
_CHECK_SECONDS = 1.5
_T = TypeVar("_T")


@dataclass(frozen=True)
class Visitor:
    """Whoever asks, for the store to find what is theirs.

    Attributes:
        key: not kept as it is; the store keeps its hash.
    """

    key: str = field(repr=False)


class Savers:
    """The store, for routes: everything that goes wrong is a request that gets no answer.

    All methods raise RequestRefused: 404 `not_found` for what is not there or another's, 409
    `stale` (`StaleRefused`), `other_request` (an idempotency key used for something else) or
    `too_much_kept`, 422 `invalid_fields` (`FieldsRefused`), 503 `state_unavailable` where the
    database or the folder of images fails, 503 `overloaded` where too many wait for it.
    """

    def __init__(self, store: "Store", today: Callable[[], date] | None = None) -> None:
        """Take an open store."""
        self._store = store
        self._today = today or (lambda: datetime.now(UTC).date())
        self._threads = ThreadPoolExecutor(_THREADS, "store")
        self._waiting = 0
        self._check: asyncio.Task[None] | None = None
        self._counting: set[asyncio.Task[None]] = set()

    @property
    def secret(self) -> bytes:
        """What signs forms and links; the same in all replicas."""
        return self._store.secret

    def today(self) -> date:
        """Return the day that dates and suggestions are compared with (UTC)."""
        return self._today()

    def of_cookie(self, cookie: str) -> Visitor:
        """Return the visitor whose browser has this cookie of 256 random bits."""
        return Visitor(f"cookie:{cookie}")

    def of_subject(self, token: str, subject: str) -> Visitor:
        """Return the user that an app calls `subject`; another token's subject is another user.

        Args:
            token: the name of the token; "" where none is needed.
        """
        hashed = hmac.digest(self.secret, f"{token}\0{subject}".encode(), "sha256").hex()
        return Visitor(f"subject:{hashed}")

    def read_fields(
        self, raw: Mapping[str, object], stored: GoalFields | None = None
    ) -> GoalFields:
        """Return the fields of a goal that a form or JSON object holds; see `read_goal_fields`.

        Args:
            stored: of the goal that is changed: what is not given stays as it is.
        """
        try:
            return read_goal_fields(raw, self.today(), stored)
        except FieldErrors as error:
            message = " ".join(error.fields.values())
            raise FieldsRefused(422, "invalid_fields", message, fields=error.fields) from error

    async def count(self, answered: Answered, event: Event, label: str | None = None) -> None:
        """Count what happened to an answer, soon; where the store fails, it is not counted."""
        if self._waiting < _MOST_COUNTING:  # nobody waits for it: not even for its turn
            work = self._run(lambda: self._store.count(answered, event, label))
            task = asyncio.get_running_loop().create_task(_uncounted(work))
            self._counting.add(task)
            task.add_done_callback(self._counting.discard)

    async def keep_upload(
        self,
        visitor: Visitor,
        answered: Answered,
        keep: bool,
        improve: bool,
        image: bytes | None,
        once: Once | None = None,
    ) -> Upload:
        """Keep an answer, and the re-encoded image, for one of the two consents, or both."""
        return await self._for(
            visitor,
            lambda saver: self._store.keep_upload(
                saver, answered, keep=keep, improve=improve, image=image, once=once
            ),
        )

    async def uploads(self, visitor: Visitor) -> list[Upload]:
        """Return what is kept of a visitor's uploads, the newest first."""
        return await self._of(visitor, self._store.uploads) or []

    async def upload(self, visitor: Visitor, upload_id: str) -> Upload:
        """Return one upload."""
        return _there(await self.find_upload(visitor, upload_id))

    async def find_upload(self, visitor: Visitor, upload_id: str | None) -> Upload | None:
        """Return one upload; None where it was deleted since, or there was none."""
        if upload_id is None:
            return None
        return await self._of(visitor, lambda one: self._store.upload(one, upload_id))

    async def image(self, visitor: Visitor, upload_id: str) -> bytes:
        """Return the kept image of an upload, a JPEG."""
        return _there(await self._of(visitor, lambda one: self._store.image(one, upload_id)))

    async def set_consent(
        self, visitor: Visitor, upload_id: str, keep: bool | None, improve: bool | None
    ) -> Upload:
        """Give or withdraw consents; None: as it was. Without any the image is removed."""
        return _there(
            await self._of(
                visitor, lambda one: self._store.set_consent(one, upload_id, keep, improve)
            )
        )

    async def correct(
        self,
        visitor: Visitor,
        upload_id: str,
        label: str | None,
        text: str = "",
        once: Once | None = None,
    ) -> Correction:
        """Add what an upload shows: a category, or None and a text."""
        return _there(
            await self._of(
                visitor, lambda one: self._store.correct(one, upload_id, label, text, once=once)
            )
        )

    async def goals(self, visitor: Visitor) -> list[SavedGoal]:
        """Return a visitor's goals."""
        return await self._of(visitor, self._store.goals) or []

    async def goal(self, visitor: Visitor, goal_id: str) -> SavedGoal:
        """Return one goal."""
        return _there(await self._of(visitor, lambda one: self._store.goal(one, goal_id)))

    async def add_goal(
        self,
        visitor: Visitor,
        fields: GoalFields,
        upload_id: str | None = None,
        once: Once | None = None,
    ) -> SavedGoal:
        """Keep a goal, with the upload that it was made from, if that is kept."""
        if upload_id is not None:
            await self.upload(visitor, upload_id)  # or it is another's
        return await self._for(
            visitor, lambda saver: self._store.add_goal(saver, fields, upload_id, once=once)
        )

    async def change_goal(
        self,
        visitor: Visitor,
        goal_id: str,
        version: int,
        fields: GoalFields,
        once: Once | None = None,
    ) -> SavedGoal:
        """Put fields in the place of those that a goal has, if it is still of this version."""
        return _there(
            await self._of(
                visitor,
                lambda one: self._store.change_goal(one, goal_id, version, fields, once=once),
            )
        )

    async def split_goal(
        self, visitor: Visitor, goal_id: str, version: int, first: GoalFields, second: GoalFields
    ) -> tuple[SavedGoal, SavedGoal]:
        """Put two goals in the place of one, if it is still of this version."""
        return _there(
            await self._of(
                visitor, lambda one: self._store.split_goal(one, goal_id, version, first, second)
            )
        )

    async def delete_goal(self, visitor: Visitor, goal_id: str) -> None:
        """Delete a goal."""
        if not await self._of(visitor, lambda one: self._store.delete_goal(one, goal_id)):
            raise _not_found()

    async def delete_everything(self, visitor: Visitor) -> None:
        """Delete all that is kept of a visitor, at once; nothing where nothing is kept."""
        await self._of(visitor, self._store.delete_saver)

    async def is_ready(self) -> bool:
        """Tell whether the database and the folder of images can be used, in 2 seconds."""
        if self._check is None or self._check.done():
            look = asyncio.to_thread(self._store.check)
            self._check = asyncio.get_running_loop().create_task(look)
            self._check.add_done_callback(_note_failure)
        done, _ = await asyncio.wait({self._check}, timeout=_CHECK_SECONDS)
        # Whatever it is that fails there, and be it a panic in a library: it is not ready.
        return bool(done) and self._check.exception() is None

    async def close(self) -> None:
        """Finish what was begun; the store stays open."""
        await asyncio.gather(*self._counting)
        await asyncio.to_thread(self._threads.shutdown)

    async def _of(self, visitor: Visitor, work: Callable[[str], _T]) -> _T | None:
        """Run work for a visitor of whom something is kept; None for others."""

        def find() -> _T | None:
            saver = self._store.find_saver(visitor.key)
            return None if saver is None else work(saver.id)

        return await self._run(find)

    async def _for(self, visitor: Visitor, work: Callable[[str], _T]) -> _T:
        """Run work for a visitor, who is stored now if not before."""
        return await self._run(lambda: work(self._store.make_saver(visitor.key).id))

    async def _run(self, work: Callable[[], _T]) -> _T:
        if self._waiting >= _MOST_WAITING:
            message = "Too many requests wait for what is kept; try again."
            raise try_again(503, "overloaded", message, 1)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except StateUnavailable as error:
            message = "What is kept cannot be reached at the moment; try again."
            raise try_again(503, "state_unavailable", message, 1) from error
        except StaleGoal as error:
            message = "The goal was changed meanwhile: look at it again."
            raise StaleRefused(409, "stale", message, current=error.current) from error
        except TooMuchKept as error:
            raise RequestRefused(409, "too_much_kept", str(error)) from error
        except OnceMismatch as error:
            message = "This Idempotency-Key was used for another request."
            raise RequestRefused(409, "other_request", message) from error
        finally:
            self._waiting -= 1


def _note_failure(check: asyncio.Task[None]) -> None:
    """Take the error of a check that nobody waits for any more, or asyncio would log it."""
    if not check.cancelled():
        check.exception()


async def _uncounted(work: Coroutine[object, object, None]) -> None:
    with suppress(RequestRefused):
        await work


def _there(found: _T | None) -> _T:
    if found is None:
        raise _not_found()
    return found


def _not_found() -> RequestRefused:
    return RequestRefused(404, "not_found", "There is nothing under this id.")

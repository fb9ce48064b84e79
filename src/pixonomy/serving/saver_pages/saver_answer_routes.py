"""From an image to what it is of: the first page, the answer, and what its saver says to it."""

from base64 import b64encode
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from pixonomy.goals.goal_fields import NAME_LETTERS
from pixonomy.serving.api_errors import RequestRefused
from pixonomy.serving.body import headers_of
from pixonomy.serving.multipart_form import Upload as Sent
from pixonomy.serving.outermost import IMAGES
from pixonomy.serving.page import PageLimits
from pixonomy.serving.pool import Classified
from pixonomy.serving.saver_pages.pending_answer import PendingAnswer
from pixonomy.serving.saver_pages.saver_page import page_headers, render_saver_page, view_answer
from pixonomy.serving.saver_pages.saver_site import Asked, SaverSite
from pixonomy.serving.saver_pages.saver_visit import EMBED, Visit
from pixonomy.serving.upload import read_upload
from pixonomy.state.saver_records import Answered, Event

_NO_VISIT = {"foreign_form", "expired_link", "no_link", "not_framed"}
_PREVIEW_LETTERS = 40
_MAP_BYTES = 1500  # it is carried in an address


@dataclass(frozen=True)
class AnswerPages:
    """The pages from an image to its category."""

    site: SaverSite

    def routes(self) -> list[Route]:
        """Return their routes."""
        return [
            self.site.get("/", self.home),
            Route("/", self.upload, methods=["POST"]),
            self.site.get(EMBED, self.home),
            self.site.get("/answer", self.answer),
            self.site.post("/answer", self.choose),
        ]

    async def home(self, asked: Asked) -> Response:
        """Show the form for an image."""
        response = self._render_home(asked.visit, done=asked.query("done"))
        self.site.visits.keep_cookie(asked.visit, asked.request, response)
        return response

    async def upload(self, request: Request) -> Response:
        """Classify an image, keep it where that was wished, and show the answer."""
        visit = None
        try:
            visit = self.site.visits.find(request, {})
            sent, visit = await self._read(request, visit)
            return await self._answer(Asked(request, visit, sent.fields), sent.images[0])
        except RequestRefused as refused:
            if visit is None or refused.kind in _NO_VISIT:
                return self.site.refusal_page(request, visit, refused)
            page = self._render_home(visit, refused.status, failure=refused.message)
            page.headers.update(refused.headers)
            return page

    async def answer(self, asked: Asked) -> Response:
        """Show an answer."""
        return self._render_answer(asked, asked.query("a"))

    async def choose(self, asked: Asked) -> Response:
        """Take what the saver says the image is of, and go on to a goal for that."""
        pending = self._pending(asked, asked.fields.get("a", ""))
        label = asked.fields.get("label") or None
        text = " ".join(asked.fields.get("text", "").split())
        if label is not None and label not in self.site.names:
            raise RequestRefused(422, "no_category", "There is no such category here any more.")
        if label is None and not 0 < len(text) <= NAME_LETTERS:
            failure = f"Say in 1 to {NAME_LETTERS} letters what it is."
            return self._render_answer(asked, asked.fields["a"], failure)
        await self._note(asked.visit, pending, label, text)
        chosen = pending.chosen(label, "" if label else text)
        signed = chosen.sign(self.site.signed, asked.visit.owner)
        return self.site.go_to(asked, "/goals/new", a=signed)

    async def _read(self, request: Request, visit: Visit) -> tuple[Sent, Visit]:
        service, headers = self.site.service, headers_of(request.scope)
        needs_token = service.settings.needs_token and visit.session is None
        if not needs_token:
            service.access.admit_visitor(request.scope)
        service.require_room()
        with service.pending.taken() as take:
            sent = await read_upload(headers, request.receive, service.settings.body, take)
        visit = self.site.visits.find(request, sent.fields)
        if needs_token and visit.session is None:  # a form cannot send it before the image
            token = sent.fields.get("token") or None
            service.access.admit(request.scope, headers, "classify", token)
        self.site.visits.require_own_form(visit, sent.fields)
        if len(sent.images) > 1:
            message = f"These are {len(sent.images)} pictures: send one at a time."
            raise RequestRefused(422, "too_many", message)
        return sent, visit

    async def _answer(self, asked: Asked, image: bytes) -> Response:
        asked.request.scope[IMAGES] = 1
        keep, improve = (asked.fields.get(one) == "yes" for one in ("keep", "improve"))
        wanted = self.site.service.classify([image], keep=keep or improve, explain=True)
        found = (await wanted)[0]
        if found.answer.verdict == "unreadable":
            problem = (found.answer.problem or "there is no answer").rstrip(".")
            message = f"This picture cannot be read: {problem}."
            raise RequestRefused(422, "unreadable", message)
        answered = _answered(found)
        await self.site.savers.count(answered, "answered")
        upload_id, done = await self._keep(asked.visit, answered, found.kept, (keep, improve))
        preview = asked.fields.get("preview", "")[:_PREVIEW_LETTERS]
        drawn = b64encode(found.map).decode() if found.map and len(found.map) <= _MAP_BYTES else ""
        pending = PendingAnswer(answered, upload_id, preview, map=drawn)
        signed = pending.sign(self.site.signed, asked.visit.owner)
        return self.site.go_to(asked, "/answer", a=signed, **done)

    async def _keep(
        self, visit: Visit, answered: Answered, image: bytes | None, consents: tuple[bool, bool]
    ) -> tuple[str | None, dict[str, str]]:
        """Keep what may be kept; an answer needs no store, and is given without, too."""
        keep, improve = consents
        if not (keep or improve):
            return None, {}
        try:
            kept = await self.site.savers.keep_upload(visit.visitor, answered, keep, improve, image)
        except RequestRefused as refused:
            if refused.status != 503 and refused.kind != "too_much_kept":
                raise
            return None, {"done": "unkept"}
        return kept.id, {}

    async def _note(
        self, visit: Visit, pending: PendingAnswer, label: str | None, text: str
    ) -> None:
        """Count what was said; keep it with the image where that may make the answers better."""
        event: Event = "none" if label is None else "corrected"
        if label is not None and label == pending.answered.label:
            event = "confirmed"
        savers = self.site.savers
        await savers.count(pending.answered, event, label)
        kept = await savers.find_upload(visit.visitor, pending.upload_id)
        if kept is not None and kept.improve:
            await savers.correct(visit.visitor, kept.id, label, "" if label else text)

    def _pending(self, asked: Asked, text: str) -> PendingAnswer:
        return PendingAnswer.read(self.site.signed, asked.visit.owner, text)

    def _render_answer(self, asked: Asked, signed: str, failure: str = "") -> Response:
        pending = self._pending(asked, signed)
        return self.site.page(
            "saver_answer.html",
            asked,
            422 if failure else 200,
            answer=view_answer(pending.answered, self.site.names),
            pending=pending,
            signed=signed,
            failure=failure,
        )

    def _render_home(
        self, visit: Visit, status: int = 200, failure: str = "", done: str = ""
    ) -> HTMLResponse:
        settings = self.site.service.settings
        needs_token = settings.needs_token and visit.session is None
        text = render_saver_page(
            "saver_home.html",
            visit,
            done,
            names=() if needs_token else tuple(self.site.names.values()),
            limits=PageLimits(1, settings.body.image),
            keep_days=settings.keep_days,
            needs_token=needs_token,
            failure=failure,
        )
        return HTMLResponse(text, status, page_headers(visit.parents))


def _answered(found: Classified) -> Answered:
    answer = found.answer
    return Answered(found.model, answer.label, answer.verdict, answer.confidence, answer.top)

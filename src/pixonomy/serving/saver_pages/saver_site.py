"""What all of the saver's pages share: who asks, their form, and a page for what goes wrong."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from pixonomy.pages.wording import display_names
from pixonomy.results.answer_results import Goal
from pixonomy.serving.api_errors import RequestRefused
from pixonomy.serving.saver_pages.form_body import read_form_fields
from pixonomy.serving.saver_pages.saver_page import page_headers, render_saver_page
from pixonomy.serving.saver_pages.saver_visit import Visit, Visits
from pixonomy.serving.savers import Savers
from pixonomy.serving.service import Service
from pixonomy.serving.signed_values import SignedValues


@dataclass(frozen=True)
class Asked:
    """One request.

    Attributes:
        fields: of its form; empty for GET.
    """

    request: Request
    visit: Visit
    fields: Mapping[str, str]

    def query(self, name: str) -> str:
        """Return what the address says; "" where it says nothing."""
        return self.request.query_params.get(name, "")

    def path(self, name: str) -> str:
        """Return a part of the path."""
        return str(self.request.path_params[name])


Handler: TypeAlias = Callable[[Asked], Awaitable[Response]]


class SaverSite:
    """The saver's pages of a service.

    Attributes:
        signed: reads and signs what pages carry.
    """

    def __init__(self, service: Service, savers: Savers) -> None:
        """Take a service, and what it keeps of people."""
        self.service, self.savers = service, savers
        self.signed = SignedValues(savers.secret)
        settings = service.settings
        self.visits = Visits(savers, service.embed, settings.embed_from, settings.behind_proxy)

    @property
    def names(self) -> dict[str, str]:
        """The names of all categories, by their labels."""
        labels = self.service.pool.model.labels
        return display_names([one.label for one in labels], {one.label: one.name for one in labels})

    def goals_of(self, label: str | None) -> tuple[Goal, ...]:
        """Return what people save for in a category."""
        return self.service.goals.get(label, ()) if label else ()

    def page(
        self,
        template: str,
        asked: Asked,
        status: int = 200,
        goal_id: str = "",
        **content: object,
    ) -> HTMLResponse:
        """Return a page, with a notice of what its address says was done."""
        done = asked.query("done")
        text = render_saver_page(template, asked.visit, done, goal_id, **content)
        return HTMLResponse(text, status, page_headers(asked.visit.parents))

    def go_to(self, asked: Asked, path: str, **query: str) -> RedirectResponse:
        """Send the browser on to a page of this visit."""
        return RedirectResponse(asked.visit.address(path, **query), 303)

    def refusal_page(
        self, request: Request, visit: Visit | None, refused: RequestRefused
    ) -> HTMLResponse:
        """Return a page that says why there is no other; in a frame, it is shown there."""
        text = render_saver_page("saver_message.html", visit, sentence=refused.message)
        headers = {**page_headers(self.visits.parents_of(request)), **dict(refused.headers)}
        return HTMLResponse(text, refused.status, headers)

    def get(self, path: str, handler: Handler) -> Route:
        """Return the route of a page."""
        return Route(path, self._answering(handler, self._read_nothing), methods=["GET"])

    def post(self, path: str, handler: Handler) -> Route:
        """Return the route of a form without files."""
        return Route(path, self._answering(handler, self._read_form), methods=["POST"])

    async def _read_nothing(self, request: Request) -> Asked:
        return Asked(request, self.visits.find(request, {}), {})

    async def _read_form(self, request: Request) -> Asked:
        fields = await read_form_fields(request, self.service.pending)
        asked = Asked(request, self.visits.find(request, fields), fields)
        self.visits.require_own_form(asked.visit, fields)
        return asked

    def _answering(
        self, handler: Handler, read: Callable[[Request], Awaitable[Asked]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            visit = None
            try:
                self.service.access.admit_visitor(request.scope)
                asked = await read(request)
                visit = asked.visit
                response = await handler(asked)
            except RequestRefused as refused:
                return self.refusal_page(request, visit, refused)
            if visit.is_new and request.method == "GET":
                self.visits.keep_cookie(visit, request, response)
            return response

        return answer

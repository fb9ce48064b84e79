"""What is kept of a saver's pictures: shown to them alone, changed, and deleted with all else."""

import re
from dataclasses import dataclass

from starlette.responses import Response
from starlette.routing import Route

from pixonomy.serving.saver_pages.saver_site import Asked, SaverSite
from pixonomy.serving.saver_pages.saver_visit import COOKIE

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_IMAGE_HEADERS = {
    "cache-control": "private, no-cache",  # asked for each time, and sent once
    "content-security-policy": "default-src 'none'; sandbox",
    "content-disposition": "inline",
    "cross-origin-resource-policy": "same-origin",
}


@dataclass(frozen=True)
class KeptImagePages:
    """The pages about pictures that are kept, and the one that deletes everything."""

    site: SaverSite

    def routes(self) -> list[Route]:
        """Return their routes."""
        return [
            self.site.get("/images/{id}", self.image),
            self.site.post("/images/{id}", self.change),
            self.site.get("/forget", self.show_forget),
            self.site.post("/forget", self.forget),
        ]

    async def image(self, asked: Asked) -> Response:
        """Return the saver's own picture."""
        upload_id = asked.path("id")
        content = await self.site.savers.image(asked.visit.visitor, upload_id)
        headers = {**_IMAGE_HEADERS, "etag": f'"{upload_id}"'}
        if asked.request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type="image/jpeg", headers=headers)

    async def change(self, asked: Asked) -> Response:
        """Give or withdraw what a picture may be used for."""
        keep, improve = (asked.fields.get(one) == "yes" for one in ("keep", "improve"))
        await self.site.savers.set_consent(asked.visit.visitor, asked.path("id"), keep, improve)
        goal_id = asked.fields.get("goal", "")
        path = f"/goals/{goal_id}" if _ID.fullmatch(goal_id) else "/goals"
        return self.site.go_to(asked, path, done="consents")

    async def show_forget(self, asked: Asked) -> Response:
        """Ask whether everything is to be deleted."""
        visitor = asked.visit.visitor
        goals = await self.site.savers.goals(visitor)
        uploads = await self.site.savers.uploads(visitor)
        images = sum(one.has_image for one in uploads)
        return self.site.page(
            "saver_forget.html",
            asked,
            goals=len(goals),
            images=images,
            is_any=bool(goals or uploads),
        )

    async def forget(self, asked: Asked) -> Response:
        """Delete everything that is kept of a saver, the cookie, too."""
        await self.site.savers.delete_everything(asked.visit.visitor)
        response = self.site.go_to(asked, "/", done="everything")
        if asked.visit.session is None:
            response.delete_cookie(COOKIE)
        return response

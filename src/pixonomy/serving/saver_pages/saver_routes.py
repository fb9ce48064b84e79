"""All routes of the saver's pages: they take the place of the page to try the service at."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pixonomy.serving.saver_pages.goal_routes import GoalPages
from pixonomy.serving.saver_pages.kept_image_routes import KeptImagePages
from pixonomy.serving.saver_pages.new_goal_routes import NewGoalPages
from pixonomy.serving.saver_pages.saver_answer_routes import AnswerPages
from pixonomy.serving.saver_pages.saver_page import read_saver_assets, version_asset
from pixonomy.serving.saver_pages.saver_site import SaverSite
from pixonomy.serving.savers import Savers
from pixonomy.serving.service import Service

_FOR_A_YEAR = "public, max-age=31536000, immutable"


def saver_routes(service: Service, savers: Savers) -> list[Route]:
    """Return the routes of the saver's pages, their styles and scripts."""
    site = SaverSite(service, savers)

    async def asset(request: Request) -> Response:
        path = request.url.path
        content, kind = read_saver_assets()[path]
        is_current = version_asset(path).endswith(f"?{request.url.query}")
        kept = _FOR_A_YEAR if is_current else "no-cache"
        return Response(content, media_type=kind, headers={"cache-control": kept})

    return [
        *AnswerPages(site).routes(),
        *NewGoalPages(site).routes(),
        *GoalPages(site).routes(),
        *KeptImagePages(site).routes(),
        *(Route(path, asset, methods=["GET"]) for path in read_saver_assets()),
    ]

"""The API for what is kept of an app's users: uploads, corrections, goals, links to the page.

All of it needs a token, on loopback too; a subject is known to the token alone that it came with.
"""

from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pixonomy.results.kept_results import EmbedLink, KeptGoals, KeptUploads
from pixonomy.results.serving_results import ServedImage, UploadAnswer
from pixonomy.serving.body import headers_of
from pixonomy.serving.embed_links import LINK_SECONDS, EmbedLinks
from pixonomy.serving.json_body import read_json_body
from pixonomy.serving.outermost import IMAGES
from pixonomy.serving.pool import Classified
from pixonomy.serving.saver_api.kept_json import (
    answered_of,
    answered_upload,
    describe_correction,
    describe_goal,
    describe_upload,
)
from pixonomy.serving.saver_api.saver_requests import (
    check_goal,
    read_consent,
    read_flag,
    read_id,
    read_label,
    read_once,
    read_subject,
    read_text,
    read_version,
    refuse_fields,
    require_keys,
    subject_of,
)
from pixonomy.serving.savers import Savers, Visitor
from pixonomy.serving.service import Service
from pixonomy.serving.upload import read_upload
from pixonomy.state.saver_records import Event, Upload

_IMAGE_HEADERS = {
    "content-security-policy": "default-src 'none'; sandbox",
    "cache-control": "private, no-store",
    "content-disposition": 'inline; filename="image.jpg"',
}


@dataclass(frozen=True)
class SaverApi:
    """Answers the requests of apps for their users; errors are those of `Savers`."""

    service: Service
    savers: Savers
    embed: EmbedLinks

    async def add_upload(self, request: Request) -> Response:
        """Classify an image, and keep it for those uses that its saver agreed to."""
        visitor = self._visitor(request)
        keep, improve = read_flag(request, "keep"), read_flag(request, "improve")
        image = await self._read_image(request)
        once = read_once(request, image)
        (found,) = await self.service.classify([image], keep or improve)
        upload = None
        if found.problem is None:
            answered = answered_of(found)
            if keep or improve:
                upload = await self.savers.keep_upload(
                    visitor, answered, keep, improve, found.kept, once
                )
            await self.savers.count(answered, "answered")
        return JSONResponse(_describe_answer(found, upload).as_json())

    async def uploads(self, request: Request) -> Response:
        """List what is kept of a saver's uploads."""
        uploads = await self.savers.uploads(self._visitor(request))
        return JSONResponse(KeptUploads(uploads=tuple(map(describe_upload, uploads))).as_json())

    async def change_upload(self, request: Request) -> Response:
        """Give or withdraw consents; without any, the upload's image is removed."""
        visitor = self._visitor(request)
        body = await read_json_body(request, self.service.pending)
        require_keys(body.content, ("keep", "improve"))
        keep, improve = (read_consent(body.content, name) for name in ("keep", "improve"))
        changed = await self.savers.set_consent(visitor, _id(request), keep, improve)
        return JSONResponse(describe_upload(changed).as_json())

    async def image(self, request: Request) -> Response:
        """Return the kept copy of an upload's image."""
        image = await self.savers.image(self._visitor(request), _id(request))
        return Response(image, media_type="image/jpeg", headers=_IMAGE_HEADERS)

    async def add_correction(self, request: Request) -> Response:
        """Add what an upload shows, as its saver sees it."""
        visitor = self._visitor(request)
        body = await read_json_body(request, self.service.pending)
        require_keys(body.content, ("upload", "label", "text"))
        upload_id = read_id(body.content, "upload")
        if upload_id is None or "label" not in body.content:
            message = "upload is the id of one, and label a category or null: both are needed."
            raise refuse_fields({"upload": message})
        label = read_label(body.content["label"], self.service.labels)
        text = read_text(body.content.get("text"))
        upload = await self.savers.upload(visitor, upload_id)
        once = read_once(request, body.raw)
        correction = await self.savers.correct(visitor, upload_id, label, text, once)
        await self.savers.count(answered_upload(upload), _event(upload, label), label)
        return JSONResponse(describe_correction(correction).as_json())

    async def goals(self, request: Request) -> Response:
        """List a saver's goals."""
        goals = await self.savers.goals(self._visitor(request))
        today = self.savers.today()
        described = tuple(describe_goal(one, today) for one in goals)
        return JSONResponse(KeptGoals(goals=described).as_json())

    async def add_goal(self, request: Request) -> Response:
        """Keep a goal."""
        visitor = self._visitor(request)
        body = await read_json_body(request, self.service.pending)
        check_goal(body.content, self.service.labels, "upload")
        fields = self.savers.read_fields(body.content)
        upload_id, once = read_id(body.content, "upload"), read_once(request, body.raw)
        goal = await self.savers.add_goal(visitor, fields, upload_id, once)
        return JSONResponse(describe_goal(goal, self.savers.today()).as_json())

    async def change_goal(self, request: Request) -> Response:
        """Change those fields of a goal that are given."""
        visitor = self._visitor(request)
        body = await read_json_body(request, self.service.pending)
        check_goal(body.content, self.service.labels, "version")
        version, goal_id = read_version(body.content), _id(request)
        stored = await self.savers.goal(visitor, goal_id)
        fields = self.savers.read_fields(body.content, stored.fields)
        once = read_once(request, body.raw)
        goal = await self.savers.change_goal(visitor, goal_id, version, fields, once)
        return JSONResponse(describe_goal(goal, self.savers.today()).as_json())

    async def delete_goal(self, request: Request) -> Response:
        """Delete a goal."""
        await self.savers.delete_goal(self._visitor(request), _id(request))
        return Response(status_code=204)

    async def delete_subject(self, request: Request) -> Response:
        """Delete all that is kept of a saver, at once."""
        token = self._admit(request)
        subject = read_subject(request.path_params["subject"])
        await self.savers.delete_everything(self.savers.of_subject(token, subject))
        return Response(status_code=204)

    async def add_embed_link(self, request: Request) -> Response:
        """Make a link that opens the saver's page in a frame, for 10 minutes."""
        token = self._admit(request)
        body = await read_json_body(request, self.service.pending)
        require_keys(body.content, ("subject",))
        visitor = self.savers.of_subject(token, read_subject(body.content.get("subject")))
        path = f"/embed?link={self.embed.link(visitor)}"
        return JSONResponse(EmbedLink(path=path, seconds=LINK_SECONDS).as_json())

    def _admit(self, request: Request) -> str:
        return self.service.access.admit_app(request.scope, headers_of(request.scope))

    def _visitor(self, request: Request) -> Visitor:
        return self.savers.of_subject(self._admit(request), subject_of(request))

    async def _read_image(self, request: Request) -> bytes:
        service = self.service
        service.require_room()
        with service.pending.taken() as take:
            upload = await read_upload(
                headers_of(request.scope),
                request.receive,
                replace(service.settings.body, images=1),
                take,
            )
        request.scope[IMAGES] = 1
        return upload.images[0]


def _id(request: Request) -> str:
    return str(request.path_params["id"])


def _event(upload: Upload, label: str | None) -> Event:
    if label is None:
        return "none"
    return "confirmed" if label == upload.label else "corrected"


def _describe_answer(found: Classified, upload: Upload | None) -> UploadAnswer:
    row = ServedImage(index=0, **vars(found.answer))
    return UploadAnswer(
        upload=None if upload is None else upload.id,
        has_image=upload is not None and upload.has_image,
        model=found.model,
        images=(row,),
    )

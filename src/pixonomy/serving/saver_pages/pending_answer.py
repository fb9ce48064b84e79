"""An answer on its way to a goal: the pages carry it, signed, and the service stores nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self, cast

from pixonomy.results.answer_results import Candidate
from pixonomy.serving.api_errors import RequestRefused
from pixonomy.serving.signed_values import SignedValues
from pixonomy.state.saver_records import Answered, Verdict

SECONDS = 86_400
_PURPOSE = "answer"


@dataclass(frozen=True)
class PendingAnswer:
    """What was answered for an image, and what its saver made of it.

    Attributes:
        upload_id: what is kept of the image; None without a consent.
        preview: by which the browser knows its own small copy of the image.
        label: the category that the saver confirmed or chose.
        text: the saver's own words, where no category fits.
        map: what the answer rests on, a PNG in base64, or "".
    """

    answered: Answered
    upload_id: str | None = None
    preview: str = ""
    label: str | None = None
    text: str = ""
    map: str = ""

    def chosen(self, label: str | None, text: str) -> Self:
        """Return the answer as its saver sees it."""
        return replace(self, label=label, text=text, map="")

    def sign(self, signed: SignedValues, owner: str) -> str:
        """Return it as text that only this visitor's pages take."""
        given = self.answered
        value = {
            "of": owner,
            "model": given.model,
            "label": given.label,
            "verdict": given.verdict,
            "confidence": given.confidence,
            "top": [one.as_json() for one in given.top],
            "upload": self.upload_id,
            "preview": self.preview,
            "chosen": self.label,
            "text": self.text,
            "map": self.map,
        }
        return signed.sign(_PURPOSE, value)

    @classmethod
    def read(cls, signed: SignedValues, owner: str, text: str) -> Self:
        """Undo `sign`.

        Raises:
            RequestRefused: 410, where it is a day old, another's, or none of ours.
        """
        found = signed.read(_PURPOSE, text, SECONDS)
        if not isinstance(found, Mapping) or found["of"] != owner:
            message = (
                "This page is out of date, or was opened in another browser: nothing of your "
                "picture is kept there. Show the picture again."
            )
            raise RequestRefused(410, "expired_page", message)
        top = tuple(Candidate.from_json(one) for one in found["top"])
        verdict = cast(Verdict, found["verdict"])
        answered = Answered(found["model"], found["label"], verdict, found["confidence"], top)
        carried = ("upload", "preview", "chosen", "text", "map")
        return cls(answered, *(found[one] for one in carried))

"""What `backup` and `restore` return."""

from dataclasses import dataclass, field

from pixonomy.results.json_record import LEFT_OUT_WHEN_NONE, Result


@dataclass(frozen=True, kw_only=True)
class BackupResult(Result):
    """A copy of what a service keeps; `backup` and `restore` return it.

    Attributes:
        file: the copy.
        state: the folder that was copied, or restored.
        savers, uploads, goals, tokens: how many of each are in it.
        images: how many images are in it.
        missing: uploads whose image was not found.
        images_at: where the images lie, if they are not in it.
    """

    file: str
    state: str
    savers: int
    uploads: int
    goals: int
    tokens: int
    images: int
    missing: int
    images_at: str | None = field(default=None, metadata=LEFT_OUT_WHEN_NONE)

"""What all routes of the service share: the workers, who may ask, what is counted."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pixonomy.serving.access import Access
from pixonomy.serving.api_errors import try_again
from pixonomy.serving.body import PendingBytes
from pixonomy.serving.counters import Metrics
from pixonomy.serving.pool import Classified, Overloaded, WorkerPool
from pixonomy.serving.request_log import RequestLog
from pixonomy.serving.serve_settings import ServeSettings

_WORDS = {
    "overloaded": "Too many images wait for an answer; try again.",
    "no_worker": "No worker is there to answer at the moment; try again.",
}


@dataclass(frozen=True)
class Service:
    """A running service.

    Attributes:
        access: who may ask what, and how often.
        pending: the memory that uploads take.
    """

    pool: WorkerPool
    settings: ServeSettings
    access: Access
    pending: PendingBytes
    metrics: Metrics
    log: RequestLog

    def require_room(self) -> None:
        """Refuse a request before its images have arrived, if they would not be taken then.

        Raises:
            RequestRefused: 503 where too many images wait, or no worker is there.
        """
        with _refusing():
            self.pool.require_room()

    async def classify(self, images: Sequence[bytes]) -> list[Classified]:
        """Answer encoded images in their order, all of them by one model.

        Raises:
            RequestRefused: 503 where too many images wait, or no worker is there.
        """
        with _refusing():
            answers = await self.pool.classify_all(images)
        for one in answers:
            self.metrics.count_verdict(one.answer.verdict)
            self.metrics.add_seconds("waiting", one.waiting)
            self.metrics.add_seconds("decoding", one.decoding)
            self.metrics.add_seconds("network", one.network)
        return answers


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except Overloaded as error:
        raise try_again(503, error.kind, _WORDS[error.kind], error.retry_after) from error

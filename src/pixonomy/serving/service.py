"""What all routes of the service share: the workers, who may ask, what is counted."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pixonomy.results.answer_results import Goal
from pixonomy.serving.access import Access
from pixonomy.serving.api_errors import try_again
from pixonomy.serving.body import PendingBytes
from pixonomy.serving.counters import Metrics
from pixonomy.serving.embed_links import EmbedLinks
from pixonomy.serving.messages import Wanted
from pixonomy.serving.pool import Classified, Overloaded, WorkerPool
from pixonomy.serving.request_log import RequestLog
from pixonomy.serving.savers import Savers
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
        savers: what is kept of people; None: nothing is, for there is no state.
        embed: links to the page for apps; None as `savers`.
    """

    pool: WorkerPool
    settings: ServeSettings
    access: Access
    pending: PendingBytes
    metrics: Metrics
    log: RequestLog
    savers: Savers | None = None
    embed: EmbedLinks | None = None

    @property
    def has_goals(self) -> bool:
        """Whether goals are kept: there is a state, and the model's categories have goals."""
        return self.savers is not None and any(one.goals for one in self.pool.model.labels)

    @property
    def goals(self) -> Mapping[str, tuple[Goal, ...]]:
        """What people might save for in each category that has goals."""
        return {one.label: one.goals for one in self.pool.model.labels if one.goals}

    @property
    def labels(self) -> frozenset[str]:
        """The categories that the model answers with."""
        return frozenset(one.label for one in self.pool.model.labels)

    def require_room(self) -> None:
        """Refuse a request before its images have arrived, if they would not be taken then.

        Raises:
            RequestRefused: 503 where too many images wait, or no worker is there.
        """
        with _refusing():
            self.pool.require_room()

    async def classify(
        self, images: Sequence[bytes], keep: bool = False, explain: bool = False
    ) -> list[Classified]:
        """Answer encoded images in their order, all of them by one model.

        Args:
            keep: whether a copy of each comes with its answer, see `Classified.kept`.
            explain: whether what an answer rests on does, see `Classified.map`.

        Raises:
            RequestRefused: 503 where too many images wait, or no worker is there.
        """
        wanted = (Wanted.COPY if keep else Wanted.NOTHING) | (
            Wanted.MAP if explain else Wanted.NOTHING
        )
        with _refusing():
            answers = await self.pool.classify_all(images, wanted)
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

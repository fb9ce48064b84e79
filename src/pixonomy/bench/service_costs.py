"""What a request costs a service in CPU time, way by way, beside the bare work of an image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

import numpy as np

from pixonomy.bench.http_load import Reply, get, post, post_form, run_load, send_in_turn
from pixonomy.bench.pinned import BareLoop, ServiceProcess, cpu_seconds
from pixonomy.errors import DataError

CLASSIFY = "/v1/classify"
LIVE, NO_IMAGE, RAW, FORM = "GET /live", "a body that is no image", "raw body", "form"
"""The ways: nothing but HTTP; all but an image's work; an image as the body, or in a form."""

_CONNECTIONS = 3  # so that the worker never waits for the client
_LIVES_AN_IMAGE = 5  # requests of /live in the place of one image: they are cheap


@dataclass
class Costs:
    """What the ways cost, round by round: ms of CPU for each request or image.

    Attributes:
        web, worker: by the way.
        bare: of the bare loop.
        bare_seconds: wall time of an image of it.
        rates: images a second that the service answered, raw bodies.
    """

    web: dict[str, list[float]] = field(default_factory=dict)
    worker: dict[str, list[float]] = field(default_factory=dict)
    bare: list[float] = field(default_factory=list)
    bare_seconds: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)

    def of(self, way: str) -> float:
        """Return the median of what web process and worker cost together."""
        return median(self._together(way))

    def above_bare(self, way: str) -> float:
        """Return the median, over the rounds, of how much more a way cost than the bare loop."""
        pairs = zip(self._together(way), self.bare, strict=True)
        return median(cost - bare for cost, bare in pairs)

    def speed(self, way: str) -> float:
        """Return the median, over the rounds, of the bare loop's cost over a way's."""
        pairs = zip(self._together(way), self.bare, strict=True)
        return median(bare / cost for cost, bare in pairs)

    def _together(self, way: str) -> list[float]:
        pairs = zip(self.web[way], self.worker[way], strict=True)
        return [web + worker for web, worker in pairs]


@dataclass(frozen=True)
class Rounds:
    """Turns of all ways."""

    service: ServiceProcess
    bare: BareLoop
    image: bytes
    images: int

    def repeat(self, rounds: int) -> Costs:
        """Let each way run once a round; the first round warms up and does not count."""
        ways = {
            LIVE: (get("/live"), _LIVES_AN_IMAGE * self.images),
            NO_IMAGE: (post(CLASSIFY, bytes(len(self.image)), "image/jpeg"), self.images),
            RAW: (post(CLASSIFY, self.image, "image/jpeg"), self.images),
            FORM: (post_form(CLASSIFY, self.image), self.images),
        }
        self._run(ways, Costs())
        costs = Costs()
        for _ in range(rounds):
            self._run(ways, costs)
        return costs

    def _run(self, ways: Mapping[str, tuple[bytes, int]], costs: Costs) -> None:
        cost = self.bare.run(self.images)
        costs.bare.append(1000 * cost.cpu_seconds / self.images)
        costs.bare_seconds.append(cost.seconds / self.images)
        for name, (request, count) in ways.items():
            seconds = self._ask(name, request, count, costs)
            if name == RAW:
                costs.rates.append(count / seconds)

    def _ask(self, name: str, request: bytes, count: int, costs: Costs) -> float:
        (worker,) = self.service.workers
        before = cpu_seconds(self.service.process), cpu_seconds(worker)
        began = perf_counter()
        load = send_in_turn(self.service.server, request, count, _CONNECTIONS)
        _require_answers(run_load(load))
        seconds = perf_counter() - began
        after = cpu_seconds(self.service.process), cpu_seconds(worker)
        for shares, used in zip((costs.web, costs.worker), np.subtract(after, before), strict=True):
            shares.setdefault(name, []).append(1000 * float(used) / count)
        return seconds


def _require_answers(replies: Sequence[Reply]) -> None:
    failed = [one.status for one in replies if one.status != 200]
    if failed:
        raise DataError(f"{len(failed)} of {len(replies)} requests failed, one with {failed[0]}.")

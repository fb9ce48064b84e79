"""What the service counts and times, for Prometheus; in a registry of its own."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

CONTENT_TYPE = CONTENT_TYPE_LATEST

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_STAGES = ("reading", "waiting", "decoding", "network", "total")
_VERDICTS = ("sure", "unsure", "none", "unreadable")


class Metrics:
    """Counters and gauges of one service."""

    def __init__(self) -> None:
        """Begin at zero."""
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "pixonomy_requests", "Requests answered.", ("route", "status"), registry=registry
        )
        seconds = Histogram(
            "pixonomy_seconds",
            "Seconds by stage.",
            ("stage",),
            buckets=_SECONDS,
            registry=registry,
        )
        verdicts = Counter("pixonomy_verdicts", "Images.", ("verdict",), registry=registry)
        self._seconds = {stage: seconds.labels(stage) for stage in _STAGES}
        self._verdicts = {verdict: verdicts.labels(verdict) for verdict in _VERDICTS}
        self._deaths = Counter(
            "pixonomy_worker_deaths", "Workers that ended.", ("reason",), registry=registry
        )
        self._loaded = Counter(
            "pixonomy_models_loaded", "Models that took over.", registry=registry
        )
        self._queue = Gauge("pixonomy_queue", "Images that wait for a worker.", registry=registry)
        self._workers = Gauge("pixonomy_workers", "Workers alive.", registry=registry)

    def watch(self, waiting: Callable[[], float], workers: Callable[[], float]) -> None:
        """Ask these for the length of the queue and the number of workers from now on."""
        self._queue.set_function(waiting)
        self._workers.set_function(workers)

    def count_request(self, route: str, status: int) -> None:
        """Count an answer."""
        self._requests.labels(route, str(status)).inc()

    def count_verdict(self, verdict: str) -> None:
        """Count an image that was answered."""
        self._verdicts[verdict].inc()

    def count_death(self, reason: str) -> None:
        """Count a worker that ended."""
        self._deaths.labels(reason).inc()

    def count_loaded(self) -> None:
        """Count a model that took over."""
        self._loaded.inc()

    def add_seconds(self, stage: str, seconds: float) -> None:
        """Add how long a stage of an image or of a request took."""
        self._seconds[stage].observe(seconds)

    def exposition(self) -> bytes:
        """Return everything as Prometheus reads it, of the type `CONTENT_TYPE`."""
        return generate_latest(self._registry)

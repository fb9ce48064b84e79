"""Measures what `pixonomy serve` costs above the work that no service can do without.

In one run, in turn, on one core: a bare loop (decode an image, ask the network), requests without
an image's work, and the service itself. The client has the other core.
"""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from pixonomy.bench.http_load import post
from pixonomy.bench.pinned import BareLoop, ServiceProcess, on_cores, resident_megabytes, serving
from pixonomy.bench.result import AT_LEAST, AT_MOST, Measurement, Yardstick
from pixonomy.bench.service_bundle import draw_photograph, write_random_bundle
from pixonomy.bench.service_costs import CLASSIFY, FORM, RAW, Costs, Rounds
from pixonomy.bench.service_latency import describe_latency, put_under_load
from pixonomy.errors import SettingError
from pixonomy.progress import Context

_MOST_OVERHEAD = {RAW: 3.5, FORM: 4.5}  # ms


@dataclass(frozen=True)
class Work:
    """A network to serve.

    Attributes:
        least_ratio: of the bare loop's speed that the service should have.
    """

    model: str
    size: int
    least_ratio: float

    @property
    def name(self) -> str:
        """What its figures are called."""
        return f"{self.model}, {self.size} px"


@dataclass(frozen=True)
class Scale:
    """How much is measured: images a round of each way, rounds, seconds of each load."""

    images: int = 100
    rounds: int = 5
    seconds: float = 20.0


WORKS = (Work("mobilenet", 224, 0.8), Work("compact", 32, 0.65))
_FULL = Scale()
QUICK = {"works": WORKS[1:], "scale": Scale(4, 1, 0.3)}


def bench_serve(
    context: Context, works: Sequence[Work] = WORKS, scale: Scale = _FULL
) -> list[Measurement]:
    """Measure CPU for each image, latency below and beyond the capacity, start and memory.

    All but latency and start are CPU time, which holds on a machine that others use. Goals are the
    project's own; a network has random weights.

    Raises:
        SettingError: where there is no Linux to pin processes and to read what they cost.
    """
    if not hasattr(os, "sched_setaffinity") or not Path("/proc/self/schedstat").exists():
        raise SettingError("The benchmark 'serve' pins processes to cores: it needs Linux.")
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        context.report("Service and client share the one core: latencies say nothing.")
    results: list[Measurement] = []
    with tempfile.TemporaryDirectory(prefix="pixonomy-bench-") as name:
        image = Path(name) / "photograph.jpg"
        image.write_bytes(draw_photograph())
        for place, work in enumerate(works):
            bundle = Path(name) / work.model
            write_random_bundle(bundle, work.model, work.size)
            with on_cores({cores[0]}):
                results += _measure(work, bundle, image, cores[-1], scale)
            context.progress("bench serve", place + 1, len(works))
    load, *_ = os.getloadavg()
    context.report(f"The machine's load was {load:.1f} on {os.cpu_count()} cores at the end.")
    return results


def _measure(work: Work, bundle: Path, image: Path, core: int, scale: Scale) -> list[Measurement]:
    log = bundle.parent / f"{work.model}.jsonl"
    with BareLoop(bundle, image, {core}) as bare, serving(bundle, log, {core}) as service:
        costs = Rounds(service, bare, image.read_bytes(), scale.images).repeat(scale.rounds)
        memory = _memory(work, service)
        request = post(CLASSIFY, image.read_bytes(), "image/jpeg")
        loads = put_under_load(service.server, request, median(costs.rates), scale.seconds)
    latencies = describe_latency(work.name, loads, median(costs.bare_seconds))
    goal = Yardstick(AT_MOST, 5.0)
    start = Measurement(f"{work.name}: until ready", service.ready_seconds, "s", (goal,))
    return [*describe_cost(work, costs), *latencies, start, *memory]


def describe_cost(work: Work, costs: Costs) -> list[Measurement]:
    """Return what the ways cost, and how far above the bare loop they are, beside the goals."""
    bare = median(costs.bare)
    results = [
        Measurement(f"{work.name}: bare loop", bare, "ms of CPU an image", ()),
        Measurement(
            f"{work.name}: speed by CPU, service over bare loop",
            costs.speed(RAW),
            "ratio",
            (Yardstick(AT_LEAST, work.least_ratio),),
        ),
    ]
    for way, shares in costs.web.items():
        title = f"{work.name}: service, {way}"
        beside = (Yardstick("bare loop", bare),) if way in _MOST_OVERHEAD else ()
        results += [
            Measurement(title, costs.of(way), "ms of CPU a request", beside),
            Measurement(f"{title}, web process", median(shares), "ms of CPU a request", ()),
        ]
    for way, goal in _MOST_OVERHEAD.items():
        title, figure = f"{work.name}: overhead, {way}", costs.above_bare(way)
        yardsticks = (Yardstick(AT_MOST, goal),)
        results.append(Measurement(title, figure, "ms of CPU a request", yardsticks))
    return results


def _memory(work: Work, service: ServiceProcess) -> list[Measurement]:
    (worker,) = service.workers
    processes = (("web process", service.process, 120.0), ("worker", worker, 350.0))
    return [
        Measurement(
            f"{work.name}: memory of the {name}",
            resident_megabytes(process),
            "MB",
            (Yardstick(AT_MOST, goal),),
        )
        for name, process, goal in processes
    ]

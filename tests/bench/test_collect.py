from pixonomy.bench.collect import bench_collect
from pixonomy.progress import Surroundings


def test_rate_and_memory_are_measured_beside_a_bare_loop() -> None:
    rate, memory = bench_collect(Surroundings(2), pictures=48)
    assert (rate.work, rate.unit) == ("collect 48 pictures of 100 kB", "images/s")
    (bare,) = rate.yardsticks
    assert bare.name == "aiohttp, downloads only"
    assert 0 < rate.figure < bare.figure
    assert (memory.unit, memory.figure > 0) == ("MiB", True)

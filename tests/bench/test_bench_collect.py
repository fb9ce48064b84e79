import pytest

from pixonomy.bench.bench_collect import bench_collect
from pixonomy.progress import Context


@pytest.mark.timed
def test_rate_cost_dead_hosts_and_memory_are_measured_beside_a_bare_loop() -> None:
    rate, cpu, dead, memory = bench_collect(Context(2), images=16, rounds=1)
    assert (rate.work, rate.unit) == ("collect 16 pictures of 100 kB", "images/s")
    bare = rate.yardsticks[0]
    assert bare.name == "aiohttp, downloads only"
    assert 0 < rate.figure < bare.figure
    assert cpu.figure > cpu.yardsticks[0].figure > 0
    assert dead.figure > dead.yardsticks[0].figure > 0
    assert (memory.unit, memory.figure > 0) == ("MiB (less is better)", True)

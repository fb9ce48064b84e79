import pytest

from pixonomy.bench.bench_serve import WORKS, describe_cost
from pixonomy.bench.service_costs import FORM, RAW, Costs


def test_overhead_is_what_both_processes_cost_above_the_bare_loop_of_the_same_round() -> None:
    costs = Costs(
        web={RAW: [1.0, 2.0, 9.0], FORM: [3.0, 3.0, 3.0]},
        worker={RAW: [18.0, 18.0, 19.0], FORM: [19.0, 19.0, 19.0]},
        bare=[16.0, 15.0, 17.0],
    )
    found = {
        one.work.removeprefix("mobilenet, 224 px: "): one for one in describe_cost(WORKS[0], costs)
    }
    ratio = found["speed by CPU, service over bare loop"]
    assert ratio.figure == pytest.approx(15 / 20)
    assert ratio.yardsticks[0].figure == 0.8
    assert found[f"overhead, {RAW}"].figure == pytest.approx(5)
    assert found[f"overhead, {FORM}"].figure == pytest.approx(6)
    assert found[f"service, {RAW}, web process"].figure == 2
    assert [found[f"overhead, {way}"].yardsticks[0].figure for way in (RAW, FORM)] == [3.5, 4.5]

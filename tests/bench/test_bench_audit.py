import pytest

from pixonomy.bench.bench_audit import bench_audit
from pixonomy.progress import Context


@pytest.mark.slow
def test_a_small_catalogue_is_audited_and_measured() -> None:
    measured = [one.as_json() for one in bench_audit(Context(), images=150)]
    assert [one["unit"] for one in measured] == ["images/s"] * 3 + ["MiB"]
    assert all(one["figure"] > 0 for one in measured)
    assert measured[0]["yardsticks"][0]["figure"] == 300
    assert measured[-1]["figure"] < 2048

"""What is counted, in the format of Prometheus."""

from prometheus_client.parser import text_string_to_metric_families

from pixonomy.serving.counters import Metrics


def test_everything_that_is_counted_is_shown() -> None:
    metrics = Metrics()
    metrics.watch(lambda: 7, lambda: 2)
    metrics.count_request("/live", 200)
    metrics.count_verdict("sure")
    metrics.count_death("memory")
    metrics.count_loaded()
    metrics.add_seconds("network", 0.02)
    shown = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(metrics.exposition().decode())
        for sample in family.samples
    }
    assert shown["pixonomy_queue",] == 7
    assert shown["pixonomy_workers",] == 2
    assert shown["pixonomy_requests_total", "/live", "200"] == 1
    assert shown["pixonomy_verdicts_total", "sure"] == 1
    assert shown["pixonomy_verdicts_total", "none"] == 0
    assert shown["pixonomy_worker_deaths_total", "memory"] == 1
    assert shown["pixonomy_models_loaded_total",] == 1
    assert shown["pixonomy_seconds_bucket", "0.025", "network"] == 1
    assert shown["pixonomy_seconds_bucket", "0.01", "network"] == 0


def test_two_services_count_for_themselves() -> None:
    one, other = Metrics(), Metrics()
    one.count_request("/live", 200)
    assert b"/live" not in other.exposition()

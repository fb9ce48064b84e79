"""What an operator may do, and nobody else."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from result_schema import find_mismatches
from served import Served, Tokens


def load(
    service: Served, token: str, content: bytes, kind: str = "application/json"
) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}", "content-type": kind}
    return service.ask("/operator/model", content=content, headers=headers)


def told(answer: httpx.Response) -> tuple[int, str]:
    assert find_mismatches(answer.json(), "Refusal") == []
    return answer.status_code, answer.json()["error"]["kind"]


def counts(service: Served, tokens: Tokens) -> Mapping[tuple[str, ...], float]:
    """Return all samples of the metrics by their names and labels."""
    headers = {"authorization": f"Bearer {tokens.operate}"}
    answer = service.ask("/metrics", headers=headers)
    assert answer.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


@pytest.mark.parametrize(("path", "method"), [("/metrics", "GET"), ("/operator/model", "POST")])
def test_even_on_loopback_a_token_with_its_scope_is_needed(
    open_service: Served, tokens: Tokens, path: str, method: str
) -> None:
    assert told(open_service.ask(path, method=method)) == (401, "no_token")
    headers = {"authorization": f"Bearer {tokens.classify}"}
    answer = open_service.ask(path, method=method, headers=headers)
    assert told(answer) == (403, "wrong_scope")


def test_requests_verdicts_and_seconds_are_counted(
    open_service: Served, tokens: Tokens, fitted_images: Path
) -> None:
    image = next(iter(sorted(fitted_images.rglob("000*.jpg")))).read_bytes()
    before = counts(open_service, tokens)
    assert open_service.classify(image, image, b"no image").status_code == 200
    open_service.ask("/v1/classify", content=b"", headers={"content-type": "image/png"})
    after = counts(open_service, tokens)

    def more(*key: str) -> float:
        return after[key] - before.get(key, 0)

    assert more("pixonomy_requests_total", "/v1/classify", "200") == 1
    assert more("pixonomy_requests_total", "/v1/classify", "422") == 1
    assert more("pixonomy_requests_total", "/metrics", "200") == 1
    assert more("pixonomy_verdicts_total", "unreadable") == 1
    verdicts = ("sure", "unsure", "none")
    assert sum(more("pixonomy_verdicts_total", one) for one in verdicts) == 2
    for stage in ("waiting", "decoding", "network"):
        assert more("pixonomy_seconds_count", stage) == 3
    for stage in ("reading", "total"):
        assert more("pixonomy_seconds_count", stage) == 1
    assert after["pixonomy_queue",] == 0
    assert after["pixonomy_workers",] == 1


def test_another_model_takes_over(open_service: Served, tokens: Tokens, models: Path) -> None:
    (digest,) = [one.name for one in models.iterdir() if one.is_dir()]
    before = counts(open_service, tokens)["pixonomy_models_loaded_total",]
    answer = load(open_service, tokens.operate, json.dumps({"digest": digest}).encode())
    assert answer.status_code == 200
    assert find_mismatches(answer.json(), "ServedModel") == []
    assert counts(open_service, tokens)["pixonomy_models_loaded_total",] == before + 1


def test_a_damaged_model_is_refused_and_the_old_one_goes_on(
    open_service: Served, tokens: Tokens, models: Path
) -> None:
    digest = "ab" * 32
    (good,) = [one for one in models.iterdir() if one.is_dir()]
    about = json.loads((good / "bundle.json").read_text("utf-8"))
    shutil.copytree(good, models / digest)
    (models / digest / "bundle.json").write_text(json.dumps(about | {"digest": digest}))
    answer = load(open_service, tokens.operate, json.dumps({"digest": digest}).encode())
    shutil.rmtree(models / digest)
    assert told(answer) == (409, "bundle_refused")
    assert "was changed after the bundle was made" in answer.text
    assert open_service.ask("/v1/model").json()["digest"] == good.name
    assert open_service.classify(b"1").status_code == 200


@pytest.mark.parametrize(
    ("content", "kind", "expected"),
    [
        (b'{"digest": "%s"}' % (b"0" * 64), "application/json", (404, "no_such_model")),
        (b'{"digest": "../../etc"}', "application/json", (422, "no_digest")),
        (b'{"digest": 7}', "application/json", (422, "no_digest")),
        (b"[]", "application/json", (422, "no_digest")),
        (b"{", "application/json", (422, "no_digest")),
        (b"[" * 4000, "application/json", (422, "no_digest")),
        (b"", "application/json", (422, "empty")),
        (bytes(5000), "application/json", (413, "too_large")),
        (b"{}", "text/plain", (415, "wrong_type")),
    ],
)  # fmt: skip
def test_what_names_no_model_is_refused(
    open_service: Served, tokens: Tokens, content: bytes, kind: str, expected: tuple[int, str]
) -> None:
    assert told(load(open_service, tokens.operate, content, kind)) == expected


def test_a_service_without_models_says_so(guarded_service: Served, tokens: Tokens) -> None:
    answer = load(guarded_service, tokens.operate, b'{"digest": "%s"}' % (b"0" * 64))
    assert told(answer) == (404, "no_such_model")
    assert "without --models" in answer.text

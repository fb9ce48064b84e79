"""`pixonomy predict`: its keys, its lines for people, its refusals."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pixonomy.cli.main import run

Call = Callable[..., tuple[int, Any, str]]
Write = Callable[..., Path]

KEYS = ["predictions", "submission", "rows", "groups", "problems", "seconds"]


@pytest.fixture
def manifest(mixed_images: list[Path], write_products: Write) -> Path:
    return write_products(mixed_images[:9])


def test_predict_answers_with_its_keys(
    call: Call, fitted_run: Path, manifest: Path, tmp_path: Path
) -> None:
    output, submission = tmp_path / "p.parquet", tmp_path / "s.csv"
    code, answer, _ = call("predict", fitted_run, manifest, "-o", output)
    assert (code, list(answer), answer["submission"]) == (0, KEYS, None)
    code, answer, _ = call(
        "predict", fitted_run, manifest, "-o", output, "--submission", submission
    )
    assert (code, list(answer), answer["submission"]) == (0, KEYS, str(submission))
    assert (answer["rows"], answer["groups"], answer["problems"]) == (9, 3, 0)


def test_people_read_counts_and_names(
    capfd: pytest.CaptureFixture[str], fitted_run: Path, manifest: Path, tmp_path: Path
) -> None:
    output, submission = tmp_path / "p.parquet", tmp_path / "s.csv"
    arguments = ["predict", fitted_run, manifest, "-o", output, "--submission", submission]
    assert run([str(one) for one in arguments]) == 0
    assert capfd.readouterr().out.splitlines() == [
        "9 pictures of 3 products, 0 without an answer.",
        f"Predictions: {output}",
        f"Submission: {submission}",
    ]


@pytest.mark.parametrize(
    ("choices", "reason"),
    [
        (("--pool", "median"), "not by 'median'"),
        (("--pool", "max"), "pool was mean_log, now max"),
    ],
)
def test_wrong_choices_end_with_2(
    call: Call,
    fitted_run: Path,
    manifest: Path,
    tmp_path: Path,
    choices: tuple[str, ...],
    reason: str,
) -> None:
    output = tmp_path / "p.parquet"
    call("predict", fitted_run, manifest, "-o", output)
    code, answer, _ = call("predict", fitted_run, manifest, "-o", output, *choices)
    assert code == 2
    assert reason in answer["error"]["message"]


def test_what_is_no_manifest_and_what_is_no_bundle_end_with_2(
    call: Call, fitted_run: Path, manifest: Path, tmp_path: Path
) -> None:
    output = tmp_path / "p.parquet"
    for bundle, rows in ((tmp_path, manifest), (fitted_run, fitted_run / "predictions.parquet")):
        code, answer, _ = call("predict", bundle, rows, "-o", output)
        assert code == 2
        assert "There is no bundle" in answer["error"]["message"] or "is no manifest" in str(answer)
    assert not output.exists()

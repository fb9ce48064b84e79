"""The OpenAPI document, and the service tried against it."""

import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import pytest

from served import Served, Tokens

HOOKS = """
from datetime import date, timedelta
from pathlib import Path
import schemathesis
from hypothesis import strategies as st

images = [one.read_bytes() for one in sorted(Path({folder!r}).rglob("*.jpg"))[::7]]
bodies = st.sampled_from(images) | st.binary(min_size=1, max_size=200)
for kind in ("image/jpeg", "image/png", "image/webp", "image/gif", "application/octet-stream"):
    schemathesis.openapi.media_type(kind, bodies)
days = st.integers(0, 50 * 365).map(timedelta)
schemathesis.openapi.format("date", days.map(lambda more: str(date.today() + more)))
"""
PATHS = {
    "/v1/classify", "/v1/model", "/live", "/ready", "/metrics", "/operator/model",
    "/v1/uploads", "/v1/uploads/{id}", "/v1/uploads/{id}/image", "/v1/corrections", "/v1/goals",
    "/v1/goals/{id}", "/v1/subjects/{subject}", "/v1/embed-links",
}  # fmt: skip


def test_the_document_names_all_routes_and_its_schemas_are_schemas(open_service: Served) -> None:
    document = open_service.ask("/openapi.json").json()
    assert document["openapi"].startswith("3.1.")
    assert document["paths"].keys() == PATHS
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)


def test_answers_are_as_the_document_says(open_service: Served, fitted_images: Path) -> None:
    document = open_service.ask("/openapi.json").json()
    image = next(iter(sorted(fitted_images.rglob("000*.jpg")))).read_bytes()
    answers = {
        "ServedAnswers": open_service.classify(image, b"no image"),
        "ServedModel": open_service.ask("/v1/model"),
        "ServiceState": open_service.ask("/ready"),
        "Refusal": open_service.ask("/v1/classify", content=b"1"),
    }
    for name, answer in answers.items():
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        jsonschema_rs.Draft202012Validator(schema).validate(answer.json())
    statuses = document["paths"]["/v1/classify"]["post"]["responses"].keys()
    assert statuses == {
        "200", "400", "401", "403", "408", "411", "413", "415", "422", "429", "503",
    }  # fmt: skip


@pytest.mark.slow
def test_schemathesis_finds_nothing(
    open_service: Served, tokens: Tokens, fitted_images: Path, tmp_path: Path
) -> None:
    (tmp_path / "hooks.py").write_text(HOOKS.format(folder=str(fitted_images)))
    done = subprocess.run(
        [
            Path(sys.executable).with_name("st"), "run", f"{open_service.address}/openapi.json",
            "--checks", "all", "--max-examples", "30", "--seed", "1",
            "-H", f"Authorization: Bearer {tokens.operate}",
        ],
        cwd=tmp_path,
        env={"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "17 selected" in done.stdout

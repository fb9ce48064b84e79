"""What an audit says of pictures that decode, and that a person should look at all the same."""

import numpy as np
import polars as pl
import pytest

import pixonomy
from people.conftest import SCENE, fill_all, image, put, save


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    here = tmp_path_factory.mktemp("audits")
    fill_all(here / "in", ("cat", "dog"), 6)
    whole = image("cat", 9, size=96)
    put(here / "in" / "cat" / "extraneous.jpg", whole[:-2] + bytes(range(1, 90)) + whole[-2:])
    put(here / "in" / "cat" / "no-end.jpg", image("cat", 10)[:-2])
    mark = np.zeros(SCENE.shape[:2], np.uint8)
    mark[10:30, 10:50] = 255
    logo = np.dstack([np.full_like(SCENE, 255), mark])
    put(here / "in" / "dog" / "logo.png", save(logo, "PNG"))
    nothing = np.dstack([SCENE, np.full_like(mark, 1)])
    put(here / "in" / "dog" / "nearly-transparent.png", save(nothing, "PNG"))
    pixonomy.index([here / "in"], here / "m.parquet")
    choices = pixonomy.AuditChoices(network="none")
    pixonomy.audit(here / "m.parquet", here / "out", choices)
    return pl.read_parquet(here / "out" / "findings.parquet")


def of(findings: pl.DataFrame, kind: str) -> set[str]:
    return set(findings.filter(kind=kind)["image_id"])


def test_bytes_too_many_are_a_finding(findings: pl.DataFrame) -> None:
    assert of(findings, "damaged") == {"cat/extraneous.jpg"}


def test_a_missing_end_mark_is_none(findings: pl.DataFrame) -> None:
    assert not of(findings, "undecodable")


def test_white_or_transparent_on_white_is_blank_and_says_why(findings: pl.DataFrame) -> None:
    assert of(findings, "blank") >= {"dog/logo.png", "dog/nearly-transparent.png"}
    row = findings.filter(kind="blank", image_id="dog/logo.png")
    assert "white" in str(row.row(0)).lower() or "transparent" in str(row.row(0)).lower()

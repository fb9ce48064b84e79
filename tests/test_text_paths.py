"""The public functions take text wherever they take a path."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

import pixonomy
from pixonomy.text_paths import takes_text


@dataclass(frozen=True)
class Inner:
    root: Path | None = None
    name: str | None = None


@dataclass(frozen=True)
class Choices:
    inner: Inner = field(default_factory=Inner)
    table: Path | None = None
    network: str | Path | None = None


def _told(
    folder: Path, sources: Sequence[Path | str] = (), *, runs: Sequence[Path] = (),
    choices: Choices | None = None, address: str | Path = "", name: str = "",
    on: Path | None = None,
) -> dict[str, Any]:  # fmt: skip
    return {**locals()}


told: Callable[..., dict[str, Any]] = takes_text(_told)


def test_text_and_anything_that_names_a_path_become_paths() -> None:
    got = told("a", on="b")
    assert (got["folder"], got["on"]) == (Path("a"), Path("b"))
    assert type(told(PurePosixPath("a"))["folder"]) is type(Path("a"))
    assert told(folder=Path("a"))["on"] is None


def test_one_in_place_of_a_list_is_a_list_of_one() -> None:
    got = told("a", "photos", runs="run")
    assert (got["sources"], got["runs"]) == (["photos"], [Path("run")])
    got = told("a", [Path("b"), "s3://c"], runs=["d", Path("e")])
    assert (got["sources"], got["runs"]) == ([Path("b"), "s3://c"], [Path("d"), Path("e")])


def test_what_may_be_text_stays_text() -> None:
    assert told("a", address=PurePosixPath("b"))["address"] == Path("b")
    got = told("a", address="s3://bucket", name="x", choices=Choices(network="mobilenet"))
    assert (got["address"], got["name"], got["choices"].network) == (
        "s3://bucket", "x", "mobilenet",
    )  # fmt: skip


def test_fields_of_choices_become_paths_at_any_depth() -> None:
    given: Any = {"root": "pictures", "name": "n"}
    table: Any = "t.csv"
    choices = told("a", choices=Choices(Inner(**given), table))["choices"]
    assert choices == Choices(Inner(Path("pictures"), "n"), Path("t.csv"))
    untouched = Choices()
    assert told("a", choices=untouched)["choices"] is untouched


def test_a_wrong_call_is_a_type_error_as_ever() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'foldr'"):
        told(foldr="a")


def test_verbs_take_text(tmp_path: Path, write_images: Callable[..., Path]) -> None:
    photos = write_images(tmp_path / "photos", 2)
    (tmp_path / "all.csv").write_text("path,label\ncross/000.jpg,plus\n")
    pixonomy.index(str(photos), str(tmp_path / "m.parquet"))
    assert pixonomy.read_manifest(str(tmp_path / "m.parquet")).rows.height == 6
    root: Any = str(photos)
    choices = pixonomy.IndexChoices(pixonomy.TableColumns(root=root))
    output = str(tmp_path / "t.parquet")
    assert pixonomy.index([str(tmp_path / "all.csv")], output, choices)["rows"] == 1

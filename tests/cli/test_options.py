"""`-o s3://…` is refused by every verb that cannot write there; nothing is made of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from pixonomy.arrays.write import ArraySettings
from pixonomy.cli.app import app
from pixonomy.errors import SettingError
from pixonomy.storage.address import require_local
from pixonomy.storage.files import write_text
from pixonomy.studies.study import study
from pixonomy.verbs.audit import audit
from pixonomy.verbs.browse import browse
from pixonomy.verbs.catalogue import draw_catalogue
from pixonomy.verbs.collect import CollectChoices, collect
from pixonomy.verbs.compare import compare
from pixonomy.verbs.demo import demo
from pixonomy.verbs.export import export
from pixonomy.verbs.fit import fit
from pixonomy.verbs.index import index
from pixonomy.verbs.predict import PredictChoices, predict
from pixonomy.verbs.prepare import prepare
from pixonomy.verbs.sample import sample
from pixonomy.verbs.split import split
from pixonomy.verbs.taxonomy import init_taxonomy
from pixonomy.verbs.train import TrainChoices, plan_training, train

Call = Callable[..., tuple[int, Any, str]]


def arguments_of_verbs() -> dict[str, list[str]]:
    """Return, for each verb with an output, the arguments that have to be there."""
    command: Any = typer.main.get_command(app)
    found = {}
    for name, verb in command.commands.items():
        pairs = verb.commands.items() if hasattr(verb, "commands") else [("", verb)]
        for below, one in pairs:
            if not any("-o" in option.opts for option in one.params):
                continue
            words = [name, *([below] if below else [])]
            for option in one.params:
                if option.param_type_name == "argument" and option.required:
                    words.append("thing.parquet")
                elif option.required and "-o" not in option.opts:
                    words += [option.opts[0], "32" if option.name == "size" else "folder"]
            found[" ".join(words[: 1 + bool(below)])] = words
    return found


VERBS = arguments_of_verbs()


def test_every_verb_that_makes_something_is_tried() -> None:
    assert {"index", "split", "prepare", "fit", "train", "predict", "audit"} < VERBS.keys()
    assert {"browse", "sample", "export", "study", "compare", "taxonomy init"} < VERBS.keys()


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "collect"])
def test_an_address_is_no_output(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for address in ("s3://bucket/run", "gs://bucket/run", "https://host/run", "file:///tmp/run"):
        code, result, _ = call(*VERBS[verb], "-o", address)
        assert code == 2
        told = result["error"]["message"]
        assert told.startswith("Cannot write to ")
        assert "\n" not in told
        assert told.endswith(".")
        if address.startswith("file"):
            assert "give the path itself, such as /tmp/run" in told
        else:
            assert f"Cannot write to {address}: results go to a path on this machine" in told
            assert "only `pixonomy collect` writes to s3://" in told
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("address", ["gs://bucket/x", "https://host/x?signature=secret"])
def test_collect_writes_to_s3_alone_and_says_so_before_it_asks_anybody(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.chdir(tmp_path)
    call("taxonomy", "init", "-o", "t.toml")
    code, result, _ = call("collect", "t.toml", "-o", address, "--state", "state")
    assert code == 2
    assert "known are local paths and s3://bucket/key" in result["error"]["message"]
    assert "secret" not in result["error"]["message"]
    code, result, _ = call("collect", "t.toml", "-o", "s3://b/x", "--state", "s3://b/y")
    assert (code, "results go to a path" in result["error"]["message"]) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["t.toml"]


def test_the_functions_refuse_addresses_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_recipe: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    there, here = Path("s3://bucket/run"), Path("thing.parquet")
    submission = PredictChoices(submission=there)
    taxonomy = Path("t.toml")
    init_taxonomy(taxonomy)
    calls: list[Callable[[], object]] = [
        lambda: index([here], there),
        lambda: split(here, there),
        lambda: prepare(here, there, ArraySettings((32,), "pad")),
        lambda: fit([here], there),
        lambda: train(here, there, plan_training(TrainChoices(weights="none"))),
        lambda: predict(here, here, there),
        lambda: predict(here, here, Path("p.parquet"), submission),
        lambda: audit(here, there),
        lambda: browse(here, there),
        lambda: sample(here, there),
        lambda: export(here, there, "folder"),
        lambda: compare([here], there),
        lambda: study(here, there),
        lambda: demo(there),
        lambda: draw_catalogue(there),
        lambda: init_taxonomy(there),
        lambda: collect(taxonomy, there),
        lambda: collect(taxonomy, "s3://b/k", CollectChoices(state=there)),
        lambda: write_text(there, "text"),
    ]
    for one in calls:
        with pytest.raises(SettingError, match="Cannot write to s3://bucket/run: results go"):
            one()
    assert [path.name for path in tmp_path.iterdir()] == ["t.toml"]


@pytest.mark.parametrize("path", ["C:/x", "/tmp/s3:/x", "a/s3:/x", "run", "data:1/x", "a:b"])
def test_paths_with_colons_are_paths(path: str) -> None:
    require_local(Path(path))

"""Every verb's JSON keys and exit codes: the contract that scripts lean on."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import as_bytes, draw_shape
from pixonomy.cli.main import run

Call = Callable[..., tuple[int, Any, str]]

EVALUATION = ["run", "bundle", "report", "images", "categories", "seconds", "test"]
TEST = [
    "n", "accuracy", "accuracy_low", "accuracy_high", "macro_f1", "majority_baseline", "units",
]  # fmt: skip
MANIFEST = [
    "manifest",
    "rows",
    "groups",
    "categories",
    "problems",
    "splits",
    "labels",
    "passed_over",
    "missing",
    "damage",
]
ARRAYS = ["arrays", "rows", "problems", "sizes", "seconds", "images_per_second"]
ANSWER = ["path", "verdict", "label", "name", "confidence", "top", "problem"]


def pixonomy(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pixonomy", *(str(one) for one in arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_index_split_and_prepare_answer_with_their_keys(
    call: Call, fitted_images: Path, tmp_path: Path
) -> None:
    indexed, assigned = tmp_path / "indexed.parquet", tmp_path / "split.parquet"
    code, answer, _ = call("index", fitted_images, "-o", indexed)
    assert (code, list(answer)) == (0, MANIFEST)
    code, answer, said = call("split", indexed, "-o", assigned, "--seed", 1)
    assert (code, list(answer)) == (0, MANIFEST)
    assert list(answer["splits"]) == ["train", "validation", "test"]
    assert "Pictures left out: 1" in said
    arrays = tmp_path / "arrays"
    code, answer, _ = call("prepare", assigned, "--size", 16, "--size", 24, "-o", arrays)
    assert (code, list(answer), answer["sizes"]) == (0, ARRAYS, [16, 24])


def test_train_answers_with_its_keys(call: Call, run_copy: Path, tiny_recipe: Path) -> None:
    arrays = run_copy / "data" / "arrays"
    code, answer, _ = call(
        "train", arrays, "-o", run_copy, "--recipe", tiny_recipe, "--weights", "none"
    )
    assert code == 0
    assert list(answer) == ["run", "bundle", "steps", "seconds", "validation", "device"]
    assert list(answer["validation"]) == ["n", "accuracy", "loss"]


def test_fit_and_evaluate_answer_with_their_keys(
    call: Call, fitted_images: Path, run_copy: Path, tiny_recipe: Path
) -> None:
    choices = ("--recipe", tiny_recipe, "--weights", "none")
    code, fitted, _ = call("fit", fitted_images, "-o", run_copy, *choices)
    assert (code, list(fitted), list(fitted["test"])) == (0, EVALUATION, TEST)
    code, evaluated, _ = call("evaluate", run_copy)
    assert (code, list(evaluated), list(evaluated["test"])) == (0, EVALUATION, TEST)
    assert evaluated["test"] == fitted["test"]


def test_classify_answers_with_its_keys(call: Call, fitted_run: Path, fitted_images: Path) -> None:
    pictures = sorted(fitted_images.glob("stripes/*.jpg"))[:2]
    code, answer, _ = call("classify", fitted_run, *pictures)
    assert (code, list(answer)) == (0, ["images"])
    for image, picture in zip(answer["images"], pictures, strict=True):
        assert list(image) == ANSWER
        assert image["path"] == str(picture)
        assert list(image["top"][0]) == ["label", "name", "confidence"]


def test_classify_of_unreadable_files_alone_fails_and_calls_them_unreadable(
    call: Call, fitted_run: Path, fitted_images: Path, tmp_path: Path
) -> None:
    text, missing = fitted_images / "cross" / "text.jpg", tmp_path / "missing.jpg"
    code, answer, _ = call("classify", fitted_run, text, missing)
    assert (code, list(answer)) == (1, ["images"])
    assert [one["verdict"] for one in answer["images"]] == ["unreadable"] * 2
    assert all(one["label"] is None and one["problem"] for one in answer["images"])
    picture = next(fitted_images.glob("cross/0*.jpg"))
    code, answer, _ = call("classify", fitted_run, text, picture)
    assert code == 0
    assert answer["images"][0]["verdict"] == "unreadable"
    assert answer["images"][1]["verdict"] in ("sure", "unsure", "none")


def test_names_are_shown_without_what_a_terminal_obeys(
    capfd: pytest.CaptureFixture[str], fitted_run: Path, fitted_images: Path, tmp_path: Path
) -> None:
    odd = tmp_path / "red \x1b[31m\nforged line.jpg"
    odd.write_bytes(next(fitted_images.glob("cross/0*.jpg")).read_bytes())
    assert run(["classify", str(fitted_run), str(odd)]) == 0
    (line,) = capfd.readouterr().out.splitlines()
    assert r"red \x1b[31m\nforged line.jpg: " in line
    assert run(["classify", str(odd), str(odd)]) == 2  # it is no bundle
    captured = capfd.readouterr()
    assert "\x1b" not in captured.err
    assert captured.err.count("\n") == 1


def test_damaged_tiffs_are_told_by_us_and_not_by_libtiff(fitted_run: Path, tmp_path: Path) -> None:
    paths = []
    for compression in ("tiff_lzw", "tiff_deflate"):
        data = as_bytes(draw_shape("cross", 1), "TIFF", compression=compression)
        paths.append(tmp_path / f"{compression}.tif")
        paths[-1].write_bytes(data[:8] + b"\xff" * 60 + data[68:])
    for path in paths:
        code = f"from PIL import Image; Image.open({str(path)!r}).load()"
        bare = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        assert not bare.stderr.startswith("Traceback"), "libtiff speaks first"
    done = pixonomy("classify", fitted_run, *paths, "--json")
    assert (done.returncode, done.stderr) == (1, "")
    assert [one["verdict"] for one in json.loads(done.stdout)["images"]] == ["unreadable"] * 2


def test_bench_without_a_name_lists_the_benchmarks(call: Call) -> None:
    code, answer, _ = call("bench")
    assert code == 0
    assert list(answer) == ["benchmarks"]
    assert {"audit", "decode", "index", "loader", "prepare", "train"} <= set(answer["benchmarks"])


def test_an_error_answers_with_kind_and_message(call: Call, tmp_path: Path) -> None:
    code, answer, said = call("classify", tmp_path, tmp_path)
    assert (code, list(answer), list(answer["error"])) == (2, ["error"], ["kind", "message"])
    assert answer["error"]["kind"] == "SettingError"
    assert said == ""


def test_an_error_without_json_is_one_line_on_standard_error(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(["classify", str(tmp_path), "a.jpg"]) == 2
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("pixonomy: There is no bundle at")
    assert captured.err.count("\n") == 1


def test_debug_shows_the_traceback(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["classify", str(tmp_path), "a.jpg", "--debug", "--json"]) == 2
    captured = capfd.readouterr()
    assert "Traceback" in captured.err
    assert json.loads(captured.out)["error"]["kind"] == "SettingError"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fit"], "Missing argument 'sources'. See `pixonomy fit --help`."),
        (["harvest"], "No such command 'harvest'. See `pixonomy --help`."),
        (["fit", ".", "-o", "run", "--speed", "9"], "No such option: --speed"),
        (["fit", ".", "-o", "run", "--size", "big"], "Invalid value for '--size'"),
        (["fit", ".", "-o", "run", "--seed", "-1"], "greater than or equal to 0"),
        (["fit", "."], "--output"),
        (
            ["bench", "speed"],
            "no benchmark 'speed'; known are audit, collect, decode, ",
        ),
    ],
)
def test_a_wrong_call_is_told_and_ends_with_2(
    call: Call, arguments: list[str], message: str
) -> None:
    code, answer, _ = call(*arguments)
    assert code == 2
    assert message in answer["error"]["message"]


@pytest.mark.parametrize("verb", ["fit", "demo", "train", "evaluate"])
def test_a_device_without_a_name_is_refused_before_the_work(
    call: Call, run_copy: Path, tiny_recipe: Path, tmp_path: Path, verb: str
) -> None:
    choices: dict[str, list[object]] = {
        "fit": [run_copy, "-o", tmp_path / "new", "--weights", "none"],
        "demo": ["-o", tmp_path / "new"],
        "train": [run_copy / "data" / "arrays", "-o", tmp_path / "new", "--recipe", tiny_recipe],
        "evaluate": [run_copy],
    }
    code, answer, _ = call(verb, *choices[verb], "--device", "gpu")
    assert code == 2
    assert "device must be auto, cpu, cuda" in answer["error"]["message"]
    assert not (tmp_path / "new").exists()


def test_no_arguments_show_the_help_and_nothing_else(capfd: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    captured = capfd.readouterr()
    assert "Usage" in captured.out + captured.err
    assert "pixonomy: " not in captured.err


@pytest.mark.slow
def test_the_real_command_prints_one_json_object_and_nothing_else(
    fitted_images: Path, run_copy: Path, tiny_recipe: Path
) -> None:
    (run_copy / "bundle" / "bundle.json").unlink()  # so that Keras and the exporter run, too
    choices = ("--recipe", tiny_recipe, "--weights", "none", "--json")
    done = pixonomy("fit", fitted_images, "-o", run_copy, *choices)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    assert list(json.loads(done.stdout)) == EVALUATION


def test_classify_imports_neither_keras_nor_torch(fitted_run: Path, fitted_images: Path) -> None:
    picture = next(fitted_images.glob("cross/0*.jpg"))
    code = f"""
import sys
from pixonomy.cli.main import run
assert run(["classify", {str(fitted_run)!r}, {str(picture)!r}]) == 0
assert run(["evaluate", {str(fitted_run)!r}]) == 0
assert not {{"keras", "torch"}} & sys.modules.keys()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert str(picture) in done.stdout


def test_people_read_lines(
    capfd: pytest.CaptureFixture[str], fitted_run: Path, fitted_images: Path, tmp_path: Path
) -> None:
    picture = next(fitted_images.glob("cross/0*.jpg"))
    assert run(["classify", str(fitted_run), str(picture)]) == 0
    (line,) = capfd.readouterr().out.splitlines()
    assert line.startswith(f"{picture}: ")
    assert "%" in line
    missing = str(tmp_path / "nowhere.jpg")
    assert run(["classify", str(fitted_run), str(picture), missing]) == 0  # one was read
    head, first, second, count = capfd.readouterr().out.splitlines()
    assert head.split() == ["picture", "verdict", "category"]
    assert first.startswith(f"{picture}  ")
    assert "%" in first
    assert second.split(maxsplit=1)[1] == "unreadable  the file is missing"
    assert count.startswith("2 pictures: ")
    assert run(["evaluate", str(fitted_run)]) == 0
    assert "Test accuracy" in capfd.readouterr().out


def test_holding_out_is_told_in_lines_and_with_its_key(
    call: Call, capfd: pytest.CaptureFixture[str], fitted_images: Path, tmp_path: Path
) -> None:
    label = ["cross"] * 6 + ["stripes"] * 6
    source = ["web", "web", "web", "web", "shop", "shop"] * 2
    paths = [f"{name}/{number % 6:03d} à.jpg" for number, name in enumerate(label)]
    rows = zip(paths, label, source, strict=True)
    table = tmp_path / "table.csv"
    table.write_text("\n".join(["path,label,source", *(",".join(row) for row in rows)]))
    indexed, assigned = tmp_path / "indexed.parquet", tmp_path / "split.parquet"
    code, _, _ = call("index", table, "--root", fitted_images, "-o", indexed)
    assert code == 0
    assert run(["split", str(indexed), "--hold-out", "source", "-o", str(assigned)]) == 0
    assert "Held out by source: 1 of 2 for test (shop)." in capfd.readouterr().out
    code, answer, _ = call("split", indexed, "--hold-out", "source", "-o", assigned)
    assert (code, list(answer)) == (0, [*MANIFEST, "held_out"])
    assert answer["splits"]["test"] == 4

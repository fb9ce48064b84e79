"""The notebook runs from its first to its last cell, on a drawn and on a real catalogue."""

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "examples" / "catalogue.ipynb"
PRODUCTS = ROOT / ".." / "shared" / "data" / "products" / "train.bson"


def run_notebook(folder: Path) -> str:
    """Run the notebook in a folder; return what its cells print."""
    notebook = nbformat.read(NOTEBOOK, 4)  # type: ignore[no-untyped-call]
    place = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, timeout=600, kernel_name="python3", resources=place)
    cells = client.execute().cells
    outputs: list[Any] = [one for cell in cells for one in cell.get("outputs", [])]
    return "".join(one["text"] for one in outputs if one["output_type"] == "stream")


def check(folder: Path, printed: str) -> None:
    """Find the page and two tested runs in the folder, and the comparison in what was printed."""
    study = folder / "catalogue-study"
    assert "Contact sheets" in (study / "everything.html").read_text("utf-8")
    accuracy = {}
    for name in ("similar", "different"):
        done = json.loads((study / name / "run" / "evaluation.json").read_text("utf-8"))
        assert done["test"]["n"] > 30
        accuracy[name] = done["test"]["accuracy"]
    told = re.search(r"Similarity costs (-?[\d.]+) points of accuracy, give or take", printed)
    assert told is not None
    assert float(told[1]) == round(100 * (accuracy["different"] - accuracy["similar"]), 1)
    # Four categories: what was learnt is well above chance.
    assert accuracy["different"] > 0.5


@pytest.mark.slow
def test_the_notebook_studies_a_catalogue_that_it_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIXONOMY_CATALOGUE", raising=False)
    printed = run_notebook(tmp_path)
    assert "similar:   COINS, BANKNOTES, PIGGY BANK, COIN JAR" in printed
    check(tmp_path, printed)


@pytest.mark.real_data
@pytest.mark.soak
@pytest.mark.skipif(not PRODUCTS.exists(), reason="the real pictures are not at hand")
def test_the_notebook_studies_real_products(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXONOMY_CATALOGUE", str(PRODUCTS))
    check(tmp_path, run_notebook(tmp_path))


def test_the_notebook_is_stored_without_outputs_and_without_paths_of_one_machine() -> None:
    notebook = nbformat.read(NOTEBOOK, 4)  # type: ignore[no-untyped-call]
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
        assert not re.search(r"""["'(](/|~|[A-Z]:\\)""", cell.source)

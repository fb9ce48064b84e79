"""How right a bundle was on its test images, in a file beside it: `test.json`.

It is no part of `bundle.json`: the digest names the model, which exists before it is tested, and
which predictions and evaluations are recorded under. The file names the digest that it belongs to.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pixonomy.bundle.beside import read_beside
from pixonomy.errors import BundleError
from pixonomy.results.model_results import TestFigures
from pixonomy.storage.files import printable, remove, write_json

TEST_FILE: Final = "test.json"

_SHARES = ("accuracy", "accuracy_low", "accuracy_high", "macro_f1", "majority_baseline")


def write_test_figures(folder: Path, digest: str, figures: TestFigures | None) -> None:
    """Write the figures of the bundle of this digest into its folder; remove them if None."""
    if figures is None:
        remove(folder / TEST_FILE)
    else:
        write_json(folder / TEST_FILE, {"bundle": digest, "test": figures.as_json()})


def read_test_figures(folder: Path, digest: str) -> TestFigures | None:
    """Return what is known of the bundle of this digest; None where it was not tested.

    Raises:
        BundleError: if the file is damaged.
    """
    path = folder / TEST_FILE
    stored = read_beside(path, digest, _damaged(path))
    if stored is None:
        return None
    test: object = stored.get("test")
    if not isinstance(test, dict) or not _are_figures(test):
        raise _damaged(path)
    return TestFigures.from_json(test)


def _are_figures(test: Mapping[str, object]) -> bool:
    shares = [test.get(name) for name in _SHARES]
    counts = [test.get("n"), *([] if test.get("units") is None else [test["units"]])]
    are_shares = all(type(one) in (int, float) and 0 <= one <= 1 for one in shares)  # type: ignore[operator]
    return are_shares and all(type(one) is int and one > 0 for one in counts)


def _damaged(path: Path) -> BundleError:
    return BundleError(
        f"{printable(path)} does not say how the bundle was tested: run `evaluate` again, or "
        "remove it."
    )

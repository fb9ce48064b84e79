import tomllib
from pathlib import Path

import keras
import pytest

from pixonomy.errors import SettingError
from pixonomy.models.keras_version import FIRST, FIRST_UNTESTED, check_keras

PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


@pytest.mark.parametrize("version", [keras.__version__, "3.15", "3.15.9"])
def test_the_tested_versions_pass(version: str) -> None:
    check_keras(version)


@pytest.mark.parametrize("version", ["3.14.9", "3.16.0", "4.0.0", "2.15.0", "nightly"])
def test_other_versions_are_refused_with_what_to_install(version: str) -> None:
    with pytest.raises(SettingError, match=rf"Keras {version} .* 'keras>=3\.15,<3\.16'\."):
        check_keras(version)


def test_the_range_is_the_one_that_is_installed() -> None:
    extras = tomllib.loads(PROJECT.read_text("utf-8"))["project"]["optional-dependencies"]
    low, high = (".".join(map(str, numbers)) for numbers in (FIRST, FIRST_UNTESTED))
    assert f"keras>={low},<{high}" in extras["train"]

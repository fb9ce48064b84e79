"""The script that photographs the page for the README still finds its way through it."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pixonomy.bundle.load import load_bundle
from saving_bundle import GOALS, give_goals
from served import served

SCRIPT = Path(__file__).parents[2] / "tools" / "photograph_pages.py"


@pytest.fixture(scope="module")
def photograph_pages() -> Any:
    spec = importlib.util.spec_from_file_location("photograph_pages", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_screens_stand_side_by_side_in_a_small_file(tmp_path: Path, photograph_pages: Any) -> None:
    screens = [Image.new("RGB", (390, 800), colour) for colour in ("red", "white", "blue")]
    photograph_pages.write(screens, tmp_path / "new" / "page.webp")
    with Image.open(tmp_path / "new" / "page.webp") as image:
        assert image.width == 3 * 320 + 4 * 16
        middle = image.convert("RGB").getpixel((image.width // 2, image.height // 2))
    assert middle == (255, 255, 255)


def test_what_does_not_fit_is_refused(tmp_path: Path, photograph_pages: Any) -> None:
    noise = [Image.effect_noise((600, 1230), 90).convert("RGB")] * 9
    with pytest.raises(SystemExit, match="at most 120,000"):
        photograph_pages.write(noise, tmp_path / "page.webp")


@pytest.mark.slow
def test_it_walks_from_a_picture_to_a_goal(
    fitted_run: Path,
    fitted_images: Path,
    tmp_path: Path,
    browser: Any,
    photograph_pages: Any,
) -> None:
    goals = dict.fromkeys(load_bundle(fitted_run).labels, GOALS["cross"])
    bundle = give_goals(fitted_run, tmp_path / "bundle", goals)
    image = fitted_images / "cross" / "000 à.jpg"
    with served(bundle, tmp_path, "--workers", 1, "--state", tmp_path / "state") as service:
        screens = photograph_pages.photograph(browser, service.address, image)
    assert len(screens) == 3
    assert len({one.tobytes() for one in screens}) == 3

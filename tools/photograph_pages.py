"""Photographs the page of `pixonomy serve` for the README, by Chromium on a phone's screen.

    pixonomy demo -o demo-run
    python tools/photograph_pages.py demo-run/run -o docs/images/goal-page.webp

It serves the bundle, shows it a drawn picture, keeps the goal that is suggested, and puts what can
be seen on the way side by side: the answer, the suggestion, the goal.
"""

import argparse
import io
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

import pixonomy
from pixonomy.gallery.draw_images import draw_fresh

WIDTH, HEIGHT, DENSITY = 390, 800, 1.5
SHOWN, GAP, GROUND = 320, 16, (203, 208, 216)  # pixels a screen is wide, and what is between them
MOST_BYTES = 120_000
MONTHS = 10


def main() -> None:
    """Write one image of three screens."""
    parser = argparse.ArgumentParser()
    parser.add_argument("run", type=Path, help="a run of `pixonomy demo`, or its bundle")
    parser.add_argument("-o", "--output", type=Path, required=True, help="a WebP or PNG file")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        image = choose_image(asked.run, Path(folder) / "fresh")
        with served(asked.run, Path(folder) / "state") as address, opened() as browser:
            screens = photograph(browser, address, image)
    write(screens, asked.output)
    print(f"{asked.output}: {asked.output.stat().st_size:,} bytes")


def choose_image(run: Path, folder: Path) -> Path:
    """Draw pictures that no gallery holds, and return the one that is answered best."""
    classifier, best = pixonomy.load(run), (False, 0.0, Path())
    for path, category in draw_fresh(folder, 12, 1):
        answer = classifier(path)
        first = answer.goals[0] if answer.goals else None
        has_sums = first is not None and first.source and not first.formula
        if answer.label == category and has_sums:
            best = max(best, (answer.verdict == "sure", answer.confidence, path))
    if not best[1]:
        raise SystemExit("The bundle is right on no drawn picture: is it the demo's?")
    return best[2]


@contextmanager
def served(run: Path, state: Path) -> Iterator[str]:
    """Serve a bundle while the block lasts, and yield the address."""
    command = [sys.executable, "-m", "pixonomy", "serve", str(run), "--state", str(state)]
    command += ["--port", "0", "--workers", "1", "--json"]
    log = state.with_suffix(".log")
    with (
        log.open("w") as stream,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stream, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            yield str(json.loads(process.stdout.readline())["address"])
        finally:
            process.terminate()


@contextmanager
def opened() -> Iterator[Browser]:
    """Open Chromium while the block lasts."""
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


def photograph(browser: Browser, address: str, image: Path) -> list[Image.Image]:
    """Walk from a picture to a goal; return the screens of answer, suggestion and goal."""
    screen = ViewportSize(width=WIDTH, height=HEIGHT)
    page = browser.new_page(viewport=screen, device_scale_factor=DENSITY)
    page.goto(address)
    page.set_input_files("#image", image)
    page.check("[name=keep]")
    page.click("#send")
    page.wait_for_selector(".bars")
    screens = [screen_of(page)]
    page.click(".answered button.main")
    page.wait_for_selector("#goal")
    page.click(".card .choice")  # the first kind of goal
    page.wait_for_selector("#suggestion")
    page.locator("#suggestion button[data-fill^=amount]").last.click()
    day = date.today() + timedelta(days=30 * MONTHS)
    page.fill("[name=by]", day.isoformat())
    screens.append(screen_of(page))
    page.click("button.main[name=do]")
    page.wait_for_selector("#more")
    page.fill("#more", "250")
    page.click("#more ~ button")
    page.wait_for_load_state()
    screens.append(screen_of(page))
    page.close()
    return screens


def screen_of(page: Page) -> Image.Image:
    """Return what an open page shows at its top, with no field marked."""
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def write(screens: list[Image.Image], output: Path) -> None:
    """Put screens side by side and write them, as good as fits."""
    height = round(SHOWN * HEIGHT / WIDTH)
    width = GAP + (SHOWN + GAP) * len(screens)
    whole = Image.new("RGB", (width, height + 2 * GAP), GROUND)
    for place, one in enumerate(screens):
        small = one.resize((SHOWN, height), Image.Resampling.LANCZOS)
        whole.paste(small, (GAP + (SHOWN + GAP) * place, GAP))
    output.parent.mkdir(parents=True, exist_ok=True)
    for quality in (90, 80, 70, 60):
        whole.save(output, quality=quality)
        if output.stat().st_size <= MOST_BYTES:
            return
    raise SystemExit(f"{output} has {output.stat().st_size:,} bytes; at most {MOST_BYTES:,}.")


if __name__ == "__main__":
    main()

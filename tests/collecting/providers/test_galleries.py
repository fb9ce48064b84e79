"""Galleries as generators make them that nobody here wrote: sigal (PyPI) and lazygal (Debian)."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from debian_packages import libraries, serve_folder, unpack
from photo_site import QUICK, write_taxonomy
from pixonomy.collecting.known import open_provider
from pixonomy.collecting.provider import Provider
from pixonomy.dataset.manifest import read_manifest
from pixonomy.verbs.collect import CollectChoices, collect
from provider_walk import messages, search_results, walk

pytestmark = pytest.mark.slow

SIGAL = "sigal==2.6.1"
ALBUMS = {"beach": ("At noon", "Grüße & more", "Palm (1)"), "red cars": ("Old", "New")}


def run(*command: str | Path, environment: dict[str, str] | None = None) -> str:
    """Run a program; return what it says, or skip the test where it fails."""
    done = subprocess.run(
        [str(one) for one in command], capture_output=True, text=True, timeout=300, check=False,
        env=environment, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["?"]
        pytest.skip(f"{command[0]} does not work here: {said[-1]}")
    return done.stdout


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(0)
    for album, titles in ALBUMS.items():
        (folder / album).mkdir()
        for title in titles:
            drawn = Image.fromarray(random.integers(0, 256, (9, 12, 3), np.uint8))
            drawn.resize((1200, 900)).save(folder / album / f"{title}.jpg")
    return folder


@pytest.fixture(scope="module")
def sigal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the program, in an environment of its own."""
    folder = tmp_path_factory.mktemp("sigal")
    run(sys.executable, "-m", "venv", folder)
    run(folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check", SIGAL)
    return folder / "bin/sigal"


@pytest.fixture(params=["colorbox", "photoswipe", "galleria"])
def sigal_site(
    request: pytest.FixtureRequest, sigal: Path, images: Path, tmp_path: Path
) -> Iterator[tuple[str, str]]:
    """Yield the theme and the address of a gallery."""
    settings = tmp_path / "sigal.conf.py"
    settings.write_text(
        f"source = {str(images)!r}\ntheme = {request.param!r}\nimg_size = (800, 600)\n"
    )
    run(sigal, "build", "--config", settings, images, tmp_path / "site")
    with serve_folder(tmp_path / "site") as address:
        yield request.param, address


@pytest.fixture(scope="module")
def lazygal_site(images: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("lazygal")
    root, environment = folder, dict(os.environ)
    program = shutil.which("lazygal")
    if program is None:
        root = unpack(folder, "lazygal")
        environment = libraries(root)
        typelibs = [str(one) for one in root.glob("usr/lib/*/girepository-1.0")]
        environment["PYTHONPATH"] = str(root / "usr/lib/python3/dist-packages")
        environment["GI_TYPELIB_PATH"] = ":".join(typelibs)
        program = str(root / "usr/bin/lazygal")
    run("/usr/bin/python3", program, "--quiet", "--original", "-o", folder / "site", images,
        environment=environment)  # fmt: skip
    with serve_folder(folder / "site") as address:
        yield address


def gallery(address: str, **values: str) -> Provider:
    values = {"search": f"{address}/{{keyword}}/", **values}
    return open_provider("html", {**values, "per_second": 500}, None)


def names(provider: Provider, keyword: str) -> list[str]:
    return sorted(
        one.image_url.rpartition("/")[2] for one in search_results(walk(provider, keyword))
    )


def test_sigals_albums_are_read_without_settings(sigal_site: tuple[str, str]) -> None:
    theme, address = sigal_site
    if theme == "galleria":  # a script alone knows its pictures, and it is told so
        pages = walk(gallery(address), "beach")
        assert search_results(pages) == []
        assert "names none by JSON-LD" in messages(pages)[0]
        return
    assert names(gallery(address), "beach") == [
        "At%20noon.jpg", "Gr%C3%BC%C3%9Fe%20&%20more.jpg", "Palm%20(1).jpg",
    ]  # fmt: skip
    assert names(gallery(address), "red cars") == ["New.jpg", "Old.jpg"]


def test_a_collection_from_a_gallery_of_sigals_is_whole(
    sigal_site: tuple[str, str], tmp_path: Path
) -> None:
    theme, address = sigal_site
    if theme == "galleria":
        pytest.skip("its pictures are known to a script alone")
    settings = (
        f'\n[provider.html]\nsearch = "{address}/{{keyword}}/"\nper_second = 500\n'
        'private_hosts = ["127.0.0.1"]\n'
    )
    keywords = {album.replace(" ", "-"): [album] for album in ALBUMS}
    taxonomy = write_taxonomy(tmp_path / "t", keywords, settings)
    choices = CollectChoices(("html",), 9, permission="ours", retry_policy=QUICK)
    result = collect(taxonomy, tmp_path / "out", choices)
    rows = read_manifest(Path(result["manifest"])).rows
    assert sorted(rows["label"]) == ["beach"] * 3 + ["red-cars"] * 2
    assert set(rows["width"]) == {800}, "the pictures, not their thumbnails"


def test_lazygals_pages_lead_to_the_originals(lazygal_site: str) -> None:
    originals = gallery(lazygal_site, links="a:has(> img.media_image)", picture=".original_link a")
    assert names(originals, "beach") == [
        "At%20noon.jpg", "Gr%C3%BC%C3%9Fe%20&%20more.jpg", "Palm%20(1).jpg",
    ]  # fmt: skip


def test_lazygals_albums_say_what_to_set(lazygal_site: str) -> None:
    (sentence,) = messages(walk(gallery(lazygal_site), "beach"))
    assert "shows 3 pictures and names none" in sentence
    assert sentence.endswith("set picture, a CSS selector, or links to pages of pictures")

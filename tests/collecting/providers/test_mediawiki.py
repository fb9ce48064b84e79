"""The real MediaWiki of Debian, in a folder of its own, without the extensions of Commons."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
import pytest
from PIL import Image

from debian_packages import libraries, unpack
from photo_site import QUICK, write_taxonomy
from pixonomy.collecting.known import open_provider
from pixonomy.collecting.provider import Provider
from pixonomy.collecting.search_results import Refused
from pixonomy.dataset.location import locate
from pixonomy.dataset.manifest import read_manifest
from pixonomy.dataset.read import read_all
from pixonomy.images.decode import decode
from pixonomy.verbs.collect import CollectChoices, collect
from provider_walk import messages, search_results, walk

pytestmark = pytest.mark.slow

TITLES = ("Beach at noon", "Beach at dusk", "Sandy beach", "Red car", "Blue car")
MANY = 60  # more than a page of results holds
EXTENSIONS = (
    "calendar", "ctype", "dom", "fileinfo", "gd", "iconv", "intl", "mbstring", "pdo",
    "pdo_sqlite", "sqlite3", "xml", "xmlreader", "simplexml", "tokenizer", "exif",
)  # fmt: skip


class Wiki:
    """A wiki of this machine: where it is, and its settings."""

    def __init__(self, folder: Path) -> None:
        root = unpack(folder, "mediawiki", "php-cli", "php-sqlite3", "php-intl", "php-gd")
        self.site = folder / "site"
        shutil.copytree(root / "usr/share/mediawiki", self.site, symlinks=True)
        for name in ("LocalSettings.php", "config", "images", "extensions"):
            (self.site / name).unlink()  # links to where Debian keeps them
        (self.site / "images").mkdir()
        (self.site / "extensions").mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.base = f"{self.address}/api.php"
        self._php, self._environment = self._command(root), libraries(root)
        self.run(
            "maintenance/install.php", "--dbtype=sqlite", f"--dbpath={folder}/db", "--dbname=wiki",
            f"--server={self.address}", "--scriptpath=", "--pass=a-long-password", "--skins=",
            f"--confpath={self.site}", "Wiki", "Admin",
        )  # fmt: skip
        self.settings = self.site / "LocalSettings.php"
        self.set("$wgEnableUploads = true; $wgUseImageMagick = false; $wgFileExtensions[] = 'svg';")

    def _command(self, root: Path) -> list[str]:
        own = next(root.glob("usr/bin/php[0-9]*"), None)
        if own is None:  # it is installed here
            return [shutil.which("php") or "php"]
        modules = next(root.glob("usr/lib/php/2*"))
        there = [name for name in EXTENSIONS if (modules / f"{name}.so").exists()]
        loaded = [part for name in there for part in ("-d", f"extension={name}")]
        return [str(own), "-n", "-d", f"extension_dir={modules}", *loaded]

    def set(self, line: str) -> None:
        """Add a line to the wiki's settings."""
        with self.settings.open("a") as file:
            file.write(f"\n{line}\n")

    def run(self, script: str, *arguments: str) -> None:
        """Run one of the wiki's scripts; the test is skipped where this PHP cannot."""
        command = [*self._php, str(self.site / script), *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=300, env=self._environment, check=False
        )
        if done.returncode:
            pytest.skip(f"MediaWiki cannot be set up here: {(done.stdout + done.stderr)[-500:]}")

    def serve(self) -> "subprocess.Popen[bytes]":
        """Start the wiki's server and wait for it."""
        command = [*self._php, "-d", "display_errors=0", "-S", f"127.0.0.1:{self.port}", "-t"]
        server = subprocess.Popen(
            [*command, str(self.site)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**self._environment, "PHP_CLI_SERVER_WORKERS": "3"},
        )  # fmt: skip
        for _ in range(100):
            try:
                urlopen(f"{self.base}?action=query&format=json", timeout=10).close()
                return server
            except (URLError, OSError):
                time.sleep(0.1)
        server.kill()
        pytest.skip("PHP's own server does not start here")

    def open(self, **values: object) -> Provider:
        """Return a provider that asks this wiki."""
        return open_provider("commons", {"base_url": self.base, "per_second": 500, **values}, None)


@pytest.fixture(scope="module")
def wiki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wiki]:
    folder = tmp_path_factory.mktemp("wiki")
    made = Wiki(folder)
    images = folder / "pictures"
    images.mkdir()
    random = np.random.default_rng(0)
    for title in (*TITLES, *(f"Palm tree {number}" for number in range(MANY))):
        drawn = Image.fromarray(random.integers(0, 256, (9, 12, 3), np.uint8))
        drawn.resize((800, 600)).save(images / f"{title}.jpg", quality=60)
    (images / "Beach drawn.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/>'
        "</svg>"
    )
    made.run("maintenance/importImages.php", "--comment=A photo", "--extensions=jpg,svg",
             str(images))  # fmt: skip
    server = made.serve()
    yield made
    server.terminate()
    server.wait(30)


def test_a_plain_wiki_is_searched_and_says_what_it_lacks(wiki: Wiki) -> None:
    found = walk(wiki.open(), "beach")
    assert {one.title for one in search_results(found)} == {
        "Beach at noon.jpg", "Beach at dusk.jpg", "Sandy beach.jpg",
    }  # fmt: skip
    assert {one.license for one in search_results(found)} == {""}
    sentences = messages(found)
    assert any("no CirrusSearch extension" in one for one in sentences)
    assert any("no CommonsMetadata extension" in one for one in sentences)
    assert "files that are no photos (PDF, SVG, sound) are passed over" in sentences


def test_a_search_of_several_pages_is_walked_to_its_end(wiki: Wiki) -> None:
    pages = walk(wiki.open(license="CC0"), "palm tree")
    assert len(pages) == 2
    assert len({one.native_id for one in search_results(pages)}) == MANY


def test_thumbnails_are_as_wide_as_set(wiki: Wiki) -> None:
    for one in search_results(walk(wiki.open(width=320), "car")):
        with urlopen(one.image_url, timeout=30) as reply:
            assert Image.open(reply).width == 320
        assert (one.width, one.height) == (800, 600)


def test_a_collection_from_a_wiki_of_ones_own_is_whole(wiki: Wiki, tmp_path: Path) -> None:
    settings = (
        f'\n[provider.commons]\nbase_url = "{wiki.base}"\nper_second = 500\nlicense = "CC BY 4.0"\n'
        'license_url = "https://creativecommons.org/licenses/by/4.0/"\n'
        'private_hosts = ["127.0.0.1"]\n'
    )
    taxonomy = write_taxonomy(tmp_path, {"travel": ["beach"], "cars": ["car"]}, settings)
    result = collect(taxonomy, tmp_path / "out", CollectChoices(per_keyword=9, retry_policy=QUICK))
    rows = read_manifest(Path(result["manifest"])).rows
    assert sorted(rows["label"]) == ["cars"] * 2 + ["travel"] * 3
    assert set(rows["license"]) == {"CC BY 4.0"}
    for _, data in read_all(locate(rows, Path(result["manifest"]).parent)):
        assert isinstance(data, bytes)
        decode(data)


def test_a_wiki_that_may_not_be_read_says_so_with_status_200(wiki: Wiki) -> None:
    before = wiki.settings.read_text()
    wiki.set("$wgGroupPermissions['*']['read'] = false;")
    try:
        with pytest.raises(Refused, match=r"refuses the search \(readapidenied: You need read"):
            walk(wiki.open(), "beach")
    finally:
        wiki.settings.write_text(before)

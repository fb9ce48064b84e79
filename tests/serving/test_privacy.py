"""What is left of a picture and of its saver: nothing without a consent, nothing once deleted.

Searched are all files of the service: its database with log and freed pages, its images, its log,
its temporary folder; and what it has open without a name.
"""

import base64
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest
from PIL import Image, PngImagePlugin

from conftest import as_bytes
from pixonomy.bench.pinned import children
from pixonomy.images.decode import decode
from pixonomy.serving.kept_copy import encode_copy
from pixonomy.state.tokens import TokenStore
from saver_browser import SaverBrowser
from saving_bundle import give_goals
from served import Served, served, wait_until

PIECE = 64
SECRETS = (b"Quokka", b"52.5200", b"holiday at home", b"<script>", b"PK\x03\x04", b"Exif")
"""What pictures of these tests carry beside their pixels."""


@dataclass
class Watched:
    """A service, and every place that it may write to."""

    service: Served
    token: str
    folder: Path

    def ask(self, method: str, path: str, **sent: object) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}"}
        address = self.service.address + path
        return httpx.request(method, address, headers=headers, timeout=60, **sent)  # type: ignore[arg-type]

    def upload(self, subject: str, image: bytes, flags: str = "") -> dict[str, object]:
        sent = {"image": ("holiday at home.jpg", image)}
        answer = self.ask("POST", f"/v1/uploads?subject={subject}{flags}", files=sent)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def files(self) -> dict[str, bytes]:
        found = [
            one for one in self.folder.rglob("*") if one.is_file() and "bundle" not in str(one)
        ]
        return {str(one): one.read_bytes() for one in found}

    def find(self, *wanted: bytes) -> list[tuple[str, bytes]]:
        """Return which of these are in which file."""
        return [(file, one) for file, data in self.files().items() for one in wanted if one in data]

    def unnamed(self) -> list[str]:
        """Return files that are open and have no name any more."""
        pids = [self.service.process.pid, *children(self.service.process.pid)]
        fds = [one for pid in pids for one in Path(f"/proc/{pid}/fd").iterdir()]
        places = [str(one.readlink()) for one in fds if one.is_symlink()]
        return [one for one in places if one.endswith("(deleted)") and "/memfd:" not in one]


@pytest.fixture(scope="module")
def watched(fitted_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watched")
    (folder / "tmp").mkdir()
    token = TokenStore(folder / "state").new("app", "classify")
    options = ("--workers", 1, "--state", folder / "state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder / "tmp"))
        with served(give_goals(fitted_run, folder / "bundle"), folder, *options) as service:
            yield Watched(service, token, folder)


def photograph(seed: int, side: int = 200) -> bytes:
    """Return a JPEG with a place and words in it, and an archive with a page behind it."""
    noise = np.random.default_rng(seed).integers(0, 255, (side, side, 3), np.uint8)
    image, archive, exif = Image.fromarray(noise), io.BytesIO(), Image.Exif()
    exif[0x010E] = "Quokka"
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[29] = "52.5200"
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("page.html", b"<script>Quokka</script>")
    written = as_bytes(image, quality=90, exif=exif, comment=b"holiday at home")
    content = written + archive.getvalue()
    assert all(one in content for one in SECRETS)
    return content


def pieces_of(image: bytes) -> list[bytes]:
    """Return pieces of a picture's bytes, of its pixels, and of all that we encode of it."""
    copy, pixels = encode_copy(image), decode(image)
    forms = [
        image,
        pixels.tobytes(),
        pixels.astype(np.float32).tobytes(),
        copy[copy.index(b"\xff\xda") :],  # before it JPEGs are alike
        base64.b64encode(image),
        base64.b64encode(copy)[1000:],
    ]
    whole = (sha256(one) for one in (image, copy, pixels.tobytes()))
    hashes = [form for one in whole for form in (one.digest(), one.hexdigest().encode())]
    cut = [form[at : at + PIECE] for form in forms for at in range(0, len(form) - PIECE, PIECE)]
    telling = [one for one in cut if len(set(one)) > 20]
    assert len(telling) > 1000
    return [*telling, *hashes]


def named(subject: str) -> list[bytes]:
    """Return a subject as it may be written, with hashes that everybody can compute."""
    clear = subject.encode()
    hashed = [sha256(one) for one in (clear, f"subject:{subject}".encode())]
    digests = [form for one in hashed for form in (one.digest(), one.hexdigest().encode())]
    return [clear, base64.b64encode(clear).rstrip(b"=")[:-1], clear.hex().encode(), *digests]


def test_without_a_consent_neither_picture_nor_saver_is_found_anywhere(watched: Watched) -> None:
    image = photograph(1)
    subject = "maria.silva@example.org"
    assert watched.upload(subject, image)["upload"] is None
    assert watched.ask("GET", f"/v1/goals?subject={subject}").json() == {"goals": []}
    with SaverBrowser(watched.service.address) as person:
        person.show(image)
        assert person.path.startswith("/answer?a=")
        cookie = person.client.cookies["pixonomy_saver"].encode()
    bad = watched.upload(subject, image[:3000])  # what cannot be read leaves nothing, either
    assert bad["upload"] is None
    assert len(watched.files()) >= 2
    wait_until(lambda: b"/answer" in watched.service.log.read_bytes())
    assert watched.find(*pieces_of(image), *named(subject), cookie, *SECRETS) == []
    assert watched.unnamed() == []
    assert list((watched.folder / "tmp").rglob("*.*")) == []


def test_what_is_kept_is_the_copy_alone_and_after_deletion_nothing(watched: Watched) -> None:
    image, subject = photograph(2), "joao.souza@example.org"
    upload = watched.upload(subject, image, "&keep=true&improve=true")["upload"]
    goal = {"name": "Wombat trip", "amount": 1234.5, "label": "cross", "upload": upload}
    assert watched.ask("POST", f"/v1/goals?subject={subject}", json=goal).status_code == 200
    words = {"upload": upload, "label": None, "text": "a numbat burrow"}
    assert watched.ask("POST", f"/v1/corrections?subject={subject}", json=words).status_code == 200
    copy = encode_copy(image)
    pieces = [one for one in pieces_of(image) if one not in copy]
    assert watched.find(*pieces, *named(subject), *SECRETS) == []
    written = (b"Wombat trip", b"a numbat burrow")
    assert {one for _, one in watched.find(*written)} == set(written)
    (kept,) = [data for file, data in watched.files().items() if file.endswith(".jpg")]
    assert kept == copy
    served_copy = watched.ask("GET", f"/v1/uploads/{upload}/image?subject={subject}")
    assert served_copy.content == copy
    assert "holiday" not in str(served_copy.headers)
    assert watched.ask("DELETE", f"/v1/subjects/{subject}").status_code == 204
    gone = (*pieces_of(image), *named(subject), *written, str(upload).encode())
    assert watched.find(*gone) == []
    assert watched.unnamed() == []


def test_deleting_a_goal_or_everything_by_the_page_leaves_nothing(watched: Watched) -> None:
    image = photograph(3)
    with SaverBrowser(watched.service.address) as person:
        person.show(image, keep="yes", improve="yes")
        person.send("form:has(#text)", {"text": "a bilby farm"})
        person.send("#goal", {"name": "Potoroo", "amount": "77777"}, "do=keep")
        assert person.words("h1") == "Potoroo"
        cookie = person.client.cookies["pixonomy_saver"]
        assert watched.find(b"Potoroo") != []
        person.get("/forget").send()
        assert "Everything is deleted" in person.words()
    key = sha256(f"cookie:{cookie}".encode())
    owned = (cookie.encode(), key.digest(), key.hexdigest().encode())
    assert watched.find(*pieces_of(image), *owned, b"bilby", b"Potoroo", b"77777") == []


def text_chunks(image: Image.Image) -> bytes:
    about = PngImagePlugin.PngInfo()
    about.add_text("Comment", "Quokka")
    about.add_itxt("XML:com.adobe.xmp", "<x>Quokka 52.5200</x>")
    return as_bytes(image, "PNG", pnginfo=about)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "TIFF"])
def test_other_kinds_of_files_are_kept_without_what_they_carry(watched: Watched, kind: str) -> None:
    noise = np.random.default_rng(5).integers(0, 255, (60, 80, 3), np.uint8)
    image = Image.fromarray(noise)
    exif = Image.Exif()
    exif[0x010E] = "Quokka"
    carried: dict[str, dict[str, object]] = {
        "WEBP": {"exif": exif, "xmp": b"Quokka"},
        "GIF": {"comment": b"Quokka"},
        "TIFF": {"description": "Quokka"},
    }
    content = text_chunks(image) if kind == "PNG" else as_bytes(image, kind, **carried[kind])
    content += b"<script>Quokka</script>"
    given = watched.upload("someone", content, "&keep=true")
    assert given["has_image"] is True
    copy = watched.ask("GET", f"/v1/uploads/{given['upload']}/image?subject=someone").content
    with Image.open(io.BytesIO(copy)) as found:
        assert (found.format, found.size) == ("JPEG", (80, 60))
        assert found.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert watched.find(b"Quokka", b"<script>") == []
    assert watched.ask("DELETE", "/v1/subjects/someone").status_code == 204


def test_the_processes_that_see_pictures_know_no_secret(watched: Watched) -> None:
    for pid in children(watched.service.process.pid):
        known = psutil.Process(pid).environ()
        assert not any("TOKEN" in one or "DATABASE" in one or "AWS" in one for one in known), known
        opened = [one.path for one in psutil.Process(pid).open_files()]
        assert not [one for one in opened if "state" in one]

"""A service begins, ends and tells what it should, and nothing else."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from conftest import as_bytes
from served import Tokens, served, wait_until

REQUESTS, IMAGES = 4, 2


@pytest.fixture(scope="module")
def slow_image() -> bytes:
    """Return an image that takes a worker about a tenth of a second."""
    rows = np.arange(3000, dtype=np.uint8)
    return as_bytes(Image.fromarray(rows[None, :] ^ rows[:, None]), "PNG")


def test_what_is_asked_is_answered_before_it_ends(
    fitted_run: Path, tmp_path: Path, slow_image: bytes
) -> None:
    with (
        served(fitted_run, tmp_path, "--workers", 1) as service,
        ThreadPoolExecutor(REQUESTS) as pool,
    ):
        asked = [pool.submit(service.classify, *[slow_image] * IMAGES) for _ in range(REQUESTS)]
        web = psutil.Process(service.process.pid)
        wait_until(
            lambda: sum(one.status == "ESTABLISHED" for one in web.net_connections()) >= REQUESTS
        )
        time.sleep(0.1)  # what came in has been read
        began = time.monotonic()
        assert not all(one.done() for one in asked)
        assert service.end() == 0
        assert time.monotonic() - began < 20
        wait(asked)
        answers = [one.result() for one in asked]
        assert [one.status_code for one in answers] == [200] * REQUESTS
        assert all(len(one.json()["images"]) == IMAGES for one in answers)
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", int(service.address.rpartition(":")[2])))


def test_the_log_holds_nothing_by_which_a_person_is_known(
    fitted_run: Path, tmp_path: Path, tokens: Tokens, fitted_images: Path
) -> None:
    image = next(iter(sorted(fitted_images.rglob("000*.jpg"))))
    with served(fitted_run, tmp_path, "--workers", 1, "--state", tokens.state) as service:
        headers = {
            "authorization": f"Bearer {tokens.classify}",
            "x-forwarded-for": "198.51.100.7",
            "user-agent": "Maria's phone",
        }
        name = "me in Rome.jpg"
        files = [("image", (name, image.read_bytes()))]
        assert service.ask("/v1/classify", files=files, headers=headers).status_code == 200
        service.ask("/v1/classify?name=Maria", headers=headers)
        service.ask("/home/maria/me.jpg", headers=headers)
        bad = {**headers, "content-type": "multipart/form-data; boundary=x"}
        service.ask("/v1/classify", content=b"--x\r\nmaria\x00:", headers=bad)
        with socket.create_connection(
            ("127.0.0.1", int(service.address.rpartition(":")[2]))
        ) as connection:
            connection.sendall(b"GET /maria maria\r\n\r\n")
            assert b" 400 " in connection.recv(1000)
        assert service.end() == 0
        lines, text = service.lines(), service.log.read_text("utf-8").lower()
    for secret in ("maria", "rome", "127.0.0.1", "198.51.100.7", tokens.classify, "phone"):
        assert secret.lower() not in text
    requests = [one for one in lines if one["event"] == "request"]
    assert [(one["route"], one["status"], one["images"]) for one in requests] == [
        ("/v1/classify", 200, 1),
        ("/v1/classify", 405, 0),
        ("other", 404, 0),
        ("/v1/classify", 400, 0),
    ]
    assert len({str(one["request_id"]) for one in requests}) == 4
    assert {"event": "refused", "status": 400, "kind": "malformed"}.items() <= lines[-1].items()

"""Many requests and many swaps of the model: nothing is lost, mixed up or kept in memory."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from pixonomy.bench.http_load import Connection, Reply, Server, connect, post, run_load
from pixonomy.bench.pinned import children, resident_megabytes
from pixonomy.bundle.answer import classify_images
from pixonomy.bundle.load import BUNDLE_FILE, MODEL_FILE, find_bundle, load_bundle, seal
from pixonomy.inference.session import LOGITS
from pixonomy.serving.bundle_store import BundleStore
from pixonomy.storage.files import hash_file
from served import Served, Tokens, served

CONNECTIONS, PAUSE = 4, 0.01  # seconds between an answer and the next request of its connection
FLAT = 1.05
DAMAGED = "ab" * 32


def write_other_bundle(bundle: Path, folder: Path) -> Path:
    """Write a bundle of the same labels whose network prefers the first of them by far."""
    shutil.copytree(bundle, folder)
    model = onnx.load(folder / MODEL_FILE)
    (last,) = [node for node in model.graph.node if LOGITS in node.output]
    (bias,) = [one for one in model.graph.initializer if one.name in last.input]
    raised = numpy_helper.to_array(bias) + np.array([9, 0, 0], np.float32)
    bias.CopyFrom(numpy_helper.from_array(raised, bias.name))
    onnx.save(model, folder / MODEL_FILE)
    about = json.loads((folder / BUNDLE_FILE).read_text("utf-8"))
    del about["digest"]
    about["hashes"] = {MODEL_FILE: hash_file(folder / MODEL_FILE)}
    (folder / BUNDLE_FILE).write_text(json.dumps(seal(about)), "utf-8")
    return folder


def write_damaged_bundle(bundle: Path, folder: Path) -> None:
    """Write a bundle under a digest that is not its own."""
    shutil.copytree(bundle, folder / DAMAGED)
    about = json.loads((folder / DAMAGED / BUNDLE_FILE).read_text("utf-8"))
    changed = json.dumps(about | {"digest": DAMAGED})
    (folder / DAMAGED / BUNDLE_FILE).write_text(changed, "utf-8")


@dataclass
class Endurance:
    """Requests over some connections while models are swapped, and memory as it went on.

    Attributes:
        replies: to each image, by its place.
        swaps: the digest asked for, and the status of the answer.
        web, worker: megabytes, of the web process and of each worker at the end of its time.
    """

    service: Served
    images: list[bytes]
    token: str
    requests: int
    replies: list[tuple[int, Reply]] = field(default_factory=list)
    swaps: list[tuple[str, int]] = field(default_factory=list)
    web: list[float] = field(default_factory=list)
    worker: list[float] = field(default_factory=list)
    is_swapping: bool = False

    def __post_init__(self) -> None:
        host, _, port = self.service.address.removeprefix("http://").rpartition(":")
        self.server = Server(host, int(port))

    async def ask(self) -> None:
        """Send images, one after another, until there were enough and no swap is under way."""
        connection = await connect(self.server)
        while self.is_swapping or len(self.replies) < self.requests:
            place = len(self.replies) % len(self.images)
            request = post("/v1/classify", self.images[place], "image/jpeg")
            status, body = await connection.ask(request)
            self.replies.append((place, Reply(status, 0.0, body)))
            await asyncio.sleep(PAUSE)
        connection.close()

    async def swap(self, digests: Iterator[str]) -> None:
        """Have the service load one model after another, weighing it before each."""
        connection = await connect(self.server)
        for digest in digests:
            await asyncio.sleep(0.2)
            self.weigh()
            self.swaps.append((digest, await self._load(connection, digest)))
        connection.close()
        self.is_swapping = False

    async def _load(self, connection: Connection, digest: str) -> int:
        body = json.dumps({"digest": digest}).encode()
        token = f"authorization: Bearer {self.token}\r\n"
        status, _ = await connection.ask(post("/operator/model", body, "application/json", token))
        return status

    def weigh(self) -> None:
        """Note what web process and worker have in memory."""
        process = self.service.process.pid
        self.web.append(resident_megabytes(process))
        self.worker.append(resident_megabytes(children(process)[-1]))

    async def run(self, digests: Iterator[str]) -> list[Reply]:
        """Ask and swap at once; then ask on, for the worker that stays."""
        self.is_swapping = True
        asked = (self.ask() for _ in range(CONNECTIONS))
        await asyncio.gather(self.swap(digests), *asked)
        self.weigh()
        self.requests += len(self.replies)
        await asyncio.gather(*(self.ask() for _ in range(CONNECTIONS)))
        self.weigh()
        return [reply for _, reply in self.replies]


def expect(bundle: Path, images: list[bytes]) -> list[tuple[str, str | None, float]]:
    """Return verdict, label and confidence of each image, as the library has them."""
    return [
        (one.verdict, one.label, one.confidence)
        for one in classify_images(load_bundle(bundle), images)
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("requests", "swaps"), [(200, 6), pytest.param(10_000, 100, marks=pytest.mark.soak)]
)
def test_no_answer_is_lost_or_another_models_over_many_swaps_and_memory_stays_flat(
    fitted_run: Path, fitted_images: Path, tokens: Tokens, tmp_path: Path, requests: int, swaps: int
) -> None:
    models = tmp_path / "models"
    store, bundle = BundleStore(models), find_bundle(fitted_run)
    first = store.add(bundle).digest
    other = store.add(write_other_bundle(bundle, tmp_path / "other")).digest
    write_damaged_bundle(bundle, models)
    images = [path.read_bytes() for path in sorted(fitted_images.rglob("00[0-3]*.jpg"))]
    expected = {digest: expect(models / digest, images) for digest in (first, other)}
    assert all(a != b for a, b in zip(*expected.values(), strict=True)), "they can be told apart"
    digests = islice(cycle([other, first, DAMAGED, other, DAMAGED, first]), swaps)
    options = ("--workers", 1, "--state", tokens.state, "--models", models)
    with served(models / first, tmp_path, *options) as service:
        work = Endurance(service, images, tokens.operate, requests)
        replies = run_load(work.run(digests))
        assert service.end() == 0
    assert {reply.status for reply in replies} == {200}
    assert len(replies) >= 2 * requests
    answered = set()
    for place, reply in work.replies:
        answer = json.loads(reply.body)
        (row,) = answer["images"]
        given = (row["verdict"], row["label"], row["confidence"])
        assert given == pytest.approx(expected[answer["model"]][place])
        answered.add(answer["model"])
    assert answered == {first, other}
    wanted = [(digest, 409 if digest == DAMAGED else 200) for digest, _ in work.swaps]
    assert work.swaps == wanted
    assert len(wanted) == swaps
    begun = len(work.web) // 3  # when all that is loaded once has been
    assert max(work.web[begun:]) <= FLAT * work.web[begun], work.web
    assert max(work.worker[1:]) <= FLAT * work.worker[1], work.worker
    assert not [line for line in service.lines() if "worker_died" in line.values()]

"""What does it cost to read ranges of an object in S3? A line a client and round, as JSON.

    python benchmarks/object_store.py
    python benchmarks/object_store.py --rounds 5 --reads 5000 --mebibytes 1024

CPU milliseconds and seconds of this process, all threads, without the server: `range_cpu_ms` of a
read of 8 KiB at random, one after the other, and `gb_cpu_s` of 10^9 bytes in reads of 8 MiB. The
server is another process, which has an object in memory, ranges, ETags and If-Match, and looks at
no signature. s3fs, where it is installed, takes turns with `pixonomy.storage.s3`.
"""

import argparse
import json
import multiprocessing
import os
import random
import time
from collections.abc import Callable
from importlib.util import find_spec
from multiprocessing.connection import Connection
from typing import Any

ADDRESS = "s3://bucket/object"
SIZE = 64 * 1024**2
SMALL, LARGE = 8 * 1024, 8 * 1024**2  # bytes
WARM = 20  # reads that are not counted

Read = Callable[[int, int], bytes | memoryview]


def serve(port: Connection) -> None:
    """Serve one object of random bytes at a port that is sent back; never returns."""
    import asyncio
    import socket

    from aiohttp import web

    data = random.Random(1).randbytes(SIZE)
    about = {"ETag": '"1"', "Last-Modified": "Mon, 30 Nov 2026 08:00:00 GMT"}

    async def answer(request: web.Request) -> web.Response:
        if request.method == "HEAD":
            return web.Response(headers={**about, "Content-Length": str(SIZE)})
        if request.headers.get("If-Match", '"1"') != '"1"':
            return web.Response(status=412)
        asked = request.http_range
        start, stop = asked.start or 0, min(asked.stop or SIZE, SIZE)
        span = {"Content-Range": f"bytes {start}-{stop - 1}/{SIZE}"}
        return web.Response(status=206, headers=about | span, body=data[start:stop])

    application = web.Application()
    application.router.add_route("*", "/bucket/object", answer)
    listening = socket.create_server(("127.0.0.1", 0))
    port.send(listening.getsockname()[1])
    web.run_app(application, sock=listening, print=None, loop=asyncio.new_event_loop())


def open_ours() -> Read:
    from pixonomy.storage.s3 import open_remote

    return open_remote(ADDRESS).read


def open_s3fs() -> Read:
    import s3fs

    files: Any = s3fs.S3FileSystem()
    return lambda offset, length: bytes(files.cat_file(ADDRESS, start=offset, end=offset + length))


CLIENTS = {"pixonomy": open_ours, "s3fs": open_s3fs}


def measure(read: Read, reads: int, mebibytes: int) -> dict[str, float]:
    """Return what reads cost."""
    chance = random.Random(2)
    for _ in range(WARM):
        read(0, SMALL)
    begun, clock = time.process_time(), time.perf_counter()
    for _ in range(reads):
        assert len(read(chance.randrange(SIZE - SMALL), SMALL)) == SMALL
    small, small_wall = time.process_time() - begun, time.perf_counter() - clock
    count = mebibytes * 1024**2 // LARGE
    begun, clock = time.process_time(), time.perf_counter()
    for number in range(count):
        assert len(read(number * LARGE % SIZE, LARGE)) == LARGE
    large, large_wall = time.process_time() - begun, time.perf_counter() - clock
    gb = count * LARGE / 1e9
    return {
        "range_cpu_ms": round(small / reads * 1000, 3),
        "range_wall_ms": round(small_wall / reads * 1000, 3),
        "gb_cpu_s": round(large / gb, 3),
        "gb_wall_s": round(large_wall / gb, 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--reads", type=int, default=2000)
    parser.add_argument("--mebibytes", type=int, default=512)
    asked = parser.parse_args()
    here, there = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    server = context.Process(target=serve, args=(there,), daemon=True)
    server.start()
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{here.recv()}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
    }
    readers = {
        name: opened() for name, opened in CLIENTS.items() if name != "s3fs" or find_spec(name)
    }
    for number in range(1, asked.rounds + 1):
        for name, read in readers.items():
            line = {"client": name, "round": number}
            print(json.dumps(line | measure(read, asked.reads, asked.mebibytes)), flush=True)
    server.terminate()


if __name__ == "__main__":
    main()

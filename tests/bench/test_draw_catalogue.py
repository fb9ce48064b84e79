"""The benchmarks that take pictures run on a small scale, and clean up behind themselves."""

import tempfile
from pathlib import Path

import bson
import pytest

from conftest import MakeOnce
from pixonomy.bench.bench_decode import bench_decode
from pixonomy.bench.bench_index import bench_index
from pixonomy.bench.bench_prepare import bench_prepare
from pixonomy.bench.draw_catalogue import read_products, write_catalogue
from pixonomy.bench.memory import watch, watch_memory
from pixonomy.errors import DataError
from pixonomy.progress import Context
from pixonomy.sources.bson.write_bson import ProductImages, write_bson


@pytest.fixture(scope="session")
def catalogue(make_once: MakeOnce) -> Path:
    def write(folder: Path) -> None:
        write_bson(folder / "small.bson", read_products(None)[:20])

    return make_once("catalogue", write) / "small.bson"


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_a_catalogue_is_repeated_under_new_ids_until_it_is_large_enough(
    catalogue: Path, tmp_path: Path
) -> None:
    products = read_products(catalogue)
    size = write_catalogue(tmp_path / "large.bson", products, 100)
    assert (tmp_path / "large.bson").stat().st_size == size
    documents = bson.decode_all((tmp_path / "large.bson").read_bytes())
    assert [one["_id"] for one in documents] == list(range(len(documents)))
    assert sum(len(one["imgs"]) for one in documents) >= 100
    for document, product in zip(documents, products, strict=False):
        assert [one["picture"] for one in document["imgs"]] == list(product.images)
        assert document["category_id"] == product.category_id


def test_a_catalogue_without_products_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.bson").touch()
    with pytest.raises(DataError, match="holds no products"):
        read_products(tmp_path / "empty.bson")


def test_index_is_measured_beside_pymongo_and_cat(catalogue: Path, nothing_is_left: Path) -> None:
    walk, verb, memory, projection, tiny = bench_index(Context(), catalogue, size=1_000_000)
    assert walk.unit == "products/s"
    assert walk.yardsticks[0].name.startswith("bson.decode_file_iter")
    assert verb.yardsticks[0].name == "3 s + 1.1 times cat > /dev/null"
    assert 20 < memory.figure < 2000
    assert min(projection.figure, tiny.figure, tiny.yardsticks[0].figure) > 0
    assert list(nothing_is_left.iterdir()) == []


def test_decode_is_measured_beside_three_others_and_a_careful_resize(catalogue: Path) -> None:
    speed, *differences = bench_decode(Context(), catalogue, images=6)
    assert speed.work == "180 x 180 JPEG to 100 px, one core"
    assert len(speed.yardsticks) == 3
    assert min(speed.figure, *(one.figure for one in speed.yardsticks)) > 0
    assert all(0 < one.figure < 5 for one in differences)


def test_prepare_is_measured_beside_work_that_keeps_nothing(
    catalogue: Path, nothing_is_left: Path
) -> None:
    direct, buckets, memory = bench_prepare(Context(1), catalogue, images=60)
    assert [len(one.yardsticks) for one in (direct, buckets, memory)] == [2, 1, 2]
    assert min(direct.figure, buckets.figure, memory.figure) > 0
    assert list(nothing_is_left.iterdir()) == []


def test_memory_of_a_command_and_its_children_is_seen() -> None:
    child = "import time; held = b'x' * 90_000_000; time.sleep(0.3)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    assert watch(["python3", "-c", code]).anonymous_bytes > 80_000_000
    with pytest.raises(DataError, match="failed"):
        watch(["python3", "-c", "import sys; sys.exit('no')"])


def test_memory_of_this_process_is_seen_while_the_block_runs() -> None:
    with watch_memory() as peak:
        held = b"x" * 50_000_000
    assert peak.anonymous_bytes > len(held)


def test_products_without_a_category_are_read_too(tmp_path: Path) -> None:
    write_bson(tmp_path / "test.bson", [ProductImages(1, None, [b"data"])])
    assert read_products(tmp_path / "test.bson") == [ProductImages(0, 0, [b"data"])]

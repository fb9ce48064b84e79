import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

from pixonomy.dataset.manifest import Manifest, conform
from pixonomy.images.image_hash import LUMA_HASH
from pixonomy.near_duplicates.hashes import find_duplicate_groups, group_duplicates
from pixonomy.sources.folder import index_folder


def draw(seed: int) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 7, 3), np.uint8)
    return Image.fromarray(coarse).resize((210, 150), Image.Resampling.BICUBIC)


def encode(image: Image.Image, format: str) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format)
    return stream.getvalue()


def index(folder: Path) -> Manifest:
    return Manifest(
        conform(index_folder(folder, folder).rows.drop("modified_ns")), folder, {"a": 1}
    )


def by_uri(manifest: Manifest, column: str) -> dict[str, str | None]:
    return dict(manifest.rows.select("uri", column).iter_rows())


def make_folder(folder: Path) -> Path:
    (folder / "cat").mkdir(parents=True)
    for name, data in {
        "a.png": encode(draw(1), "PNG"),
        "b.png": encode(draw(1), "PNG"),  # the same bytes
        "c.bmp": encode(draw(1), "BMP"),  # the same picture in other bytes
        "d.jpg": encode(draw(2), "JPEG"),
        "blank.png": encode(Image.new("RGB", (30, 30), "white"), "PNG"),
        "red.png": encode(Image.new("RGB", (30, 30), "red"), "PNG"),
        "text.jpg": b"no picture",
        "void.jpg": b"",
    }.items():
        (folder / "cat" / name).write_bytes(data)
    (folder / "cat" / "gone1.jpg").symlink_to("nowhere")
    (folder / "cat" / "gone2.jpg").symlink_to("nowhere")
    return folder


def test_copies_form_a_group_called_after_its_first_picture(tmp_path: Path) -> None:
    groups = by_uri(group_duplicates(index(make_folder(tmp_path))), "duplicate_group")
    duplicates = {"cat/a.png", "cat/b.png", "cat/c.bmp"}
    assert {uri for uri, group in groups.items() if group == "cat/a.png"} == duplicates
    assert {group for uri, group in groups.items() if uri not in duplicates} == {None}


def test_unreadable_pictures_become_rows_with_a_problem(tmp_path: Path) -> None:
    problems = by_uri(group_duplicates(index(make_folder(tmp_path))), "problem")
    assert {uri: problem for uri, problem in problems.items() if problem} == {
        "cat/gone1.jpg": "the file is missing",
        "cat/gone2.jpg": "the file is missing",
        "cat/text.jpg": "not a picture in a known format",
        "cat/void.jpg": "an empty file: copy it again from where it came from",
    }


def test_everything_else_stays_as_it_was(tmp_path: Path) -> None:
    before = index(make_folder(tmp_path))
    after = group_duplicates(before)
    filled = ["sha256", "perceptual_hash", "duplicate_group", "problem"]
    assert after.rows.drop(filled).equals(before.rows.drop(filled))
    assert (after.base, after.fingerprint) == (before.base, before.fingerprint)
    # Links that lead nowhere and empty files are problems already, and are not read.
    assert after.rows["sha256"].null_count() == before.rows["problem"].count() == 3


def test_rows_that_have_a_hash_are_not_read_again(tmp_path: Path) -> None:
    first = group_duplicates(index(make_folder(tmp_path)))
    for path in (tmp_path / "cat").iterdir():
        path.unlink()
    assert group_duplicates(first).rows.equals(first.rows)


def test_hashes_of_an_earlier_kind_are_made_anew_only_beside_those_of_today(
    tmp_path: Path,
) -> None:
    first = group_duplicates(index(make_folder(tmp_path)))
    ungrouped = first.rows.with_columns(duplicate_group=pl.lit(None, pl.String))
    older = pl.col("perceptual_hash").str.strip_prefix(LUMA_HASH)
    all_older = replace(first, rows=ungrouped.with_columns(older))
    again = group_duplicates(all_older)
    assert by_uri(again, "perceptual_hash") == by_uri(all_older, "perceptual_hash")
    assert by_uri(again, "duplicate_group") == by_uri(first, "duplicate_group")
    is_first = pl.col("uri") == "cat/a.png"
    one_older = pl.when(is_first).then(older).otherwise("perceptual_hash")
    mixed = group_duplicates(replace(first, rows=ungrouped.with_columns(one_older)))
    assert by_uri(mixed, "perceptual_hash") == by_uri(first, "perceptual_hash")
    assert by_uri(mixed, "duplicate_group") == by_uri(first, "duplicate_group")


def test_progress_ends_at_the_number_of_pictures(
    write_images: Callable[..., Path], tmp_path: Path
) -> None:
    calls: list[tuple[int, int]] = []
    manifest = index(write_images(tmp_path, 30))
    group_duplicates(manifest, progress=lambda _, done, total: calls.append((done, total)))
    assert calls[:2] == [(64, 90), (90, 90)]


def test_several_workers_find_what_one_finds(
    write_images: Callable[..., Path], tmp_path: Path
) -> None:
    manifest = index(write_images(tmp_path, 90))
    assert group_duplicates(manifest, 2).rows.equals(group_duplicates(manifest, 1).rows)


def test_a_manifest_without_rows_stays_empty(tmp_path: Path) -> None:
    empty = Manifest(conform(pl.DataFrame({"image_id": []})), tmp_path)
    assert group_duplicates(empty).rows.height == 0


def find(proved: list[str | None] | None = None, **columns: list[str | None]) -> list[str | None]:
    rows = conform(pl.DataFrame(columns))
    duplicates = pl.Series(proved or [None] * rows.height, dtype=pl.String)
    return find_duplicate_groups(rows, duplicates).to_list()


def test_being_a_copy_is_transitive() -> None:
    groups = find(
        image_id=["p", "q", "r", "s"],
        sha256=["1", "1", "2", "3"],
        proved=[None, "q", "q", None],
    )
    assert groups == ["p", "p", "p", None]


def test_groups_that_were_marked_before_survive_and_take_in_equal_pictures() -> None:
    groups = find(
        image_id=["p", "q", "r", "s", "t", "u", "v"],
        sha256=["1", "2", "2", "3", "4", "4", None],
        duplicate_group=["marked", "marked", None, None, None, None, "alone"],
    )
    assert groups == ["marked", "marked", "marked", None, "t", "t", None]

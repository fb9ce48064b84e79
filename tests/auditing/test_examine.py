import io
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

from pixonomy.auditing.examine import MEASURED, ExamineTask, examine_images
from pixonomy.dataset.location import Location
from pixonomy.images.handmade_features import HandMadeEmbedder
from pixonomy.storage.address import Address


def write(path: Path, seed: int, format: str = "JPEG") -> Location:
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 7, 3), np.uint8)
    image = Image.fromarray(coarse).resize((210, 150), Image.Resampling.BICUBIC)
    stream = io.BytesIO()
    image.save(stream, format)
    path.write_bytes(stream.getvalue())
    return Location(path.name, Address(path))


def test_rows_come_in_the_order_of_the_task_whatever_the_order_of_the_files(
    tmp_path: Path,
) -> None:
    locations = [write(tmp_path / name, place) for place, name in enumerate("cab")]
    packed = tmp_path / "packed"
    packed.write_bytes(b"".join(Path(str(one.file)).read_bytes() for one in locations))
    lengths = [Path(str(one.file)).stat().st_size for one in locations]
    ranges = [
        Location(one.image_id, Address(packed), sum(lengths[:place]), lengths[place])
        for place, one in enumerate(locations)
    ]
    apart = examine_images(ExamineTask(locations))
    together = examine_images(ExamineTask(ranges[::-1]))
    assert apart.measured.schema == pl.Schema(MEASURED)
    assert apart.measured.equals(together.measured.reverse())
    assert apart.embeddings.shape == (3, 0)


def test_what_is_no_picture_has_a_reason_and_a_vector_of_zeros(tmp_path: Path) -> None:
    fine = write(tmp_path / "a", 1)
    (tmp_path / "text").write_bytes(b"no picture")
    broken, gone = (Location(name, Address(tmp_path / name)) for name in ("text", "gone"))
    seen = examine_images(ExamineTask([gone, fine, broken], HandMadeEmbedder()))
    problems = ["the file is missing", None, "not a picture in a known format"]
    assert seen.measured["problem"].to_list() == problems
    assert seen.measured["sha256"][0] == "unread:gone"
    assert seen.embeddings.any(axis=1).tolist() == [False, True, False]
    assert np.isfinite(seen.embeddings).all()


def test_damage_and_white_logos_are_measured(tmp_path: Path) -> None:
    fine = write(tmp_path / "a", 1)
    data = (tmp_path / "a").read_bytes()
    (tmp_path / "odd").write_bytes(data[:-2] + b"\1\2\3\4\5\6" + data[-2:])
    logo = Image.new("RGBA", (60, 60), (255, 255, 255, 0))
    logo.paste((255, 255, 255, 255), (20, 20, 40, 40))
    logo.save(tmp_path / "logo", "PNG")
    locations = [fine, *(Location(name, Address(tmp_path / name)) for name in ("odd", "logo"))]
    seen = examine_images(ExamineTask(locations)).measured
    assert [bool(one) for one in seen["damage"]] == [False, True, False]
    assert "extraneous bytes" in seen["damage"][1]
    assert seen["vanishes"].to_list() == [False, False, True]
    assert seen["problem"].null_count() == 3


def test_nothing_to_look_at_is_a_table_without_rows() -> None:
    seen = examine_images(ExamineTask([], HandMadeEmbedder()))
    assert seen.measured.schema == pl.Schema(MEASURED)
    assert seen.measured.height == 0

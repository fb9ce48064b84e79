"""Exports a shard as a WebDataset tar.

Each image is a sample: its bytes as they are; `.json` with label, group_id, image_id, split;
and `.cls` with the number of its label, as WebDataset's own decoder wants it.
"""

import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path

from pixonomy.errors import UndecodableImage
from pixonomy.exporting.export_shard import Shard
from pixonomy.images.endings import ending_of
from pixonomy.storage.files import write_aside


def write_tar(shard: Shard, path: Path, classes: Mapping[str, int]) -> dict[int, str]:
    """Write a shard to `path`, whole or not at all.

    Args:
        classes: the number of each label.

    Returns:
        What is wrong with the images that are left out, by their place in the rows.
    """
    problems: dict[int, str] = {}
    with (
        write_aside(path) as partial,
        tarfile.open(partial, "w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for place, fetched in shard.read():
            row = shard.rows.row(place, named=True)
            if isinstance(fetched, UndecodableImage):
                problems[place] = str(fetched)
                continue
            key = f"{shard.first + place:09d}"
            ending = ending_of(fetched, row["member"] or row["uri"])
            about = {name: row[name] for name in ("label", "group_id", "image_id", "split")}
            _add(archive, key + ending, fetched)
            if row["label"] is not None:
                _add(archive, f"{key}.cls", str(classes[row["label"]]).encode())
            _add(archive, f"{key}.json", json.dumps(about, ensure_ascii=False).encode())
    return problems


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    # Times and owners stay empty: the same images give the same bytes.
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))

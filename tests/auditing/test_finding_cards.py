from pathlib import Path

import pytest

from pixonomy.auditing.finding_cards import name_file
from pixonomy.dataset.location import Location
from pixonomy.storage.address import Address

BASE = Path("/data/pictures")


@pytest.mark.parametrize(
    ("location", "name"),
    [
        (Location("a", Address(BASE / "car" / "a.jpg"), 0, 900), "car/a.jpg"),
        (Location("a", Address(Path("/elsewhere/a.jpg"))), "/elsewhere/a.jpg"),
        (Location("a", Address(None, "s3://bucket/a.jpg")), "s3://bucket/a.jpg"),
        (Location("a", Address(BASE / "all.tar"), 1_536, 900), "all.tar, byte 1,536"),
        (Location("a", Address(BASE / "all.zip"), 77, 9, "car/a.jpg"), "all.zip, car/a.jpg"),
    ],
)
def test_a_file_is_named_from_the_base_with_its_place_in_an_archive(
    location: Location, name: str
) -> None:
    assert name_file(location, BASE) == name

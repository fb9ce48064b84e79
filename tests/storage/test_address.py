"""One type names what lies on this machine and what lies in S3."""

import pickle
from pathlib import Path

import pytest

from pixonomy.storage.address import Address, is_remote


def test_addresses_are_told_from_paths() -> None:
    assert is_remote("s3://bucket/key")
    assert is_remote("https://host/key")
    assert not is_remote("s3:/bucket/key")
    assert not is_remote("folder/file.bson")


@pytest.mark.parametrize("named", ["folder/file.bson", Path("folder/file.bson"), "s3:/bucket/key"])
def test_a_path_is_on_this_machine(named: Path | str) -> None:
    address = Address.parse(named)
    assert address == Address(Path(named))
    assert (address.is_remote, address.path, address.url) == (False, Path(named), "")
    assert str(address) == str(named)


def test_an_object_is_not() -> None:
    address = Address.parse("s3://bucket/a b/train.BSON")
    assert (address.is_remote, address.path) == (True, None)
    assert (str(address), address.name) == ("s3://bucket/a b/train.BSON", "train.BSON")
    assert address.suffix == ".bson"


def test_nothing_is_neither() -> None:
    nothing = Address(None)
    assert (nothing.is_remote, nothing.path, str(nothing), nothing.suffix) == (False, None, "", "")


def test_it_is_a_key_and_goes_to_other_processes() -> None:
    one = Address.parse("s3://bucket/key")
    assert {one: 1}[pickle.loads(pickle.dumps(one))] == 1

import pytest

from pixonomy.sources.passed_over import PassedOver, ending_of_name


@pytest.mark.parametrize(
    ("name", "reason"),
    [("a.TXT", ".txt"), ("a", "no ending"), (".a", "no ending"), ("a.", "other endings"),
     ("a.tar.gz", ".gz"), ("a.jpg?w=640", "other endings"), ("a." + "x" * 13, "other endings")],
)  # fmt: skip
def test_reasons_are_short_endings(name: str, reason: str) -> None:
    assert ending_of_name(name) == reason


def test_what_is_no_picture_is_counted_by_reason() -> None:
    others = PassedOver()
    read = {"a": b"\xff\xd8\xff\xe0", "b": b"hello there"}.get
    assert others.is_meant("1.JPG", False, "a", None)
    assert others.is_meant("1", False, "a", lambda member: read(member, b""))
    for name, inside, member in (
        ("1", False, "b"), ("1.txt", False, "a"), ("1.jpg", True, "a"), ("~$1.jpg", False, "a"),
    ):  # fmt: skip
        assert not others.is_meant(name, inside, member, lambda member: read(member, b""))
    assert others.counts == {"no ending": 1, ".txt": 1, "hidden or system files": 2}


def test_formats_that_are_not_read_and_tables_are_told() -> None:
    others = PassedOver()
    others.is_meant("1.heic", False, b"", None)
    others.is_meant("2.heic", False, b"", None)
    others.is_meant("metadata.csv", False, b"", None)
    heic, table = others.sentences()
    assert heic.startswith("Passed over because Pixonomy does not read them: a HEIC picture (2")
    assert "metadata.csv" in table


def test_reasons_do_not_grow_without_end() -> None:
    others = PassedOver()
    for number in range(1000):
        others.add(f".x{number}")
    assert len(others.counts) == 201
    assert others.counts.total() == 1000

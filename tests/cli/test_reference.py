from pathlib import Path

from pixonomy.cli.reference import write_reference

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference.md"


def test_the_reference_tells_what_the_commands_are() -> None:
    assert REFERENCE.read_text("utf-8") == write_reference(), "run `make reference`"

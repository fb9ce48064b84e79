import errno

import pytest

from pixonomy.storage.refusal import find_refusal


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError("27648 requested and 8064 written"),
        OSError("No space left on device (os error 28)"),
        RuntimeError("parquet: underlying IO error: No space left on device (os error 28)"),
        RuntimeError("Can't write data (file write failed: errno = 28, error message = ...)"),
        RuntimeError("database or disk is full"),
    ],
    ids=str,
)
def test_a_full_disk_is_known_by_every_library_s_words(error: Exception) -> None:
    refused = find_refusal(error)
    assert refused is not None
    assert refused.errno == errno.ENOSPC


def test_other_errors_are_no_refusals() -> None:
    assert find_refusal(ValueError("28 is no size")) is None
    broken = OSError("no file at all")
    assert find_refusal(broken) is broken

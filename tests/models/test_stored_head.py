from pathlib import Path

import numpy as np
import pytest

from pixonomy.errors import DataError
from pixonomy.models.stored_head import read_head


def test_a_head_is_read_in_half_precision(tmp_path: Path) -> None:
    kernel = np.random.default_rng(0).normal(size=(4, 1000))
    np.savez(tmp_path / "x_head.npz", kernel=kernel, bias=np.arange(1000))
    head = read_head(tmp_path / "x_head.npz", 4)
    assert [one.dtype.name for one in head] == ["float16", "float32"]
    np.testing.assert_allclose(head.kernel, kernel, atol=1e-2)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 nonsense", {"kernel": np.zeros(3)}, {"bias": np.zeros(1000)}]
)
def test_what_holds_no_head_is_refused(content: object, tmp_path: Path) -> None:
    path = tmp_path / "x_head.npz"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.savez(path, **content)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="holds no kernel and bias"):
        read_head(path, 4)


def test_the_head_of_another_network_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "x_head.npz", kernel=np.zeros((5, 1000)), bias=np.zeros(1000))
    with pytest.raises(DataError, match="belongs to another network"):
        read_head(tmp_path / "x_head.npz", 4)

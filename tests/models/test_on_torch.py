import os
import subprocess
import sys

import pytest

from pixonomy.models.on_torch import on_torch

pytest.importorskip("jax")


def test_on_pytorch_a_function_is_called_where_it_is() -> None:
    assert on_torch(os.getpid) == os.getpid()


@pytest.mark.slow
def test_beside_jax_a_function_is_called_where_keras_runs_on_pytorch() -> None:
    script = (
        "import os; from pixonomy.models.on_torch import on_torch\n"
        "if __name__ == '__main__':\n"
        "    print(on_torch(os.getpid) != os.getpid(), on_torch(os.getenv, 'KERAS_BACKEND'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["True", "torch"], done.stderr[-1000:]

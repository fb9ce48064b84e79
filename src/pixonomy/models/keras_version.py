"""Refuses versions of Keras whose private parts, which this package leans on, are untested.

It leans on: the tensor of a variable (`_value`: fused, fold, optimizer, step, device) and of a
convolution's kernel (`_kernel`: fused, fold), an optimizer's state (`_momentums`, `_velocities`,
`_iterations`, `_trainable_variables`, `_get_variable_index`, `_model_variables_moving_average` and
its update: optimizer), the order of a model's operations (`_nodes_by_depth`: program), and the
addresses of weights in `keras.applications` (pretrained). A minor release may change any of them,
and a network would then train or answer otherwise without an error.
"""

import re

from pixonomy.errors import SettingError

FIRST, FIRST_UNTESTED = (3, 15), (3, 16)
"""The tested versions: from the first up to, but without, the second; as in pyproject.toml."""


def check_keras(version: str) -> None:
    """Refuse a version of Keras that the private parts were not tested with.

    Raises:
        SettingError: saying what to install.
    """
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if numbers is None or not FIRST <= (int(numbers[1]), int(numbers[2])) < FIRST_UNTESTED:
        low, high = (f"{major}.{minor}" for major, minor in (FIRST, FIRST_UNTESTED))
        raise SettingError(
            f"Keras {version} is installed, on whose inner parts Pixonomy was not tested: "
            f"pip install 'keras>={low},<{high}'."
        )

"""Several processes that train one network on JAX: joining them, and arrays that span them.

Each process has one device. Every host holds all weights; a batch is laid over all of them, so that
the mean of its losses, BatchNorm's statistics and the gradients are those of the whole batch.
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pixonomy.errors import SettingError
from pixonomy.progress import Hosts

if TYPE_CHECKING:
    import jax

_AXIS = "hosts"


def join(hosts: Hosts) -> None:
    """Wait for the other processes; before JAX computes anything.

    Raises:
        SettingError: if JAX is not what Keras runs on, or the others cannot be found.
    """
    if hosts.world == 1:
        return
    from pixonomy.models.backend import BACKEND

    if BACKEND != "jax":
        raise SettingError("Several hosts train on JAX: set KERAS_BACKEND=jax on each of them.")
    import jax

    jax.config.update("jax_cpu_collectives_implementation", "gloo")  # of no effect on a GPU
    try:
        jax.distributed.initialize(hosts.coordinator, hosts.world, hosts.rank)
    except Exception as error:  # it has no error of its own
        reason = str(error).partition("\n")[0]
        raise SettingError(
            f"The hosts did not come together at {hosts.coordinator}: {reason}."
        ) from error


class Mesh:
    """The devices of all hosts, one each, in a row.

    Attributes:
        whole: how arrays lie that each host has whole.
    """

    def __init__(self) -> None:
        """Take the devices as JAX knows them."""
        import jax
        from jax.sharding import AxisType, NamedSharding, PartitionSpec

        # "Auto": the compiler finds out how what lies between lies, Keras's own layers included.
        mesh = jax.make_mesh((jax.process_count(),), (_AXIS,), (AxisType.Auto,))
        self.whole = NamedSharding(mesh, PartitionSpec())
        self._shared = NamedSharding(mesh, PartitionSpec(_AXIS))
        self._jax = jax

    def lay(self, own_part: npt.NDArray[np.generic]) -> "jax.Array":
        """Return a batch of which this host has a part, (n, …), as one array, (hosts * n, …)."""
        return self._jax.make_array_from_process_local_data(self._shared, own_part)

    def spread(self, value: "jax.Array") -> "jax.Array":
        """Return a value that all hosts have alike as one that belongs to all."""
        shape = value.shape
        return self._jax.make_array_from_single_device_arrays(shape, self.whole, [value])

    def take(self, value: "jax.Array") -> "jax.Array":
        """Undo `spread`: return this host's own copy."""
        return value.addressable_data(0)

"""Networks in Keras: built, trained step by step, and asked, on PyTorch or JAX.

Keras chooses its backend, and OpenMP how its threads wait, when they are first loaded; so this
package sets both before any of its modules can load them. What the user has set stays.
"""

import os
import sys

if "keras" not in sys.modules:
    os.environ.setdefault("KERAS_BACKEND", "torch")

_SPINS = "10000"  # some tenths of a millisecond: longer than the gaps between a network's kernels

# A thread that waits at a barrier burns its core for many milliseconds before it sleeps: beside
# other work the thread that it waits for does not get that core meanwhile.
if "torch" not in sys.modules and not {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"} & os.environ.keys():
    os.environ["GOMP_SPINCOUNT"] = _SPINS  # GNU's OpenMP, on Linux
    os.environ.setdefault("KMP_BLOCKTIME", "1")  # LLVM's, on macOS: milliseconds

"""Names and settings go in; Keras models come out.

Keras chooses its backend when it is first imported, so this package sets it before any of its
modules can import Keras.
"""

import os
import sys

if "keras" not in sys.modules:
    os.environ.setdefault("KERAS_BACKEND", "torch")

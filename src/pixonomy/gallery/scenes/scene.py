"""What a scene is: how its subject is drawn and where it belongs, for composing."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pixonomy.gallery.pen import Pen

Draw = Callable[[Pen, np.random.Generator], None]


@dataclass(frozen=True)
class Scene:
    """A subject and where it belongs.

    `draw` paints the subject within x = -1..1 and y = -`height`..0; `backdrops` names the places
    where it is usually seen; `floats` says that it hangs in the air; `lean` is how far, in
    degrees, it may tilt; `anywhere` says that it may turn up in other places too.
    """

    draw: Draw
    height: float
    backdrops: tuple[str, ...]
    floats: bool = False
    lean: float = 4.0
    anywhere: bool = True

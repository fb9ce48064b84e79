"""What can go wrong with the state: it cannot be used, somebody was faster, or it is too much."""

from pixonomy.errors import PixonomyError
from pixonomy.state.saver_records import SavedGoal


class StateUnavailable(PixonomyError):
    """The database or the store of images cannot be used now; the same call may succeed later."""


class StaleGoal(PixonomyError):
    """The goal was changed since the caller read it.

    Attributes:
        current: the goal as it is now.
    """

    def __init__(self, current: SavedGoal) -> None:
        """Say which version there is."""
        super().__init__(
            f"This goal was changed meanwhile; it is at version {current.version} now."
        )
        self.current = current


class OnceMismatch(PixonomyError):
    """The idempotency key was used before, for another request or for what is deleted since."""


class TooMuchKept(PixonomyError):
    """A saver has as many goals, or uploads, as may be kept of one."""

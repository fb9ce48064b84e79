"""Requests about what is kept that get no answer, and what theirs says beside the others'."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from pixonomy.results.serving_results import Failure
from pixonomy.serving.api_errors import RequestRefused
from pixonomy.serving.saver_api.kept_json import describe_goal
from pixonomy.state.saver_records import SavedGoal


@dataclass
class FieldsRefused(RequestRefused):
    """A form or JSON object with fields that cannot be taken: 422.

    Attributes:
        fields: one sentence for each, by the field's name.
    """

    fields: Mapping[str, str] = field(default_factory=dict)

    def failure(self) -> Failure:
        """Name the fields, too."""
        return replace(super().failure(), fields=self.fields)


@dataclass
class StaleRefused(RequestRefused):
    """A change to a goal that was changed meanwhile: 409.

    Attributes:
        current: the goal as it is now.
    """

    current: SavedGoal | None = None

    def failure(self) -> Failure:
        """Show the goal as it is now, too."""
        if self.current is None:
            return super().failure()
        current = describe_goal(self.current, datetime.now(UTC).date())
        return replace(super().failure(), current=current)

"""Types of JSON values, for what is read from a file or from the network."""

from typing import TypeAlias

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
"""What `json.loads` returns: of unknown form until it is checked."""

JsonObject: TypeAlias = dict[str, Json]

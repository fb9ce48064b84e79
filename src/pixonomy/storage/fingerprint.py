"""Compares an artefact's fingerprint with the wanted one: finished, to be made, or refused."""

from collections.abc import Mapping

from pixonomy.errors import ArtefactDiffers

Fingerprint = Mapping[str, object]
"""What an artefact was made from: hashes of its inputs and all settings, as plain JSON."""


def is_finished(
    name: str, found: Fingerprint | None, wanted: Fingerprint, overwrite: bool = False
) -> bool:
    """Decide whether the artefact called `name` can be taken as it is.

    Args:
        name: the artefact's path, for the message.
        found: the fingerprint stored with it; None where there is no such artefact.
        wanted: the fingerprint it should have.
        overwrite: replace an artefact of other settings instead of refusing.

    Returns:
        True if it exists with the wanted fingerprint; False if it has to be made.

    Raises:
        ArtefactDiffers: if it exists with another fingerprint and `overwrite` is not set.
    """
    if found is None:
        return False
    differences = describe_differences(found, wanted)
    if not differences:
        return True
    if overwrite:
        return False
    raise ArtefactDiffers(
        f"{name} exists and was made otherwise: {'; '.join(differences)}. "
        "Choose another name, or replace it with --overwrite."
    )


def describe_differences(found: Fingerprint, wanted: Fingerprint) -> list[str]:
    """Name each setting that differs, with both values, nested settings by dotted name."""
    before, after = _flatten(found), _flatten(wanted)
    return [
        f"{key} was {_shorten(before.get(key))}, now {_shorten(after.get(key))}"
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]


def _flatten(content: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in content.items():
        if isinstance(value, Mapping):
            flat |= _flatten(value, f"{prefix}{key}.")
        else:
            # JSON knows no tuples: compare what a stored fingerprint would hold.
            flat[f"{prefix}{key}"] = list(value) if isinstance(value, tuple) else value
    return flat


def _shorten(value: object) -> str:
    text = "not set" if value is None else str(value)
    return text if len(text) <= 40 else f"{text[:12]}…"

"""A folder of bundles, each in a folder that bears its digest: what a service can be swapped to."""

import json
import re
from contextlib import suppress
from pathlib import Path
from shutil import copyfile

from pixonomy.errors import SettingError
from pixonomy.storage.files import printable, storage_errors, write_aside
from pixonomy.storage.locks import lock_folder

_BUNDLE_FILE, _MODEL_FILE, _TEST_FILE = "bundle.json", "model.onnx", "test.json"
_DIGEST = re.compile("[0-9a-f]{64}")
_LARGEST_DESCRIPTION = 16 << 20


class BundleStore:
    """Bundles by their digest. A bundle in it is never changed: another has another digest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def digests(self) -> list[str]:
        """Return the digests of all bundles, in order; folders of other names are passed over.

        Raises:
            StorageError: if the folder cannot be read.
        """
        with storage_errors(self._folder):
            names = [one.name for one in self._folder.iterdir()] if self._folder.exists() else []
        return sorted(name for name in names if self._holds(name))

    def find(self, digest: str) -> Path:
        """Return the folder of the bundle of a digest; whoever loads it checks all of it.

        Raises:
            SettingError: if there is none, or something else bears its name.
        """
        if not self._holds(digest):
            raise SettingError(
                f"There is no bundle {digest[:64]!r} in {printable(self._folder)}: it holds "
                f"{len(self.digests())}."
            )
        return self._folder / digest

    def add(self, bundle: Path) -> str:
        """Copy a bundle in, or the bundle of a run; return its digest.

        Raises:
            SettingError: if there is no bundle.
            BundleError: if it cannot be trusted.
            StorageError: if it cannot be written.
        """
        from pixonomy.bundle.load import find_bundle, load_bundle  # with ONNX Runtime

        digest, source = load_bundle(bundle).about["digest"], find_bundle(bundle)
        if not self._holds(digest):
            with lock_folder(self._folder), write_aside(self._folder / digest) as partial:
                partial.mkdir()
                for name in (_MODEL_FILE, _BUNDLE_FILE):
                    copyfile(source / name, partial / name)
                with suppress(FileNotFoundError):
                    copyfile(source / _TEST_FILE, partial / _TEST_FILE)
                load_bundle(partial)  # as it has arrived
        return digest

    def _holds(self, digest: str) -> bool:
        return bool(_DIGEST.fullmatch(digest)) and _read_digest(self._folder / digest) == digest


def _read_digest(folder: Path) -> str | None:
    """Return what a `bundle.json` says of itself; None where there is no such file."""
    with suppress(OSError, ValueError, RecursionError):
        path = folder / _BUNDLE_FILE
        if path.is_file() and path.stat().st_size <= _LARGEST_DESCRIPTION:
            content: object = json.loads(path.read_bytes())
            digest = content.get("digest") if isinstance(content, dict) else None
            return digest if isinstance(digest, str) else None
    return None

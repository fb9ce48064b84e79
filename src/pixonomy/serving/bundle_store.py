"""A folder of bundles, each in a folder that bears its digest: what a service can be swapped to."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from shutil import copyfile

from pixonomy.bundle.calibration_time import TIME_FILE
from pixonomy.errors import PixonomyError, SettingError
from pixonomy.results.bundle_results import AddedBundleResult, StoredBundle
from pixonomy.storage.files import printable, storage_errors, write_aside
from pixonomy.storage.locks import lock_folder

_BUNDLE_FILE, _MODEL_FILE = "bundle.json", "model.onnx"
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

    def add(self, bundle: Path) -> AddedBundleResult:
        """Copy a bundle in, or the bundle of a run, and its test figures where it has some.

        Raises:
            SettingError: if there is no bundle, or something else bears its name in the folder.
            BundleError: if it cannot be trusted, or what is there already under its digest.
            StorageError: if it cannot be written.
        """
        from pixonomy.bundle.load import find_bundle, load_bundle  # with ONNX Runtime
        from pixonomy.bundle.test_figures import read_test_figures, write_test_figures

        digest, source = load_bundle(bundle).about["digest"], find_bundle(bundle)
        test, place = read_test_figures(source, digest), self._folder / digest
        with lock_folder(self._folder):
            is_new = not place.exists()
            if is_new:
                _copy(source, place)
            elif load_bundle(place).about["digest"] != digest:
                raise SettingError(f"{printable(place)} holds another bundle: remove it.")
            if test is not None:  # it may have been tested since
                write_test_figures(place, digest, test)
        return AddedBundleResult(
            digest=digest,
            bundle=printable(place),
            models=printable(self._folder),
            is_new=is_new,
        )

    def facts(self) -> Iterator[StoredBundle]:
        """Load each bundle and yield what it is, or why it cannot be used, in order of digests.

        Raises:
            StorageError: if the folder cannot be read.
        """
        for digest in self.digests():
            try:
                yield _load_facts(self._folder / digest, digest)
            except PixonomyError as error:
                yield StoredBundle(
                    digest=digest, categories=None, size=None, accuracy=None, problem=str(error)
                )

    def _holds(self, digest: str) -> bool:
        return bool(_DIGEST.fullmatch(digest)) and _read_digest(self._folder / digest) == digest


def _copy(source: Path, place: Path) -> None:
    from pixonomy.bundle.load import load_bundle  # with ONNX Runtime

    with write_aside(place) as partial:
        partial.mkdir()
        for name in (_MODEL_FILE, _BUNDLE_FILE):
            copyfile(source / name, partial / name)
        if (source / TIME_FILE).is_file():
            copyfile(source / TIME_FILE, partial / TIME_FILE)
        load_bundle(partial)  # as it has arrived


def _load_facts(folder: Path, digest: str) -> StoredBundle:
    from pixonomy.bundle.load import load_bundle  # with ONNX Runtime
    from pixonomy.bundle.test_figures import read_test_figures

    bundle, test = load_bundle(folder), read_test_figures(folder, digest)
    return StoredBundle(
        digest=digest,
        categories=len(bundle.labels),
        size=bundle.resize_spec.size,
        accuracy=None if test is None else test.accuracy,
        problem=None,
    )


def _read_digest(folder: Path) -> str | None:
    """Return what a `bundle.json` says of itself; None where there is no such file."""
    with suppress(OSError, ValueError, RecursionError):
        path = folder / _BUNDLE_FILE
        if path.is_file() and path.stat().st_size <= _LARGEST_DESCRIPTION:
            content: object = json.loads(path.read_bytes())
            digest = content.get("digest") if isinstance(content, dict) else None
            return digest if isinstance(digest, str) else None
    return None

"""The error tree: every failure a person can meet, each reported in one sentence.

PixonomyError                 exit code 1
├── DataError                 the images do not allow it (none found, one category only, …)
│   └── UndecodableImage      these bytes are no image; becomes a row with a problem
├── BundleError               the bundle is damaged, changed or of another version
├── StorageError              the disk is full, the folder cannot be read or written
├── ArtefactInUse             another run is making the same result
└── SettingError              exit code 2: the call or a setting is wrong
    └── ArtefactDiffers       the same name holds a result of other inputs or settings
"""


class PixonomyError(Exception):
    """Root of all failures that Pixonomy reports as one sentence."""

    exit_code = 1

    @property
    def kind(self) -> str:
        """The class name: what scripts read as `error.kind`."""
        return type(self).__name__


class DataError(PixonomyError):
    """The images or rows at hand do not allow what was asked."""


class UndecodableImage(DataError):
    """Bytes that cannot be turned into pixels within the limits."""


class BundleError(PixonomyError):
    """A bundle that cannot be trusted: damaged, incomplete, changed or of another version."""


class StorageError(PixonomyError):
    """The file system refused: no space, no permission, no such folder."""


class ArtefactInUse(PixonomyError):
    """Another run, here or on another machine, is making the artefact of that name."""


class SettingError(PixonomyError):
    """The call or a setting is wrong: says what was expected and what was received."""

    exit_code = 2


class ArtefactDiffers(SettingError):
    """An artefact of that name exists and was made from other inputs or settings."""

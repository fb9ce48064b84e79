"""The folder of a run as an artefact: whose it is, and what an earlier training left in it."""

from pixonomy.storage.artefact import FolderArtefact
from pixonomy.storage.files import remove
from pixonomy.storage.fingerprint import Fingerprint
from pixonomy.training.run import RunFolder

STAGE = "train"


def found_training(folder: RunFolder) -> Fingerprint | None:
    """Return what the run in `folder` is made from; None for a new folder or a run not yet begun.

    Raises:
        SettingError: if the folder holds other people's files.
    """
    found = training_artefact(folder).fingerprint()
    # A run that ended before its first checkpoint (a wrong weights file, say) binds nobody.
    is_begun = any(path.exists() for path in (folder.result, folder.latest, folder.probe))
    return found if is_begun else None


def training_artefact(folder: RunFolder) -> FolderArtefact:
    """Return the run as an artefact; `fit` has its data in the same folder."""
    about, checkpoints = folder.about.name, folder.latest.parent.name
    return FolderArtefact(
        folder.path, STAGE, about, about, ours=("data", "words"), within=(checkpoints,)
    )


def clear_training(folder: RunFolder) -> None:
    """Remove what an earlier training left, and nothing that lies beside it."""
    ours = (
        folder.result, folder.history, folder.events, folder.probe, folder.latest.parent,
        folder.bundle,
    )  # fmt: skip
    shown = (folder.predictions, folder.evaluation, folder.report, folder.card)
    # The description goes last: a kill in between must not leave a folder nobody owns.
    for path in (*ours, *shown, folder.about):
        remove(path)

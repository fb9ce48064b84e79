"""A tree of the folders of a source, each with the number of images directly in it."""

from dataclasses import dataclass, field

FEW = 0.1
"""Of the images: so many may lie beside a folder that wraps the others."""
WRAPS = frozenset(
    "image images img imgs picture pictures pic pics photo photos jpg jpeg png jpegimages".split()
)
"""Folders called so, alone with their images, are no category."""
_MOST_LOOSE = 1 / 3  # of the images: more, and a folder with folders in it is a category


@dataclass
class Folder:
    """A folder inside a source.

    Attributes:
        images: how many lie directly in it.
    """

    images: int = 0
    folders: dict[str, "Folder"] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many images lie in it and below."""
        return self.images + sum(folder.total for folder in self.folders.values())

    @property
    def is_wrapper(self) -> bool:
        """Tell whether it stands around categories, and is none itself: only folders lie in it."""
        if self.images > _MOST_LOOSE * self.total:
            return False
        if len(self.folders) > 1:
            return True
        return any(
            folder.is_wrapper or (name.lower() in WRAPS and not folder.folders)
            for name, folder in self.folders.items()
        )

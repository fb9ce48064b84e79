"""What `bundle` returns: which bundles lie in a folder of models, and which one came to them."""

from dataclasses import dataclass

from pixonomy.results.json_record import Result


@dataclass(frozen=True, kw_only=True)
class AddedBundleResult(Result):
    """A bundle in a folder of models; `bundle add` returns it.

    Attributes:
        digest: its name there, which `POST /operator/model` takes.
        bundle: the folder that it has there.
        models: the folder of models.
        is_new: whether it was not there before.
    """

    digest: str
    bundle: str
    models: str
    is_new: bool


@dataclass(frozen=True, kw_only=True)
class StoredBundle(Result):
    """A bundle in a folder of models, as it is found when it is loaded.

    Attributes:
        digest: its name there.
        categories: that it answers with; null where it cannot be loaded.
        size: side of the images that its network sees, in pixels; null where it cannot be loaded.
        accuracy: on its test images, 0 to 1; null where it was not tested.
        problem: why it cannot be loaded, or null.
    """

    digest: str
    categories: int | None
    size: int | None
    accuracy: float | None
    problem: str | None


@dataclass(frozen=True, kw_only=True)
class BundleListResult(Result):
    """The bundles that a service can be turned to; `bundle list` returns it.

    Attributes:
        models: the folder of models.
        bundles: each, in the order of their digests.
    """

    models: str
    bundles: tuple[StoredBundle, ...]

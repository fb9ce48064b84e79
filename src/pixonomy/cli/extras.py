"""The extras that verbs need beside the base install: one sentence says which is missing."""

from importlib.util import find_spec

from pixonomy.errors import SettingError

EXTRAS: dict[str, tuple[str, ...]] = {
    "audit": ("faiss", "imagehash", "jinja2", "matplotlib", "scipy"),
    "train": ("keras", "onnxscript", "sklearn", "tensorboardX", "torch"),
    "collect": ("aiohttp", "bs4", "imagehash", "jinja2", "lxml", "protego", "yarl"),
    "s3": ("s3fs", "fsspec", "botocore"),
    "jax": ("jax",),
}
"""The modules that each extra of pyproject.toml brings; `train` brings those of `audit`, too."""

_INCLUDES = {"train": ("audit",)}


def require_extras(verb: str, extras: tuple[str, ...]) -> None:
    """Refuse a verb whose extras are not installed, before it has done anything.

    Raises:
        SettingError: saying what to install.
    """
    missing = {extra: found for extra in extras if (found := _find_missing(extra)) is not None}
    if missing:
        raise SettingError(_sentence(f"pixonomy {verb}", next(iter(missing.values())), missing))


def explain_missing(module: str | None) -> str | None:
    """Return which extra brings a module that was not found; None where none does.

    For what only some calls of a verb need: s3:// addresses, JAX, goal names from a table.
    """
    top = (module or "").partition(".")[0]
    extras = [extra for extra, modules in EXTRAS.items() if top in modules]
    return _sentence("This", top, extras[:1]) if extras else None


def _find_missing(extra: str) -> str | None:
    """Return the first module of an extra that is not installed."""
    wanted = [*EXTRAS[extra], *(one for other in _INCLUDES.get(extra, ()) for one in EXTRAS[other])]
    return next((module for module in wanted if find_spec(module) is None), None)


def _sentence(who: str, module: str, extras: object) -> str:
    names = ",".join(extras) if isinstance(extras, dict | list) else extras
    return f"{who} needs {module}, which is not installed: pip install 'pixonomy[{names}]'."

"""The extras that verbs need beside the base install: one sentence says which is missing."""

from collections.abc import Sequence
from importlib.util import find_spec

from pixonomy.errors import SettingError

EXTRAS: dict[str, tuple[str, ...]] = {
    "audit": ("faiss", "imagehash", "jinja2", "matplotlib", "scipy"),
    "train": ("keras", "onnxscript", "sklearn", "tensorboardX", "torch"),
    "collect": ("aiohttp", "bs4", "imagehash", "jinja2", "lxml", "protego", "yarl"),
    "encoder": ("tokenizers",),
    "s3": ("obstore", "botocore"),
    "serve": (
        "alembic",
        "fastapi",
        "httptools",
        "itsdangerous",
        "jinja2",
        "limits",
        "pg8000",
        "prometheus_client",
        "python_multipart",
        "sqlalchemy",
        "starlette",
        "structlog",
        "uvicorn",
    ),
    "jax": ("jax",),
}
"""The modules that each extra of pyproject.toml brings; `train` brings those of `audit`, too."""

_INCLUDES = {"train": ("audit",)}


def require_extras(verb: str, extras: tuple[str, ...]) -> None:
    """Refuse a verb whose extras are not installed, before it has done anything.

    Raises:
        SettingError: saying what to install.
    """
    missing = [extra for extra in extras if not _is_installed(extra)]
    if missing:
        raise SettingError(_sentence(f"pixonomy {verb} needs more than the base install", missing))


def explain_missing(module: str | None) -> str | None:
    """Return which extra brings a module that was not found; None where none does.

    For what only some calls of a verb need: s3:// addresses, JAX, goal names from a table.
    """
    top = (module or "").partition(".")[0]
    extras = [extra for extra, modules in EXTRAS.items() if top in modules]
    return _sentence(f"This needs {top}, which is not installed", extras[:1]) if extras else None


def _is_installed(extra: str) -> bool:
    with_included = (extra, *_INCLUDES.get(extra, ()))
    return all(find_spec(module) is not None for one in with_included for module in EXTRAS[one])


def _sentence(what: str, extras: Sequence[str]) -> str:
    return f"{what}: pip install 'pixonomy[{','.join(extras)}]'."

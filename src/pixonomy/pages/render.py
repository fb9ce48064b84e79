"""Renders a template and its content as one self-contained HTML5 page.

A page needs no network: style, figures (SVG), images (JPEG) and what script it has are inside it.
Every text from outside is escaped.
"""

from pathlib import Path

import jinja2

from pixonomy.pages.wording import counted, decimals, duration, percent, storage

_SHARED = Path(__file__).parent


def render(folder: Path, template: str, **content: object) -> str:
    """Return the page.

    Args:
        folder: where the template lies; the shared templates are found from there, too.
        template: its file name.
        content: what it calls by name.
    """
    return load_template(folder, template).render(**content)


def load_template(folder: Path, template: str) -> jinja2.Template:
    """Return a template, compiled, for whoever renders it often; the rest is as with `render`."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, _SHARED]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        {one.__name__: one for one in (percent, counted, duration, decimals, storage)}
    )
    return environment.get_template(template)

"""Renders a drawn figure as one `<svg>` element in the style of our pages.

A figure asks nothing of the network, has no script, has ids that are the same on every run and
unique on the page, and texts as text. Colours are Okabe and Ito's colour-blind-safe ones ("Color
Universal Design", 2008), told to the page by name, so that they follow its light or dark tokens;
line style, marker or position always tells the same again.
"""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

BLUE, ORANGE, INK, FAINT = "#0072b2", "#b34700", "#1f2933", "#d5dbe1"
COLOURS = (BLUE, ORANGE, "#009e73", "#cc79a7", "#8a6d00", "#56b4e9", INK)
"""For lines of equal rank, each with a marker of its own beside it."""

PIXELS_PER_INCH = 96
POINTS_PER_INCH = 72

_TOKENS = {BLUE: "--blue", ORANGE: "--warm", INK: "--ink", FAINT: "--line"}  # of style.css
_STYLE: Any = {  # one key type of its own in each Matplotlib
    "svg.fonttype": "none",
    "text.parse_math": False,  # a "$" in a name is a dollar sign
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "text.color": INK,
    "axes.facecolor": "none",
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
}


@contextmanager
def figure_style() -> Iterator[None]:
    """Draw inside the block in the style of our pages; nothing global stays changed."""
    with mpl.rc_context(_STYLE):
        yield


def start_figure(width_inches: float, height_inches: float) -> tuple[Figure, Axes]:
    """Return a transparent figure of that size with its axes."""
    figure = Figure(figsize=(width_inches, height_inches), layout="constrained")
    figure.patch.set_visible(False)
    FigureCanvasSVG(figure)  # takes the figure: nothing global is touched
    return figure, figure.add_subplot()


def as_svg(figure: Figure, prefix: str, title: str) -> str:
    """Return the figure as one `<svg>` element.

    Args:
        prefix: what its ids begin with.
        title: what it shows, for those who do not see it.
    """
    page = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": prefix}), warnings.catch_warnings():
        # A script DejaVu lacks only makes the layout a guess: the browser draws it with its fonts.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(page, format="svg", metadata={"Date": None})
    width, height = (round(inches * PIXELS_PER_INCH) for inches in figure.get_size_inches())
    drawing = page.getvalue()
    inside = drawing[drawing.index(">", drawing.index("<svg")) + 1 :]
    inside = re.sub(r"<metadata>.*?</metadata>", "", inside, count=1, flags=re.DOTALL)
    inside = re.sub(r"<defs>\s*<style.*?</defs>", "", inside, count=1, flags=re.DOTALL)
    inside = re.sub(r"<!--.*?-->", "", inside, flags=re.DOTALL)
    inside = re.sub(r'<g id="[^"]*"', "<g", inside)  # nothing refers to a group
    inside = re.sub(r'(<[^<>]*?\sid=")', rf"\1{prefix}-", inside)
    inside = re.sub(r'\sxlink:href="#', f' href="#{prefix}-', inside)
    inside = inside.replace(' xlink:href="data:', ' href="data:').replace(
        "url(#", f"url(#{prefix}-"
    )
    for colour, token in _TOKENS.items():
        inside = re.sub(rf"((?:fill|stroke): ){colour}\b", rf"\1var({token})", inside)
    points = figure.get_size_inches() * POINTS_PER_INCH
    return (
        f'<svg class="figure" id="{prefix}" role="img" aria-label="{escape(title)}"'
        f' width="{width}" height="{height}" viewBox="0 0 {points[0]:g} {points[1]:g}">'
        + re.sub(r"\n\s*", "\n", inside).strip()
    )

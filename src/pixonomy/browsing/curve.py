"""Draws the rank-size plot of the categories as inline SVG."""

import numpy as np
import numpy.typing as npt
from matplotlib.ticker import FuncFormatter

from pixonomy.pages.figure import BLUE, INK, as_svg, figure_style, start_figure

_POINTS = 300  # more would only make the page larger


def draw_curve(images: npt.NDArray[np.int64], floor: int) -> str:
    """Draw the images of each category over its rank, both axes logarithmic.

    Args:
        images: of each category, shape (k,), descending; categories without any are left out.
        floor: the number of images that is marked as few.
    """
    sizes = images[images > 0]
    ranks = np.unique(np.geomspace(1, sizes.size, _POINTS).astype(np.int64))
    with figure_style():
        figure, axes = start_figure(4.6, 3.0)
        axes.plot(ranks, sizes[ranks - 1], "-", color=BLUE, linewidth=2)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_ylim(0.8, 4 * sizes.max())
        axes.axhline(floor, linestyle="--", color=INK, linewidth=1, label=f"{floor:,} pictures")
        axes.legend(loc="upper right")  # the corner that a falling curve leaves free
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
            axis.set_minor_formatter(FuncFormatter(lambda _value, _: ""))
        axes.set_xlabel("category, by rank")
        axes.set_ylabel("pictures")
        return as_svg(figure, "sizes-by-rank", "Pictures of each category over its rank")

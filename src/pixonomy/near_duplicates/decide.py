"""The decision rule: whether two registered images show the same, by their blocks."""

from dataclasses import dataclass

import numpy as np

from pixonomy.near_duplicates.block_statistics import BlockStatistics, Flags, Floats

_ALIKE = 0.8  # correlation from which on a block is the same
_STRONG = 30.0  # grey levels of deviation: more of it counts no more
_OFF_TONE = 10.0  # grey levels from which on a block has another colour, …
_OFF_HUE = 0.04  # … or 1 - cosine between the colours of what it shows


@dataclass(frozen=True)
class Bounds:
    """What is asked of the blocks with something in them, as shares of their number.

    Attributes:
        correlation: at least, the mean.
        alike: at least, those that are the same.
        off_tone: at most, those (and plain ones) that have another colour.
        blocks: at least, how many there are.
    """

    correlation: float
    alike: float
    off_tone: float
    blocks: int


_WHOLE = Bounds(correlation=0.93, alike=0.88, off_tone=0.05, blocks=6)
_WHOLE_TINY = Bounds(correlation=0.75, alike=0.6, off_tone=0.3, blocks=6)
_BESIDE_CAPTION = Bounds(correlation=0.985, alike=0.985, off_tone=0.01, blocks=12)
_BESIDE_CAPTION_TINY = Bounds(correlation=0.85, alike=0.75, off_tone=0.15, blocks=12)
_CAPTION_HEIGHT = 0.38  # of an image, at most
_CAPTION_WIDTH = 0.36  # of an image, at least, or …
_CAPTION_CONTRAST = 2.5  # … so many times the variance of what it covers
_FRAME = 0.18  # of a side, at each edge: further inside, no frame is looked for
_FEWEST_INNER = 2  # blocks with something in them
_FEW = 0.05  # share of all blocks: so few may differ anyhow
_DYED = ((0.04, 4.0), (0.15, 1.5))
# Blocks that are the same but for their colour: as shares of all blocks, and of those that show
# something else.


def decide_pair(
    statistics: BlockStatistics | None, is_tiny: bool = False, may_have_caption: bool = True
) -> float:
    """Return the mean correlation of what both images show, 0 to 1; 0 if they differ.

    They may differ within a band as high as a caption if they are all the more alike elsewhere.

    Args:
        is_tiny: one of the images is so small that a JPEG's blocks are as large as what it shows.
        may_have_caption: otherwise they have to be alike everywhere.
    """
    if statistics is None:
        return 0.0
    everywhere = np.ones(statistics.seen.shape, np.bool_)
    bounds = _WHOLE_TINY if is_tiny else _WHOLE
    # Stricter beside a band: what is left has to make up for what may differ.
    beside_caption = _BESIDE_CAPTION_TINY if is_tiny else _BESIDE_CAPTION
    score = _ask(statistics, everywhere, bounds)
    if score > 0 or not may_have_caption:
        return score
    beside = _beside_caption(statistics)
    if not _may_be_caption(statistics, ~beside):
        return 0.0
    if int((statistics.textured & beside & _inner(statistics)).sum()) < _FEWEST_INNER:
        return 0.0  # all that is alike may be a frame that both have been given
    return _ask(statistics, beside, beside_caption)


def _ask(statistics: BlockStatistics, where: Flags, bounds: Bounds) -> float:
    textured = statistics.textured & where
    count = int(textured.sum())
    if count < bounds.blocks:
        return 0.0
    correlations = statistics.correlation[textured]
    correlation = float(np.average(correlations, weights=_weights(statistics)[textured]))
    alike = float((correlations > _ALIKE).mean())
    others = int((_is_off_tone(statistics) & where).sum()) / count
    is_same = (
        correlation >= bounds.correlation and alike >= bounds.alike and others <= bounds.off_tone
    )
    return min(1.0, correlation) if is_same else 0.0


def _beside_caption(statistics: BlockStatistics) -> Flags:
    """Leave out the band of rows in which most blocks differ."""
    rows = (_is_other(statistics) | _is_off_tone(statistics)).sum(1)
    height = max(2, round(_CAPTION_HEIGHT * len(rows)))
    top = int(np.convolve(rows, np.ones(height, np.int64), "valid").argmax())
    beside = np.ones(statistics.seen.shape, np.bool_)
    beside[top : top + height] = False
    return beside


def _inner(statistics: BlockStatistics) -> Flags:
    """Return which blocks lie further inside than a frame reaches."""
    inner = np.zeros(statistics.seen.shape, np.bool_)
    height, width = statistics.seen.shape[0], statistics.seen.shape[1]
    top, left = round(_FRAME * height), round(_FRAME * width)
    inner[top : height - top, left : width - left] = True
    return inner


def _may_be_caption(statistics: BlockStatistics, band: Flags) -> bool:
    """Tell a caption from another label on the same bottle, or the same garment in another colour.

    A caption is wide, or much stronger than what it covers, and does not dye anything.
    """
    recoloured = int(
        (statistics.textured & ~_is_other(statistics) & _is_off_tone(statistics)).sum()
    )
    redrawn, textured = int(_is_other(statistics).sum()), int(statistics.textured.sum())
    for most, of_redrawn in _DYED:
        if recoloured > most * textured and recoloured > of_redrawn * redrawn:
            return False
    other = _is_other(statistics) & band
    if other.sum() <= _FEW * statistics.textured.sum():
        return True
    columns = np.flatnonzero(other.any(0))
    power, other_power = (float(one[other].mean()) for one in statistics.powers)
    contrast = max(power, other_power) / max(1.0, min(power, other_power))
    width = (columns[-1] - columns[0] + 1) / other.shape[1]
    return bool(width >= _CAPTION_WIDTH or contrast >= _CAPTION_CONTRAST)


def _is_other(statistics: BlockStatistics) -> Flags:
    return np.asarray(statistics.textured & (statistics.correlation <= _ALIKE), np.bool_)


def _weights(statistics: BlockStatistics) -> Floats:
    """Return what each block counts: strong contrast is better evidence."""
    return np.sqrt(np.minimum(np.maximum(*statistics.powers), _STRONG**2))


def _is_off_tone(statistics: BlockStatistics) -> Flags:
    is_off_hue = statistics.textured & (statistics.off_hue > _OFF_HUE)
    is_off = statistics.seen & (statistics.off_tone > _OFF_TONE) | is_off_hue
    return np.asarray(is_off, np.bool_)
